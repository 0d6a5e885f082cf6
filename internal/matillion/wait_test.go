// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// follow starts a run and waits for it.
func (f *fixture) follow(ctx context.Context, t *testing.T, report func(Execution)) (Execution, error) {
	t.Helper()
	started, err := f.Executions.Start(context.WithoutCancel(ctx), testRequest(), StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return f.Executions.Wait(ctx, started.Handle, report)
}

func onDetails(f mockserver.Fault) []mockserver.Fault {
	f.On = mockserver.OpDetails
	return []mockserver.Fault{f}
}

func TestWait_returnsHowTheRunEnded(t *testing.T) {
	t.Parallel()
	for _, status := range []Status{StatusSuccess, StatusFailed, StatusCancelled, StatusSkipped} {
		for _, flat := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, flat %v", status, flat), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := connect(t, setup{
						run:      mockserver.Run{Duration: 4 * second, Ends: string(status), Message: `"Load orders": done`},
						scenario: mockserver.Scenario{FlatDetails: flat}, started: 1,
					})
					got, err := c.follow(t.Context(), t, nil)
					if err != nil {
						t.Error(err)
					}
					wantEqual(t, "execution", got, Execution{
						ID: c.server.Started()[0].ID, ProjectID: testProject,
						EnvironmentName: testEnvironment, PipelineName: testPipeline, PipelineType: "ORCHESTRATION",
						Status: status, Message: `"Load orders": done`, Trigger: "API",
						StartedAt: Timestamp{c.began}, FinishedAt: Timestamp{c.began.Add(4 * time.Second)},
					})
				})
			})
		}
	}
}

func TestWait_waitsForStatusesThatNobodyDocumented(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var reported []Status
		c := connect(t, setup{started: 1, run: mockserver.Run{Phases: []mockserver.Phase{
			{Status: "QUEUED"},
			{After: 3 * second, Status: "RUNNING"},
			{After: 6 * second, Status: "UNKNOWN"},
			{After: 9 * second, Status: "FORBIDDEN"},
			{After: 12 * second, Status: "success"},
			{After: 15 * second, Status: "CANCELED"},
			{After: 18 * second, Status: "CANCELLING"},
			{After: 21 * second, Status: "SUCCESS"},
		}}})
		got, err := c.follow(t.Context(), t, func(e Execution) { reported = append(reported, e.Status) })
		if err != nil || got.Status != StatusSuccess {
			t.Errorf("Wait = %+v, %v", got, err)
		}
		wantEqual(t, "reports", len(reported), c.reads())
		wantEqual(t, "reported", slices.Compact(reported), []Status{
			"QUEUED", "RUNNING", "UNKNOWN", "FORBIDDEN", "success", "CANCELED", "CANCELLING", "SUCCESS",
		})
	})
}

func TestWait_aNewRunMayBeOutOfSight(t *testing.T) {
	t.Parallel()
	for visibleAfter, found := range map[time.Duration]bool{
		time.Second: true, 10 * time.Second: true, 29 * time.Second: true, 40 * time.Second: false, time.Hour: false,
	} {
		t.Run(visibleAfter.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{
					run:      mockserver.Run{Duration: minute},
					scenario: mockserver.Scenario{VisibleAfter: mockserver.Duration(visibleAfter)}, started: 1,
				})
				got, err := c.follow(t.Context(), t, nil)
				if found {
					if err != nil || got.Status != StatusSuccess {
						t.Errorf("Wait = %+v, %v", got, err)
					}
					return
				}
				wantEqual(t, "not found", IsNotFound(err), true)
				wantEqual(t, "execution", got, Execution{ID: c.server.Started()[0].ID, ProjectID: testProject})
				wantBetween(t, "time", time.Since(c.began), visibleFor, visibleFor+3*time.Second+gatherFor)
			})
		})
	}
}

// visibleFor is what the client waits for a run to be seen.
const visibleFor = 30 * time.Second

func TestWait_aRunMayVanish(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1})
		defer time.AfterFunc(10*time.Minute, func() { c.server.Forget(c.server.Started()[0].ID) }).Stop()
		got, err := c.follow(t.Context(), t, nil)
		wantEqual(t, "not found", IsNotFound(err), true)
		wantEqual(t, "last status", got.Status, StatusRunning)
		wantBetween(t, "time", time.Since(c.began), 10*time.Minute+visibleFor-15*time.Second, 10*time.Minute+visibleFor+15*time.Second)
	})
}

// badWeather are faults that a wait goes through.
func badWeather() map[string]mockserver.Fault {
	return map[string]mockserver.Fault{
		"429":               {Kind: mockserver.FaultStatus, Status: 429},
		"429 with a time":   {Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "20"},
		"401":               {Kind: mockserver.FaultStatus, Status: 401},
		"408":               {Kind: mockserver.FaultStatus, Status: 408},
		"500":               {Kind: mockserver.FaultStatus, Status: 500},
		"503":               {Kind: mockserver.FaultStatus, Status: 503},
		"503 with HTML":     {Kind: mockserver.FaultStatus, Status: 503, Body: "<html>", ContentType: "text/html"},
		"HTML":              {Kind: mockserver.FaultBody, Body: "<html>", ContentType: "text/html"},
		"empty":             {Kind: mockserver.FaultBody},
		"no status":         {Kind: mockserver.FaultBody, Body: `{}`},
		"null":              {Kind: mockserver.FaultBody, Body: `null`},
		"array":             {Kind: mockserver.FaultBody, Body: `[]`},
		"wrong types":       {Kind: mockserver.FaultBody, Body: `{"status":7}`},
		"another execution": {Kind: mockserver.FaultBody, Body: `{"status":"SUCCESS","pipelineExecutionId":"` + testID + `"}`},
		"dropped":           {Kind: mockserver.FaultDrop},
		"broken off":        {Kind: mockserver.FaultTruncate},
		"dial refused":      {Kind: mockserver.FaultDial},
		"no answer":         {Kind: mockserver.FaultHang},
		"no token":          {On: mockserver.OpToken, Kind: mockserver.FaultStatus, Status: 503, Skip: 1},
	}
}

func TestWait_goesThroughBadWeather(t *testing.T) {
	t.Parallel()
	for name, fault := range badWeather() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: mockserver.Run{Duration: 2 * minute}, started: 1})
				started := c.start(t)
				// It is good for a while, then bad for almost five minutes, then good, and bad and good once more.
				for _, begins := range []time.Duration{30 * time.Second, 6 * time.Minute} {
					defer time.AfterFunc(begins, func() { c.bringOn(fault) }).Stop()
					defer time.AfterFunc(begins+4*time.Minute, c.server.ClearFaults).Stop()
				}
				c.server.Update(func(s *mockserver.Scenario) { s.TokenLifetime = minute })
				got, err := c.Executions.Wait(t.Context(), started.Handle, nil)
				if err != nil || got.Status != StatusSuccess {
					t.Errorf("Wait = %+v, %v", got, err)
				}
			})
		})
	}
}

// bringOn makes every reading fail; a fault of another operation makes it fail in its own way.
func (f *fixture) bringOn(fault mockserver.Fault) {
	if fault.On == "" {
		fault.On = mockserver.OpDetails
	}
	if fault.On == mockserver.OpToken {
		f.server.RevokeTokens()
		fault.Skip = 0
	}
	f.server.Inject(fault)
}

func TestWait_badWeatherThatStaysIsTheEnd(t *testing.T) {
	t.Parallel()
	for name, fault := range badWeather() {
		if fault.RetryAfter != "" {
			continue // See the next test.
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, started: 1})
				const begins = 10*time.Minute + time.Second
				defer time.AfterFunc(begins, func() { c.bringOn(fault) }).Stop()
				got, err := c.follow(t.Context(), t, nil)
				if err == nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
					t.Errorf("error = %v", err)
				}
				wantEqual(t, "last status", got.Status, StatusRunning)
				// From the first error on, and until an attempt that has begun comes to its end.
				wantBetween(t, "time", time.Since(c.began)-begins, 5*time.Minute-15*time.Second, 6*time.Minute+16*time.Second)
			})
		})
	}
}

// The time that a server asks for is not held against it: what counts is how long nothing but errors came.
func TestWait_theServersTimeDoesNotCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		faults := onDetails(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "310", Skip: 5, Times: 1})
		faults = append(faults, onDetails(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 503, Skip: 5, Times: 3})...)
		c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{Faults: faults}})
		got, err := c.follow(within(t, 20*time.Minute), t, nil)
		wantEqual(t, "error", err, context.DeadlineExceeded)
		wantEqual(t, "last status", got.Status, StatusRunning)
		wantBetween(t, "time", time.Since(c.began), 20*time.Minute, 20*time.Minute+lastLookTimeout)
	})
}

func TestWait_endsAtOnceWhenDenied(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 410, 302} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, started: 1, config: Config{Token: "mock-token"}, scenario: mockserver.Scenario{
					Faults: onDetails(mockserver.Fault{Kind: mockserver.FaultStatus, Status: status, Skip: 5}),
				}})
				c.Executions.schedule.phase = 0
				got, err := c.follow(t.Context(), t, nil)
				wantEqual(t, "status", StatusCode(err), status)
				wantEqual(t, "last status", got.Status, StatusRunning)
				wantEqual(t, "time", time.Since(c.began), 5*time.Second+gatherFor)
			})
		})
	}
}

func TestWait_endsAtOnceWhenTheCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1})
		started := c.start(t)
		c.server.Update(func(s *mockserver.Scenario) { s.ClientSecret = "changed" })
		c.server.RevokeTokens()
		_, err := c.Executions.Wait(t.Context(), started.Handle, nil)
		wantEqual(t, "refused", wantError[*TokenError](t, err).Refused(), true)
		wantEqual(t, "time", time.Since(c.began), time.Duration(0))
	})
}

func TestWait_outlivesItsTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: mockserver.Run{Duration: 10 * minute}, started: 1, scenario: mockserver.Scenario{TokenLifetime: minute}})
		if _, err := c.follow(t.Context(), t, nil); err != nil {
			t.Error(err)
		}
		// Each is used for 54 seconds, and renewed with the first look after that.
		wantBetween(t, "tokens", c.server.Calls(mockserver.OpToken), 9, 13)
		wantEqual(t, "refusals", c.server.Refused("", http.StatusUnauthorized), 0)
	})
}

func TestWait_getsAFreshTokenWhenItsOwnIsRevoked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: mockserver.Run{Duration: 2 * minute}, started: 1})
		for _, at := range []time.Duration{5500 * time.Millisecond, 50500 * time.Millisecond} {
			defer time.AfterFunc(at, c.server.RevokeTokens).Stop()
		}
		if _, err := c.follow(t.Context(), t, nil); err != nil {
			t.Error(err)
		}
		wantEqual(t, "tokens", c.server.Calls(mockserver.OpToken), 3)
		wantEqual(t, "refusals", c.server.Refused("", http.StatusUnauthorized), 2)
	})
}

func TestWait_contextEnds(t *testing.T) {
	t.Parallel()
	type ends = func(*testing.T, time.Duration) context.Context
	for name, test := range map[string]struct {
		ends   ends
		want   error
		faults []mockserver.Fault
		// took is the time after the context's end.
		took   time.Duration
		status Status
	}{
		"deadline":  {within, context.DeadlineExceeded, nil, gatherFor, StatusRunning},
		"cancelled": {cancelledAfter, context.Canceled, nil, gatherFor, StatusRunning},
		"while the server hangs": {within, context.DeadlineExceeded,
			onDetails(mockserver.Fault{Kind: mockserver.FaultHang, Skip: 5}), lastLookTimeout, StatusRunning},
		"cancelled while the server hangs": {cancelledAfter, context.Canceled,
			onDetails(mockserver.Fault{Kind: mockserver.FaultHang, Skip: 5}), lastLookTimeout, StatusRunning},
		"while it hangs once": {cancelledAfter, context.Canceled,
			onDetails(mockserver.Fault{Kind: mockserver.FaultHang, Skip: 5, Times: 1}), gatherFor, StatusRunning},
		"before anything was seen": {cancelledAfter, context.Canceled,
			onDetails(mockserver.Fault{Kind: mockserver.FaultHang}), lastLookTimeout, ""},
		"while limited": {cancelledAfter, context.Canceled,
			onDetails(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "60", Skip: 5}), lastLookTimeout, StatusRunning},
		"while there is no token": {cancelledAfter, context.Canceled,
			append(onDetails(mockserver.Fault{Kind: mockserver.FaultForgetToken, Skip: 5}),
				mockserver.Fault{On: mockserver.OpToken, Kind: mockserver.FaultHang, Skip: 1}), lastLookTimeout, StatusRunning},
		"in bad weather": {cancelledAfter, context.Canceled,
			onDetails(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 503, Skip: 5}), gatherFor, StatusRunning},
		"denied at the last look": {within, context.DeadlineExceeded,
			onDetails(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 403, Skip: 11}), gatherFor, StatusRunning},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const ends = 10500 * time.Millisecond
				c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{Faults: test.faults}})
				c.Executions.schedule.phase = 0
				got, err := c.follow(test.ends(t, ends), t, nil)
				if err == nil || !errors.Is(err, test.want) {
					t.Errorf("error = %v, want %v", err, test.want)
				}
				wantEqual(t, "last status", got.Status, test.status)
				wantEqual(t, "ref", got.Handle().key(), Handle{ProjectID: testProject, ID: c.server.Started()[0].ID})
				wantEqual(t, "time", time.Since(c.began), ends+test.took)
				synctest.Wait()
				wantEqual(t, "requests left behind", c.underway(), 0)
			})
		})
	}
}

func TestWait_theLastLookMaySeeTheEnd(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"SUCCESS", "FAILED"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: mockserver.Run{Duration: 10400 * second / 1000, Ends: status}, started: 1})
				c.Executions.schedule.phase = 0
				got, err := c.follow(within(t, 10500*time.Millisecond), t, nil)
				if err != nil || string(got.Status) != status {
					t.Errorf("Wait = %+v, %v", got, err)
				}
			})
		})
	}
}

func TestWait_aContextThatHasEndedStillGetsALook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1})
		started := c.start(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		got, err := c.Executions.Wait(ctx, started.Handle, nil)
		if !errors.Is(err, context.Canceled) || got.Status != StatusRunning {
			t.Errorf("Wait = %+v, %v", got, err)
		}
	})
}

func TestWait_startMayBeUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: mockserver.Run{Duration: 20 * second}, started: 1})
		c.Executions.schedule.phase = 0
		started := c.start(t)
		if _, err := c.Executions.Wait(t.Context(), started.since(time.Time{}), nil); err != nil {
			t.Error(err)
		}
		wantEqual(t, "looks", c.at(mockserver.OpDetails), looksAt(every(1, 1, 20)...))
	})
}

// Executions that have run for long are found in the list, as soon as one look has told when they started.
func TestWait_learnsAStartThatIsUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever})
		runs := c.running(120, time.Now().Add(-time.Hour))
		ctx := within(t, 10*time.Minute)
		together(len(runs), func(i int) {
			got, err := c.Executions.Wait(ctx, runs[i], nil)
			if !errors.Is(err, context.DeadlineExceeded) || got.Status != StatusRunning {
				t.Errorf("Wait = %+v, %v", got, err)
			}
		})
		// Every 15 s, two pages of the list. The first look may be at one execution after the other.
		wantBetween(t, "lists", c.server.Calls(mockserver.OpList), 80, 90)
		if details := c.server.Calls(mockserver.OpDetails); details > 120 {
			t.Errorf("%d details, want one for each execution at most", details)
		}
	})
}

func TestWait_slowAnswersDoNotPileUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: mockserver.Run{Duration: 20 * second}, started: 1, scenario: mockserver.Scenario{Latency: 2 * second}})
		if _, err := c.follow(t.Context(), t, nil); err != nil {
			t.Error(err)
		}
		times := c.at(mockserver.OpDetails)
		for i := range times[1:] {
			wantBetween(t, "between looks", times[i+1]-times[i], 2*time.Second, 4*time.Second)
		}
		wantBetween(t, "time", time.Since(c.began), 22*time.Second, 27*time.Second)
	})
}

func TestExecution_isReadAgainWhenThatMayHelp(t *testing.T) {
	t.Parallel()
	for status, calls := range map[int]int{503: 6, 429: 6, 404: 1, 403: 1} {
		for _, passes := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d, passes %v", status, passes), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					fault := mockserver.Fault{Kind: mockserver.FaultStatus, Status: status}
					if passes {
						fault.Times = calls - 1
					}
					c := connect(t, setup{})
					ref := c.running(1, c.began)[0]
					if !passes || calls > 1 {
						c.bringOn(fault)
					}
					_, err := c.Executions.Get(t.Context(), ref.since(c.began))
					wantEqual(t, "read", err == nil, passes)
					wantEqual(t, "calls", c.server.Calls(mockserver.OpDetails), calls)
				})
			})
		}
	}
}

func TestExecution_readsFlatAndWrapped(t *testing.T) {
	t.Parallel()
	const flat = `{"pipelineExecutionId":"` + testID + `","projectId":"elsewhere","environmentName":"E","pipelineName":"P",
		"pipelineType":"ORCHESTRATION","status":"FAILED","message":"m","trigger":"SCHEDULE","scheduleId":"s","user":"u",
		"startedAt":"2026-01-02T03:04:05.678+01:00","finishedAt":"2026-01-02T03:04:06Z","unknownField":[{}]}`
	want := Execution{
		ID: testID, ProjectID: testProject, EnvironmentName: "E", PipelineName: "P", PipelineType: "ORCHESTRATION",
		Status: StatusFailed, Message: "m", Trigger: "SCHEDULE", ScheduleID: "s", User: "u",
		StartedAt:  Timestamp{time.Date(2026, 1, 2, 2, 4, 5, 678e6, time.UTC)},
		FinishedAt: Timestamp{time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)},
	}
	for name, body := range map[string]string{
		"flat": flat, "wrapped": `{"result":` + flat + `}`, "wrapped with more": `{"status":"OK","result": ` + flat + `,"page":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := answering(t, http.StatusOK, body).Executions.Get(t.Context(), Handle{ProjectID: testProject, ID: testID})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExecution_refusesWhatItCannotBelieve(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"status":"SUCCESS","pipelineExecutionId":"other"}`: "the answer is about another execution",
		`{"pipelineExecutionId":"` + testID + `"}`:           "the answer has no status",
		`{"status":""}`:    "the answer has no status",
		`{"status":null}`:  "the answer has no status",
		`{"result":null}`:  "the answer has no status",
		`{"status":[]}`:    "the answer has a value of an unexpected type in the field status",
		`{"trigger":{}}`:   "the answer has a value of an unexpected type in the field trigger",
		`"SUCCESS"`:        "the answer is JSON of an unexpected type",
		`{"status":"SUCC`:  "the answer is not JSON",
		``:                 "the answer is empty",
		" \n":              "the answer is empty",
		`<html></html>`:    "the answer is not JSON",
		"\x1f\x8b\x00\xff": "the answer is not JSON",
	} {
		_, err := answering(t, http.StatusOK, body).Executions.Get(t.Context(), Handle{ProjectID: testProject, ID: testID})
		answerErr := wantError[*AnswerError](t, err)
		wantEqual(t, body, answerErr.Problem, want)
		wantEqual(t, body, err.Error(), "GET /v1/projects/"+testProject+"/pipeline-executions/"+testID+": 200 OK: "+want)
	}
}

func TestExecution_idsAreTheSameInEitherCase(t *testing.T) {
	t.Parallel()
	const lower, upper = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE"
	client := answering(t, http.StatusOK, `{"status":"SUCCESS","pipelineExecutionId":"`+lower+`"}`)
	got, err := client.Executions.Get(t.Context(), Handle{ProjectID: testProject, ID: upper})
	if err != nil || got.ID != upper {
		t.Errorf("Execution = %+v, %v", got, err)
	}
}
