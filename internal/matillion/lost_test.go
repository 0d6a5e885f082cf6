// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// lostBefore and lostAfter are a lost execute call that started nothing, and one that started a run.
var (
	lostBefore = mockserver.Fault{On: mockserver.OpExecute, Kind: mockserver.FaultDrop}
	lostAfter  = mockserver.Fault{On: mockserver.OpExecute, Kind: mockserver.FaultDropAfter}
)

func refusedWith(status, skip int) mockserver.Fault {
	return mockserver.Fault{On: mockserver.OpExecute, Kind: mockserver.FaultStatus, Status: status, Skip: skip}
}

// Nothing that may have started is sent again, with a tag or without: a run of five seconds has ended, and freed its
// tag, before anybody can look.
func TestStart_neverSendsALostRequestAgain(t *testing.T) {
	t.Parallel()
	visibleAfter := func(d mockserver.Duration) func(*mockserver.Scenario) {
		return func(s *mockserver.Scenario) { s.VisibleAfter = d }
	}
	hung := mockserver.Fault{On: mockserver.OpExecute, Kind: mockserver.FaultHang, Times: 1}
	for _, tag := range []string{"", "tag"} {
		t.Run("tag "+tag, func(t *testing.T) {
			t.Parallel()
			runStartCases(t, map[string]startCase{
				"nothing had started": {tag: tag, faults: once(lostBefore),
					want: "maybe: 0 candidates", posts: 1, took: looking},
				"it was found at once": {tag: tag, faults: once(lostAfter),
					want: "adopted", posts: 1, started: 1, took: looking},
				"it is found at the last look": {tag: tag, faults: once(lostAfter), change: visibleAfter(29 * second),
					want: "adopted", posts: 1, started: 1, took: looking},
				"it is not found in time": {tag: tag, faults: once(lostAfter), change: visibleAfter(40 * second),
					want: "maybe: 0 candidates", posts: 1, started: 1, took: looking},
				"it hung, and is not found in time": {tag: tag, faults: []mockserver.Fault{hung}, change: visibleAfter(90 * second),
					want: "maybe: 0 candidates", posts: 1, started: 1, took: requestTimeout + looking},
				"looking failed": {tag: tag, faults: append(once(lostBefore),
					mockserver.Fault{On: mockserver.OpList, Kind: mockserver.FaultStatus, Status: 403}),
					want: "maybe: 0 candidates", posts: 1, took: looking},
			})
		})
	}
}

func TestStart_saysWhyLookingFailed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault mockserver.Fault
		want  string
	}{
		"denied":   {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 403}, "GET /v1/pipeline-executions: 403 Forbidden"},
		"too slow": {mockserver.Fault{Kind: mockserver.FaultHang}, "GET /v1/pipeline-executions: no complete answer within 5s"},
		"broken":   {mockserver.Fault{Kind: mockserver.FaultBody, Body: "<html>"}, "GET /v1/pipeline-executions: 200 OK: the answer is not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				test.fault.On = mockserver.OpList
				c := connect(t, setup{started: 1, scenario: mockserver.Scenario{Faults: append(once(lostAfter), test.fault)}})
				_, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
				maybe := wantError[*MaybeStartedError](t, err)
				if maybe.LookErr == nil || !strings.HasPrefix(maybe.LookErr.Error(), test.want) {
					t.Errorf("looking failed with %v, want %s", maybe.LookErr, test.want)
				}
				wantEqual(t, "cause", maybe.Cause.Error(), "POST /v1/projects/"+testProject+
					"/pipeline-executions: EOF")
				wantBetween(t, "time", time.Since(c.began), looking, looking+lookTimeout)
			})
		})
	}
}

func TestStart_looksSurviveErrors(t *testing.T) {
	t.Parallel()
	fail := func(f mockserver.Fault) []mockserver.Fault {
		f.On = mockserver.OpList
		return append(once(lostAfter), f)
	}
	runStartCases(t, map[string]startCase{
		"503 that passes": {faults: fail(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 503, Times: 2}),
			want: "adopted", posts: 1, started: 1, took: random},
		"all but the last look fail": {faults: fail(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 403, Times: 7}),
			want: "adopted", posts: 1, started: 1, took: looking},
		// What a look has seen stays seen, but another one may be listed meanwhile.
		"all but the first look fail": {faults: fail(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 403, Skip: 1}),
			want: "maybe: 1 candidates", posts: 1, started: 1, took: looking},
		"revoked token": {faults: fail(mockserver.Fault{Kind: mockserver.FaultForgetToken, Times: 1}),
			want: "adopted", posts: 1, started: 1, took: looking},
	})
}

func TestStart_tellsTheWindowOfALostRequest(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{0, time.Hour, -time.Hour} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{
					ClockSkew: mockserver.Duration(skew), Faults: once(lostBefore),
				}})
				_, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
				maybe := wantError[*MaybeStartedError](t, err)
				wantEqual(t, "from", maybe.From, c.began.Add(skew-wideBefore).UTC())
				wantEqual(t, "until", maybe.Until, c.began.Add(skew+looking+brokenFor+clockUnit).UTC())
			})
		})
	}
}

func TestStart_adoptsNothingThatSomethingElseStarted(t *testing.T) {
	t.Parallel()
	now := func(e mockserver.Execution) mockserver.Execution { return e }
	for name, test := range map[string]struct {
		other      mockserver.Execution
		candidates int
	}{
		"schedule":            {mockserver.Execution{ScheduleID: "s"}, 0},
		"schedule run now":    {mockserver.Execution{Trigger: "SCHEDULE_RUN_NOW"}, 0},
		"designer":            {mockserver.Execution{User: "somebody"}, 0},
		"unknown trigger":     {mockserver.Execution{Trigger: "UNKNOWN"}, 1},
		"other environment":   {mockserver.Execution{EnvironmentName: "Development"}, 0},
		"other project":       {mockserver.Execution{ProjectID: testID, EnvironmentName: testEnvironment, PipelineName: testPipeline}, 0},
		"longer name":         {mockserver.Execution{PipelineName: testPipeline + ".bak"}, 0},
		"name within a name":  {mockserver.Execution{PipelineName: "pre" + testPipeline}, 0},
		"other folder":        {mockserver.Execution{PipelineName: "unload/seed.orch.yaml"}, 0},
		"folder of that name": {mockserver.Execution{PipelineName: testPipeline + "/main.orch.yaml"}, 0},
		"other case":          {mockserver.Execution{PipelineName: "Load/seed.orch.yaml"}, 0},
		"started before":      {mockserver.Execution{StartedAt: time.Date(1999, 12, 31, 23, 59, 57, 0, time.UTC)}, 1},
		"started long before": {mockserver.Execution{StartedAt: time.Date(1999, 12, 31, 22, 0, 0, 0, time.UTC)}, 0},
		"ended before":        {mockserver.Execution{StartedAt: time.Date(1999, 12, 31, 23, 59, 0, 0, time.UTC), Status: "SUCCESS"}, 1},
		// It is taken for the folder's; a person is to judge.
		"name in a folder": {mockserver.Execution{PipelineName: "folder/" + testPipeline}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, scenario: mockserver.Scenario{Faults: once(lostBefore)}})
				c.server.StartElsewhere(now(test.other))
				started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
				wantEqual(t, "outcome", verdict(started, err), fmt.Sprintf("maybe: %d candidates", test.candidates))
			})
		})
	}
}

func TestStart_leavesToAPersonWhatIsNotCertain(t *testing.T) {
	t.Parallel()
	change := func(field string, value any) func(map[string]any) {
		return func(execution map[string]any) {
			execution[field] = value
			if value == nil {
				delete(execution, field)
			}
		}
	}
	for name, alter := range map[string]func(map[string]any){
		"no start":              change("startedAt", nil),
		"start that is no time": change("startedAt", "yesterday"),
		"no trigger":            change("trigger", nil),
		"no environment":        change("environmentName", nil),
		"no name":               change("pipelineName", nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, started: 1,
					scenario: mockserver.Scenario{Faults: once(lostAfter)}, alter: alterListed(t, alter)})
				_, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
				maybe := wantError[*MaybeStartedError](t, err)
				if len(maybe.Candidates) != 1 || maybe.Candidates[0].ID != c.server.Started()[0].ID {
					t.Errorf("candidates = %+v", maybe.Candidates)
				}
				wantEqual(t, "project of the candidate", maybe.Candidates[0].ProjectID, testProject)
			})
		})
	}
}

// alterListed changes every execution that the list call answers.
func alterListed(t *testing.T, change func(map[string]any)) func(*http.Request, *http.Response) {
	t.Helper()
	return func(req *http.Request, resp *http.Response) {
		if req.Method != http.MethodGet || !strings.HasSuffix(req.URL.Path, "/v1/pipeline-executions") {
			return
		}
		var page struct {
			Results []map[string]any `json:"results"`
			More    string           `json:"more,omitempty"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
			t.Error(err)
		}
		resp.Body.Close()
		for _, execution := range page.Results {
			change(execution)
		}
		text, err := json.Marshal(page)
		if err != nil {
			t.Error(err)
		}
		resp.Body = answerTo(req, resp.StatusCode, strings.NewReader(string(text))).Body
	}
}

func TestStart_nameThatIsOnlyAlikeIsForAPerson(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"seed", "seed.orch.yaml"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, scenario: mockserver.Scenario{Faults: always(lostBefore)}})
				c.server.StartElsewhere(mockserver.Execution{})
				req := taggedRequest("tag")
				req.PipelineName = name
				started, err := c.Executions.Start(t.Context(), req, StartOptions{})
				wantEqual(t, "outcome", verdict(started, err), "maybe: 1 candidates")
				wantEqual(t, "posts", c.server.Calls(mockserver.OpExecute), 1)
			})
		})
	}
}

func TestStart_twoOfTheKindAreForAPerson(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"", "tag"} {
		t.Run("tag "+tag, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{Faults: once(lostAfter)}})
				other := c.server.StartElsewhere(mockserver.Execution{})
				_, err := c.Executions.Start(t.Context(), taggedRequest(tag), StartOptions{})
				maybe := wantError[*MaybeStartedError](t, err)
				var ids []string
				for _, candidate := range maybe.Candidates {
					ids = append(ids, candidate.ID)
				}
				slices.Sort(ids)
				want := []string{other, c.server.Started()[0].ID}
				slices.Sort(want)
				wantEqual(t, "candidates", ids, want)
				wantEqual(t, "posts", c.server.Calls(mockserver.OpExecute), 1)
			})
		})
	}
}

// What others started while a request had not been sent yet is not ours, however long it waited for its turn.
func TestStart_adoptsNothingFromBeforeTheRequestWasSent(t *testing.T) {
	t.Parallel()
	for name, waits := range map[string]mockserver.Fault{
		"token":       {On: mockserver.OpToken, Kind: mockserver.FaultDelay, Delay: 20 * second},
		"limit":       {On: mockserver.OpProjects, Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "20", Times: 1},
		"fresh token": {On: mockserver.OpToken, Kind: mockserver.FaultDelay, Delay: 20 * second, Skip: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				faults := []mockserver.Fault{waits}
				if name == "fresh token" {
					faults = append(faults, mockserver.Fault{On: mockserver.OpExecute, Kind: mockserver.FaultForgetToken, Times: 1})
				}
				faults = append(faults, once(lostBefore)...)
				c := connect(t, setup{run: forever, scenario: mockserver.Scenario{Faults: faults}})
				if name == "limit" {
					_, err := c.Projects.List(within(t, time.Second))
					wantEqual(t, "status", StatusCode(err), 429)
				}
				timer := time.AfterFunc(10*time.Second, func() { c.server.StartElsewhere(mockserver.Execution{}) })
				defer timer.Stop()
				started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
				// A person is shown it, because it may have started within a minute before.
				wantEqual(t, "outcome", verdict(started, err), "maybe: 1 candidates")
				wantEqual(t, "time", time.Since(c.began), 20*time.Second+looking)
			})
		})
	}
}

func TestStart_knowsWhatThisClientStarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{
			Faults: []mockserver.Fault{refusedWith(500, 1)},
		}})
		c.start(t)
		started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		wantEqual(t, "outcome", verdict(started, err), "maybe: 0 candidates")
	})
}

func TestStart_knowsWhatThisClientIsStarting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{Faults: []mockserver.Fault{
			{On: mockserver.OpExecute, Kind: mockserver.FaultDelay, Delay: 25 * second, Times: 1},
			refusedWith(500, 0),
		}}})
		outcomes := make([]string, 2)
		together(2, func(i int) {
			if i == 1 {
				if err := c.server.WaitForCalls(t.Context(), mockserver.OpExecute, 1); err != nil {
					t.Error(err)
				}
			}
			outcomes[i] = verdict(c.Executions.Start(t.Context(), testRequest(), StartOptions{}))
		})
		wantEqual(t, "outcomes", outcomes, []string{"started", "maybe: 0 candidates"})
		// The search waits for the call that is under way: it may be the one that is seen.
		wantEqual(t, "time", time.Since(c.began), looking)
	})
}

func TestStart_knowsWhatItAdopted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{Faults: []mockserver.Fault{
			{On: mockserver.OpExecute, Kind: mockserver.FaultDropAfter, Times: 1},
			refusedWith(500, 0),
		}}})
		var outcomes []string
		for range 2 {
			outcomes = append(outcomes, verdict(c.Executions.Start(t.Context(), testRequest(), StartOptions{})))
		}
		wantEqual(t, "outcomes", outcomes, []string{"adopted", "maybe: 0 candidates"})
	})
}

func TestStart_oneLostAfterTheOtherAreTwo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 3, scenario: mockserver.Scenario{Faults: always(lostAfter)}})
		ids := map[string]bool{}
		for range 3 {
			started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
			wantEqual(t, "outcome", verdict(started, err), "adopted")
			ids[started.ID] = true
		}
		wantEqual(t, "different ids", len(ids), 3)
	})
}

func TestStart_twoLostAtOnceAreForAPerson(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults  []mockserver.Fault
		started int
		want    []string
	}{
		"both started":   {always(lostAfter), 2, []string{"maybe: 2 candidates", "maybe: 2 candidates"}},
		"one started":    {append(once(lostAfter), always(lostBefore)...), 1, []string{"maybe: 1 candidates", "maybe: 1 candidates"}},
		"neither":        {always(lostBefore), 0, []string{"maybe: 0 candidates", "maybe: 0 candidates"}},
		"one was got":    {once(lostAfter), 2, []string{"adopted", "started"}},
		"one never sent": {append(once(lostAfter), refusedWith(403, 0)), 1, []string{"adopted", "refused: 403"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, started: test.started, scenario: mockserver.Scenario{
					Faults: test.faults, Latency: second,
				}})
				outcomes := make([]string, 2)
				together(2, func(i int) { outcomes[i] = verdict(c.Executions.Start(t.Context(), testRequest(), StartOptions{})) })
				slices.Sort(outcomes)
				wantEqual(t, "outcomes", outcomes, test.want)
			})
		})
	}
}

// What is listed late is shown to the person all the same.
func TestStart_twoLostAtOnceAreLookedForAsLongAsOne(t *testing.T) {
	t.Parallel()
	for _, tags := range [][2]string{{"", ""}, {"a", "b"}, {"", "b"}} {
		t.Run(fmt.Sprintf("%q", tags), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, started: 2, scenario: mockserver.Scenario{
					Latency: second, VisibleAfter: 7 * second, Faults: always(lostAfter),
				}})
				together(2, func(i int) {
					started, err := c.Executions.Start(t.Context(), taggedRequest(tags[i]), StartOptions{})
					wantEqual(t, "outcome", verdict(started, err), "maybe: 2 candidates")
				})
				wantEqual(t, "posts", c.server.Calls(mockserver.OpExecute), 2)
			})
		})
	}
}

// A lost request that was never cleared up makes every later one of the pipeline doubtful.
func TestStart_anOpenQuestionStaysOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 2, scenario: mockserver.Scenario{
			VisibleAfter: 40 * second, Faults: always(lostAfter),
		}})
		started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		wantEqual(t, "first", verdict(started, err), "maybe: 0 candidates")
		advance(time.Minute)
		c.server.Update(func(s *mockserver.Scenario) { s.VisibleAfter = 0 })
		started, err = c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		wantEqual(t, "second", verdict(started, err), "maybe: 1 candidates")
	})
}

// A lost request of one pipeline says nothing about the others.
func TestStart_lostRequestsOfDifferentPipelinesAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 2, scenario: mockserver.Scenario{
			Faults: always(lostAfter), Latency: second,
		}})
		together(2, func(i int) {
			req := testRequest()
			req.EnvironmentName = []string{testEnvironment, "Development"}[i]
			started, err := c.Executions.Start(t.Context(), req, StartOptions{})
			wantEqual(t, "outcome", verdict(started, err), "adopted")
		})
	})
}

func TestStart_twoLostOfOneTagAreForAPerson(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults  []mockserver.Fault
		change  mockserver.Duration
		started int
		want    []string
	}{
		"neither started": {[]mockserver.Fault{{On: mockserver.OpExecute, Kind: mockserver.FaultDrop, Times: 2}}, 0, 0,
			[]string{"maybe: 0 candidates", "maybe: 0 candidates"}},
		"one started, unseen": {append(once(lostAfter), once(lostBefore)...), 10 * minute, 1,
			[]string{"maybe: 0 candidates", "maybe: 0 candidates"}},
		"one started": {append(once(lostAfter), once(lostBefore)...), 0, 1,
			[]string{"maybe: 1 candidates", "maybe: 1 candidates"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, started: test.started, scenario: mockserver.Scenario{
					Faults: test.faults, VisibleAfter: test.change, Latency: second,
				}})
				outcomes := make([]string, 2)
				together(2, func(i int) {
					outcomes[i] = verdict(c.Executions.Start(t.Context(), taggedRequest("tag"), StartOptions{}))
				})
				slices.Sort(outcomes)
				wantEqual(t, "outcomes", outcomes, test.want)
			})
		})
	}
}

func TestStart_adoptsTheRightOneThoughTheClocksDiffer(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{0, time.Hour, -time.Hour, 24 * time.Hour, -24 * time.Hour, 400 * time.Millisecond} {
		for _, known := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, clock known %v", skew, known), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					advance(123 * time.Millisecond) // nothing is as round as the bubble's start
					c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{
						ClockSkew: mockserver.Duration(skew), Faults: once(lostAfter),
					}})
					if known {
						if _, err := c.Projects.List(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					for _, before := range []time.Duration{65 * time.Second, 5 * time.Minute, 55 * time.Minute, 65 * time.Minute} {
						c.server.StartElsewhere(mockserver.Execution{StartedAt: time.Now().Add(skew - before)})
					}
					started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
					wantEqual(t, "outcome", verdict(started, err), "adopted")
					wantEqual(t, "id", started.ID, c.server.Started()[0].ID)
					sent, _ := c.firstAndLastPost()
					wantBetween(t, "start, before the request", sent.Sub(started.StartedAt), 0, time.Second)
				})
			})
		}
	}
}

func TestStart_serverWithoutADateIsTakenToAgree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{NoDate: true, Faults: once(lostAfter)}})
		c.server.StartElsewhere(mockserver.Execution{StartedAt: time.Now().Add(-2 * time.Minute)})
		started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		wantEqual(t, "outcome", verdict(started, err), "adopted")
		wantEqual(t, "id", started.ID, c.server.Started()[0].ID)
		wantEqual(t, "start", started.StartedAt, c.began.UTC())
	})
}

func TestStart_listThatKnowsNothingButPostsIsNoProof(t *testing.T) {
	t.Parallel()
	runStartCases(t, map[string]startCase{
		"no tag": {change: func(s *mockserver.Scenario) { s.PostOnly = true }, faults: once(lostAfter),
			want: "maybe: 0 candidates", posts: 1, started: 1, took: looking},
		"tag": {change: func(s *mockserver.Scenario) { s.PostOnly = true }, faults: once(lostAfter), tag: "tag",
			want: "maybe: 0 candidates", posts: 1, started: 1, took: looking},
		"endless list": {change: func(s *mockserver.Scenario) { s.RepeatPageToken = true }, faults: once(lostBefore), tag: "tag",
			want: "maybe: 0 candidates", posts: 1, took: looking},
	})
}

func TestStart_looksThroughManyPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{Faults: once(lostAfter)}})
		for range 350 {
			c.server.StartElsewhere(mockserver.Execution{PipelineName: "other"})
		}
		timer := time.AfterFunc(time.Second/2, func() {
			for range 350 {
				c.server.StartElsewhere(mockserver.Execution{PipelineName: "other"})
			}
		})
		defer timer.Stop()
		started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		wantEqual(t, "outcome", verdict(started, err), "adopted")
		wantEqual(t, "id", started.ID, c.server.Started()[0].ID)
	})
}

// After an interrupt there is one more look, and an answer within five seconds.
func TestStart_contextEndsWhileLooking(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   mockserver.Fault
		tag     string
		started int
		want    string
	}{
		"found":          {lostAfter, "", 1, "adopted"},
		"found, tag":     {lostAfter, "tag", 1, "adopted"},
		"not found":      {lostBefore, "", 0, "maybe: 0 candidates"},
		"not found, tag": {lostBefore, "tag", 0, "maybe: 0 candidates"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, started: test.started, scenario: mockserver.Scenario{Faults: always(test.fault)}})
				started, err := c.Executions.Start(cancelledAfter(t, 3500*time.Millisecond), taggedRequest(test.tag), StartOptions{})
				wantEqual(t, "outcome", verdict(started, err), test.want)
				wantEqual(t, "time", time.Since(c.began), 3500*time.Millisecond)
				wantEqual(t, "posts", c.server.Calls(mockserver.OpExecute), 1)
			})
		})
	}
}

// Nobody stands in line behind a search.
func TestStart_isNotHeldUpByASearch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 2, scenario: mockserver.Scenario{Faults: once(lostAfter)}})
		outcomes := make([]string, 2)
		together(2, func(i int) {
			advance(time.Duration(i) * 2 * time.Second)
			outcomes[i] = verdict(c.Executions.Start(t.Context(), testRequest(), StartOptions{}))
			wantEqual(t, "time", time.Since(c.began), []time.Duration{looking, 2 * time.Second}[i])
		})
		wantEqual(t, "outcomes", outcomes, []string{"adopted", "started"})
	})
}

// Each condition of the two sets is told apart from all others.
func TestLostCall_setsNeedAllOfIt(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	lost := &lostCall{
		call: &call{req: testRequest()},
		timing: timing{
			sentAt: sent, date: sent.Add(2 * time.Second), answeredAt: sent.Add(2 * time.Second), complete: true,
		},
		lostAt: sent.Add(3 * time.Second), clock: &serverClock{},
	}
	ours := Execution{
		ID: testID, ProjectID: testProject, EnvironmentName: testEnvironment, PipelineName: testPipeline, Trigger: "API",
		StartedAt: Timestamp{sent},
	}
	startedAt := func(after time.Duration) func(*Execution) {
		return func(e *Execution) { e.StartedAt = Timestamp{sent.Add(after)} }
	}
	named := func(name string) func(*Execution) { return func(e *Execution) { e.PipelineName = name } }
	triggered := func(by string) func(*Execution) { return func(e *Execution) { e.Trigger = by } }
	for name, test := range map[string]struct {
		change       func(*Execution)
		wide, narrow bool
	}{
		"ours":                      {func(*Execution) {}, true, true},
		"project in capitals":       {func(e *Execution) { e.ProjectID = strings.ToUpper(testProject) }, true, true},
		"no project":                {func(e *Execution) { e.ProjectID = "" }, true, true},
		"other project":             {func(e *Execution) { e.ProjectID = testID }, false, true},
		"trigger in lower case":     {triggered("api"), true, true},
		"unknown trigger":           {triggered("UNKNOWN"), true, false},
		"no trigger":                {triggered(""), true, false},
		"designer":                  {triggered("DESIGNER"), false, false},
		"schedule":                  {triggered("SCHEDULE"), false, false},
		"schedule run now":          {triggered("schedule_run_now"), false, false},
		"at the first moment":       {startedAt(-time.Second), true, true},
		"before that":               {startedAt(-time.Second - 1), true, false},
		"a fraction before":         {startedAt(-time.Millisecond), true, false},
		"a fraction after":          {startedAt(time.Millisecond), true, true},
		"at the last moment":        {startedAt(3 * time.Second), true, true},
		"after that":                {startedAt(3*time.Second + 1), true, false},
		"a minute before":           {startedAt(-time.Minute), true, false},
		"more than a minute before": {startedAt(-time.Minute - 1), false, false},
		"much later":                {startedAt(time.Hour), true, false},
		"no start":                  {func(e *Execution) { e.StartedAt = Timestamp{} }, true, false},
		"other environment":         {func(e *Execution) { e.EnvironmentName = "Development" }, false, false},
		"no environment":            {func(e *Execution) { e.EnvironmentName = "" }, true, false},
		"without the extension":     {named(strings.TrimSuffix(testPipeline, ".orch.yaml")), true, true},
		"last part":                 {named("seed"), true, false},
		"other extension":           {named(strings.Replace(testPipeline, ".orch.", ".tran.", 1)), false, false},
		"other pipeline":            {named("x" + testPipeline), false, false},
		"no pipeline":               {named(""), true, false},
	} {
		e := ours
		test.change(&e)
		wantEqual(t, name+": in the wide set", lost.inWideSet(e), test.wide)
		wantEqual(t, name+": fits the narrow set", lost.inNarrowSet(e), test.narrow)
	}
}

func TestExecutionSet_holdsEachOnceInEitherCase(t *testing.T) {
	t.Parallel()
	set := executionSet{}
	set.add([]Execution{{ID: "a"}, {ID: "A", Status: StatusRunning}, {ID: "b"}, {}},
		func(e Execution) bool { return e.ID != "b" })
	wantEqual(t, "set", set.sorted(), []Execution{{ID: "A", Status: StatusRunning}})
	wantEqual(t, "empty", executionSet{}.sorted(), []Execution{})
}

// A server may still be at a request whose connection broke: what starts within ten seconds of that may be taken.
func TestLostCall_aBrokenConnectionLeavesTheServerTime(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	lost := &lostCall{
		call: &call{req: testRequest()}, timing: timing{sentAt: sent}, lostAt: sent.Add(3 * time.Second), clock: &serverClock{},
	}
	last := 3*time.Second + clockUnit + brokenFor
	for after, want := range map[time.Duration]bool{
		-clockUnit: true, -clockUnit + 1: true, -clockUnit - 1: false, last: true, last + 1: false,
	} {
		e := Execution{
			ID: testID, ProjectID: testProject, EnvironmentName: testEnvironment, PipelineName: testPipeline, Trigger: "API",
			StartedAt: Timestamp{sent.Add(after)},
		}
		wantEqual(t, "fits the narrow set after "+after.String(), lost.inNarrowSet(e), want)
	}
}

func TestMayHaveStarted_isNotSaidOfWhatStartedNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"nothing wrong":      {nil, false},
		"written":            {&ConnectionError{Written: true}, true},
		"not written":        {&ConnectionError{}, false},
		"wrapped":            {fmt.Errorf("x: %w", &ConnectionError{Written: true}), true},
		"no sense":           {&AnswerError{}, true},
		"no token":           {&TokenError{StatusCode: 500}, false},
		"no token, no trace": {&TokenError{Err: errors.New("eof")}, false},
		"the context's":      {context.Canceled, false},
		"anything":           {errors.New("json"), false},
		"100":                {&Error{StatusCode: 100}, true},
		"302":                {&Error{StatusCode: 302}, true},
		"399":                {&Error{StatusCode: 399}, true},
		"400":                {&Error{StatusCode: 400}, false},
		"404":                {&Error{StatusCode: 404}, false},
		"422":                {&Error{StatusCode: 422}, false},
		"408":                {&Error{StatusCode: 408}, true},
		"418":                {&Error{StatusCode: 418}, true},
		"499":                {&Error{StatusCode: 499}, true},
		"301":                {&Error{StatusCode: 301}, false},
		"307":                {&Error{StatusCode: 307}, false},
		"308":                {&Error{StatusCode: 308}, false},
		"303":                {&Error{StatusCode: 303}, true},
		"304":                {&Error{StatusCode: 304}, true},
		"500":                {&Error{StatusCode: 500}, true},
		"599":                {&Error{StatusCode: 599}, true},
	} {
		wantEqual(t, name, mayHaveActed(test.err), test.want)
	}
}

// Nobody waits for minutes after Ctrl-C, however many answers were lost.
func TestStart_manyLostAnswersAreSettledInBoundedTime(t *testing.T) {
	t.Parallel()
	for _, list := range []mockserver.Fault{
		{On: mockserver.OpList, Kind: mockserver.FaultDelay, Delay: 1},
		{On: mockserver.OpList, Kind: mockserver.FaultHang},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := connect(t, setup{scenario: mockserver.Scenario{Latency: second, Faults: []mockserver.Fault{
				{On: mockserver.OpExecute, Kind: mockserver.FaultStatus, Status: 502}, list,
			}}})
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(5*time.Second, cancel)
			together(100, func(int) { _, _ = c.Executions.Start(ctx, testRequest(), StartOptions{}) })
			if took := time.Since(c.began); took > time.Minute {
				t.Errorf("the last of 100 starts came back after %s", took)
			}
		})
	}
}

// A call that waits for its turn is not written, and holds nothing that a look needs.
func TestStart_aSearchDoesNotWaitForWhatIsNotWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 2, scenario: mockserver.Scenario{Faults: []mockserver.Fault{
			{On: mockserver.OpExecute, Kind: mockserver.FaultDropAfter, Times: 1},
			{On: mockserver.OpProjects, Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "60"},
		}}})
		outcomes := make([]string, 2)
		together(2, func(i int) {
			if i == 1 { // it begins to wait for its turn while the other one is looked for
				advance(500 * time.Millisecond)
				_, err := c.Projects.List(within(t, time.Second))
				wantEqual(t, "status", StatusCode(err), 429)
			}
			started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
			outcomes[i] = verdict(started, err)
		})
		wantEqual(t, "outcomes", outcomes, []string{"adopted", "started"})
		wantBetween(t, "time", time.Since(c.began), 60*time.Second, 62*time.Second)
	})
}

// Two resources may name one pipeline in two ways: with and without its folder.
func TestStart_spellingsOfOnePipelineAreNotTakenForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pipelines := []mockserver.Pipeline{{Name: testPipeline, Run: forever}, {Name: "seed", Run: forever}}
		c := connect(t, setup{
			run: forever, started: 1,
			alter: alterListed(t, func(e map[string]any) { e["pipelineName"] = testPipeline }),
			scenario: mockserver.Scenario{
				Projects: []mockserver.Project{{ID: testProject, Name: "T", Environments: []mockserver.Environment{
					{Name: testEnvironment, Pipelines: pipelines},
				}}},
				Faults: []mockserver.Fault{
					{On: mockserver.OpExecute, Kind: mockserver.FaultDrip, Delay: mockserver.Duration(300 * time.Millisecond), Times: 1},
					{On: mockserver.OpExecute, Kind: mockserver.FaultDrop},
				},
			},
		})
		ids := make([]string, 2)
		together(2, func(i int) {
			req := testRequest()
			if i == 0 {
				req.PipelineName = "seed"
			} else {
				advance(time.Second)
			}
			started, _ := c.Executions.Start(t.Context(), req, StartOptions{})
			ids[i] = started.ID
		})
		if ids[0] == "" || ids[0] == ids[1] {
			t.Errorf("the starts have the executions %q", ids)
		}
	})
}
