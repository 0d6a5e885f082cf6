// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

func TestStart_neverAdoptsWhereNothingIsToBeAdopted(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"", "tag"} {
		t.Run("tag "+tag, func(t *testing.T) {
			t.Parallel()
			runStartCases(t, map[string]startCase{
				"exactly one matches": {tag: tag, opts: StartOptions{NeverAdopt: true}, faults: once(lostAfter),
					want: "maybe: 1 candidates", posts: 1, started: 1, took: looking},
				"the answer came": {tag: tag, opts: StartOptions{NeverAdopt: true},
					want: "started", posts: 1, started: 1},
			})
		})
	}
}

// lostWindow loses the answer to a start that is never adopted, and returns when that may have started.
func lostWindow(t *testing.T, c *fixture) Window {
	t.Helper()
	_, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{NeverAdopt: true})
	maybe := wantError[*MaybeStartedError](t, err)
	return Window{From: maybe.From, Until: maybe.Until}
}

func TestCandidates_areThoseThatTheSearchWouldShow(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		other mockserver.Execution
		after time.Duration
		want  int
	}{
		"ours":               {mockserver.Execution{}, 0, 1},
		"ours, ended":        {mockserver.Execution{Status: "SUCCESS"}, 0, 1},
		"name that is alike": {mockserver.Execution{PipelineName: "seed.orch.yaml"}, 0, 1},
		"other pipeline":     {mockserver.Execution{PipelineName: "load/other.orch.yaml"}, 0, 0},
		"other environment":  {mockserver.Execution{EnvironmentName: "Development"}, 0, 0},
		"schedule":           {mockserver.Execution{ScheduleID: "nightly"}, 0, 0},
		"too late":           {mockserver.Execution{}, 2 * time.Minute, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, scenario: mockserver.Scenario{Faults: once(lostBefore)}})
				window := lostWindow(t, c)
				<-time.After(test.after)
				if test.after == 0 {
					test.other.StartedAt = window.From.Add(2 * time.Second)
				}
				other := c.server.StartElsewhere(test.other)
				<-time.After(2 * time.Minute)
				found, err := c.Executions.Candidates(t.Context(), testRequest(), window)
				if err != nil || len(found) != test.want || (len(found) == 1 && found[0].ID != other) {
					t.Errorf("candidates %+v and error %v, want %d", found, err, test.want)
				}
			})
		})
	}
}

// Before the window there is a minute, and after it a second and as long as a server may be at a broken request.
func TestCandidates_haveRoomOnBothSidesOfTheWindow(t *testing.T) {
	t.Parallel()
	const after = clockUnit + brokenFor
	for started, want := range map[time.Duration]int{
		-wideBefore - time.Millisecond: 0, -wideBefore: 1, 0: 1, time.Second: 1, time.Second + after: 1,
		time.Second + after + time.Millisecond: 0,
	} {
		synctest.Test(t, func(t *testing.T) {
			c := connect(t, setup{run: forever})
			window := Window{From: c.began, Until: c.began.Add(time.Second)}
			c.server.StartElsewhere(mockserver.Execution{StartedAt: c.began.Add(started)})
			advance(time.Hour)
			found, err := c.Executions.Candidates(t.Context(), testRequest(), window)
			if err != nil || len(found) != want {
				t.Errorf("%s from the window: candidates %+v and error %v, want %d", started, found, err, want)
			}
		})
	}
}

func TestCandidates_leaveOutWhatThisProcessKnows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1})
		c.start(t)
		found, err := c.Executions.Candidates(t.Context(), testRequest(), Window{From: c.began, Until: c.began})
		if err != nil || len(found) != 0 {
			t.Errorf("candidates %+v and error %v, want none", found, err)
		}
	})
}

func TestCandidates_mayHaveNoStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{alter: alterListed(t, func(e map[string]any) { delete(e, "startedAt") })})
		c.server.StartElsewhere(mockserver.Execution{Status: "RUNNING"})
		found, err := c.Executions.Candidates(t.Context(), testRequest(), Window{From: c.began, Until: c.began})
		if err != nil || len(found) != 1 {
			t.Errorf("candidates %+v and error %v, want one", found, err)
		}
	})
}

func TestCandidates_waitUntilARunMustBeListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{
			Faults: once(lostAfter), VisibleAfter: 50 * second,
		}})
		window := lostWindow(t, c)
		found, err := c.Executions.Candidates(t.Context(), testRequest(), window)
		if err != nil || len(found) != 1 || found[0].ID != c.server.Started()[0].ID {
			t.Errorf("candidates %+v and error %v, want the run", found, err)
		}
		wantBetween(t, "time", time.Since(c.began), 50*time.Second, looking+searchFor+longestLookPause)
	})
}

func TestCandidates_endWithTheContextAndWithAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, scenario: mockserver.Scenario{Faults: once(lostBefore)}})
		window := lostWindow(t, c)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if _, err := c.Executions.Candidates(ctx, testRequest(), window); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's", err)
		}
		c.server.Inject(mockserver.Fault{On: mockserver.OpList, Kind: mockserver.FaultStatus, Status: 403})
		began := time.Now()
		if _, err := c.Executions.Candidates(t.Context(), testRequest(), window); StatusCode(err) != 403 {
			t.Errorf("error %v, want the refusal", err)
		}
		wantEqual(t, "time", time.Since(began), time.Duration(0))
	})
}

func TestRunning_listsWhatRunsInTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, ignored := range [][]string{nil, {"status", "environmentName"}} {
		synctest.Test(t, func(t *testing.T) {
			c := connect(t, setup{run: forever, scenario: mockserver.Scenario{IgnoredFilters: ignored}})
			for _, other := range []mockserver.Execution{
				{Status: "SUCCESS"}, {EnvironmentName: "Development"},
			} {
				c.server.StartElsewhere(other)
			}
			want := c.server.StartElsewhere(mockserver.Execution{User: "somebody"})
			found, err := c.Executions.Running(t.Context(), testProject, testEnvironment)
			if err != nil || len(found) != 1 || found[0].ID != want {
				t.Errorf("running %+v and error %v, want %s", found, err, want)
			}
			wantEqual(t, "calls", c.server.Calls(mockserver.OpList), 1)
		})
	}
}
