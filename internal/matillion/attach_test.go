// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

var attaches = StartOptions{OnConflict: ConflictAttaches}

// holds is an execution of the pipeline that another process has started, and that has the tag.
var holds = mockserver.Execution{ExecutionTag: "tag", Status: "RUNNING"}

// attachCase is a start that is refused for its tag, which the first of the others holds.
type attachCase struct {
	others []mockserver.Execution
	change func(*mockserver.Scenario)
	alter  func(*http.Request, *http.Response)
	// meanwhile happens after five seconds.
	meanwhile func(t *testing.T, c *fixture, ids []string)

	want string
	// holders are the others, by their places, that the error shows.
	holders []int
	took    time.Duration
}

func (test attachCase) run(t *testing.T) {
	t.Helper()
	s := setup{run: forever, alter: test.alter}
	if test.change != nil {
		test.change(&s.scenario)
	}
	c := connect(t, s)
	var ids []string
	for _, other := range append([]mockserver.Execution{holds}, test.others...) {
		ids = append(ids, c.server.StartElsewhere(other))
	}
	if test.meanwhile != nil {
		defer time.AfterFunc(5*time.Second, func() { test.meanwhile(t, c, ids) }).Stop()
	}
	started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), attaches)
	wantEqual(t, "outcome", verdict(started, err), test.want)
	wantEqual(t, "time", time.Since(c.began), test.took)
	wantEqual(t, "posts", c.sentPosts(), 1)
	if err == nil {
		wantEqual(t, "execution", started.ID, ids[0])
		wantEqual(t, "status of the cause", StatusCode(started.Cause), http.StatusConflict)
		wantEqual(t, "claimed", c.Executions.Adopted(ids[0]), true)
		return
	}
	inUse := wantError[*TagInUseError](t, err)
	wantEqual(t, "waited", inUse.Waited, test.took)
	var want []string
	for _, place := range test.holders {
		want = append(want, ids[place])
	}
	slices.Sort(want)
	wantEqual(t, "holders", idsOf(inUse.Holders), want)
}

// idsOf returns the ids of executions in the order of the alphabet.
func idsOf(executions []Execution) []string {
	var ids []string
	for _, execution := range executions {
		ids = append(ids, execution.ID)
	}
	slices.Sort(ids)
	return ids
}

// Exactly one execution may hold the tag, and it is of the same pipeline and started through the API.
func TestAttach_takesOverWhatHoldsTheTagIfThereIsNoDoubt(t *testing.T) {
	t.Parallel()
	others := func(others ...mockserver.Execution) []mockserver.Execution { return others }
	ago := func(d time.Duration) time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(-d) }
	endedIn := func(d time.Duration) mockserver.Execution {
		return mockserver.Execution{Status: "SUCCESS", StartedAt: ago(3 * time.Minute), FinishedAt: ago(d)}
	}
	ended := endedIn(2 * time.Second)
	refuse := func(parameter string, status int) func(*http.Request, *http.Response) {
		return func(req *http.Request, resp *http.Response) {
			if req.URL.Query().Has(parameter) {
				resp.StatusCode = status
			}
		}
	}
	finish := func(place int) func(*testing.T, *fixture, []string) {
		return func(_ *testing.T, c *fixture, ids []string) { c.server.Finish(ids[place], "FAILED", "") }
	}
	for name, test := range map[string]attachCase{
		"one": {want: "adopted", took: looking},
		"none is listed": {change: func(s *mockserver.Scenario) { s.ListedAfter = minute },
			want: "tag in use", took: looking},
		"listed at the last look": {change: func(s *mockserver.Scenario) { s.ListedAfter = 30 * second },
			want: "adopted", took: looking},
		"several": {others: others(mockserver.Execution{}), want: "tag in use", holders: []int{0, 1}, took: looking},
		"other pipeline beside it": {others: others(mockserver.Execution{PipelineName: "other", Status: "RUNNING"}),
			want: "tag in use", holders: []int{0, 1}, took: looking},
		"schedule beside it": {others: others(mockserver.Execution{ScheduleID: "s"}), want: "adopted", took: looking},
		"designer beside it": {others: others(mockserver.Execution{User: "u"}), want: "adopted", took: looking},
		"other environment beside it": {others: others(mockserver.Execution{EnvironmentName: "Development"}),
			change: func(s *mockserver.Scenario) { s.IgnoredFilters = []string{"environmentName", "projectId", "status"} },
			want:   "adopted", took: looking},
		"ended before, beside it": {others: others(ended), want: "adopted", took: looking},
		"ended in the second before, beside it": {others: others(endedIn(time.Second)),
			want: "tag in use", holders: []int{0}, took: looking},
		"ended before, and the list ignores its filters": {others: others(ended),
			change: func(s *mockserver.Scenario) { s.IgnoredFilters = []string{"startedAfter", "status"} },
			want:   "adopted", took: looking},
		"ended meanwhile": {meanwhile: finish(0), want: "adopted", took: looking},
		"ended meanwhile, another one beside": {others: others(mockserver.Execution{}), meanwhile: finish(0),
			want: "tag in use", holders: []int{1}, took: looking},
		"cancelled meanwhile": {meanwhile: func(t *testing.T, c *fixture, ids []string) {
			if err := c.Executions.cancel(t.Context(), Handle{ProjectID: testProject, ID: ids[0]}, false); err != nil {
				t.Error(err)
			}
		}, want: "adopted", took: looking},
		"trigger not known": {change: func(s *mockserver.Scenario) { s.ReportedTrigger = "UNKNOWN" },
			want: "tag in use", holders: []int{0}, took: looking},
		"no trigger": {change: func(s *mockserver.Scenario) { s.ReportedTrigger = mockserver.TriggerAbsent },
			want: "tag in use", holders: []int{0}, took: looking},
		"name without its extension": {change: func(s *mockserver.Scenario) { s.AnsweredNames = mockserver.NamePath },
			want: "adopted", took: looking},
		"name that is only alike": {change: func(s *mockserver.Scenario) { s.AnsweredNames = mockserver.NameLast },
			want: "tag in use", holders: []int{0}, took: looking},
		"other pipeline": {alter: alterListed(t, func(e map[string]any) { e["pipelineName"] = "other" }),
			want: "tag in use", holders: []int{0}, took: looking},
		"held by a schedule": {others: others(mockserver.Execution{User: "u"}),
			alter: alterListed(t, func(e map[string]any) { e["trigger"] = "SCHEDULE" }),
			want:  "tag in use", holders: []int{0, 1}, took: looking},
		"no id": {alter: alterListed(t, func(e map[string]any) { delete(e, "pipelineExecutionId") }),
			want: "tag in use", took: looking},
		"no environment": {alter: alterListed(t, func(e map[string]any) { delete(e, "environmentName") }),
			want: "tag in use", holders: []int{0}, took: looking},
		"list denied": {change: func(s *mockserver.Scenario) {
			s.Faults = []mockserver.Fault{{On: mockserver.OpList, Kind: mockserver.FaultStatus, Status: 403, Skip: 5}}
		}, want: "tag in use", holders: []int{0}, took: attachPause},
		// One that has ended since the refusal could not be seen.
		"list of the recent ones denied":    {alter: refuse("startedAfter", 403), want: "tag in use"},
		"list without a status filter, 400": {alter: refuse("status", 400), want: "adopted", took: looking},
		"list without a status filter, 422": {alter: refuse("status", 422), want: "adopted", took: looking},
		"list that ignores its status filter": {
			change: func(s *mockserver.Scenario) { s.IgnoredFilters = []string{"status"} }, want: "adopted", took: looking},
		"read here": {meanwhile: func(t *testing.T, c *fixture, ids []string) {
			if _, err := c.Executions.Get(t.Context(), Handle{ProjectID: testProject, ID: ids[0]}); err != nil {
				t.Error(err)
			}
		}, want: "tag in use", holders: []int{0}, took: looking},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, test.run)
		})
	}
}

// What this process has started belongs to another instance.
func TestAttach_leavesAloneWhatThisProcessHasStarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1})
		first, err := c.Executions.Start(t.Context(), taggedRequest("tag"), attaches)
		wantEqual(t, "first", verdict(first, err), "started")
		second, err := c.Executions.Start(t.Context(), taggedRequest("tag"), attaches)
		wantEqual(t, "second", verdict(second, err), "tag in use")
		wantEqual(t, "holders", idsOf(wantError[*TagInUseError](t, err).Holders), []string{first.ID})
		wantEqual(t, "posts", c.sentPosts(), 2)
	})
}

// Every execution of the account, or every one of the environment that has ended, would be listed otherwise, at each look.
func TestAttach_asksForNoMoreThanItNeeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever})
		c.server.StartElsewhere(holds)
		started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), attaches)
		wantEqual(t, "outcome", verdict(started, err), "adopted")
		for _, r := range c.server.Requests() {
			if r.Operation != mockserver.OpList {
				continue
			}
			wantEqual(t, "project", r.Query.Get("projectId"), testProject)
			wantEqual(t, "environment", r.Query.Get("environmentName"), testEnvironment)
			if !r.Query.Has("status") {
				wantEqual(t, "started after", r.Query.Get("startedAfter"), c.began.Add(-endedSince).Format(time.RFC3339))
			}
		}
	})
}

// What has been seen stays seen, although the one that holds the tag is no longer listed.
func TestAttach_twoThatWereSeenOneAfterTheOtherAreTwo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever})
		first, second := c.server.StartElsewhere(holds), make(chan string, 1)
		timer := time.AfterFunc(5*time.Second, func() {
			c.server.Forget(first)
			second <- c.server.StartElsewhere(mockserver.Execution{})
		})
		defer timer.Stop()
		_, err := c.Executions.Start(t.Context(), taggedRequest("tag"), attaches)
		ids := []string{first, <-second}
		slices.Sort(ids)
		wantEqual(t, "holders", idsOf(wantError[*TagInUseError](t, err).Holders), ids)
	})
}

// What was let go of in this process is being replaced: it is waited for.
func TestAttach_waitsForWhatWasReleasedHere(t *testing.T) {
	t.Parallel()
	for name, follow := range map[string]func(*testing.T, *fixture) Handle{
		"started here": func(t *testing.T, c *fixture) Handle {
			started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), StartOptions{})
			wantEqual(t, "first", verdict(started, err), "started")
			return started.Handle
		},
		"taken over here": func(t *testing.T, c *fixture) Handle {
			c.server.Inject(once(lostAfter)[0])
			started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), StartOptions{})
			wantEqual(t, "first", verdict(started, err), "adopted")
			return started.Handle
		},
		"read here": func(t *testing.T, c *fixture) Handle {
			c.start(t) // of another tag
			run := Handle{ProjectID: testProject, ID: c.server.StartElsewhere(holds)}
			_, err := c.Executions.Get(t.Context(), run)
			wantEqual(t, "error", err, nil)
			return run
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, started: 2})
				run := follow(t, c)
				c.Executions.Release(run)
				began := time.Now()
				timer := time.AfterFunc(20500*time.Millisecond, func() { c.server.Finish(run.ID, "SUCCESS", "") })
				defer timer.Stop()
				started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), attaches)
				wantEqual(t, "outcome", verdict(started, err), "started")
				wantEqual(t, "execution", started.ID, c.server.Started()[1].ID)
				wantBetween(t, "time", time.Since(began), 20500*time.Millisecond, 23*time.Second)
			})
		})
	}
}

func TestAttach_twoAtOnceDoNotShareOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever})
		holder := c.server.StartElsewhere(holds)
		outcomes := make([]string, 2)
		together(2, func(i int) {
			started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), attaches)
			outcomes[i] = verdict(started, err) + " " + started.ID
		})
		slices.Sort(outcomes)
		wantEqual(t, "outcomes", outcomes, []string{"adopted " + holder, "tag in use "})
		wantEqual(t, "posts", c.sentPosts(), 2)
	})
}

// Ctrl-C is heard at once, and what has been seen is shown.
func TestAttach_contextEndsWhileLooking(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{1, 500 * time.Millisecond, 12300 * time.Millisecond, 29900 * time.Millisecond} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever})
				holder := c.server.StartElsewhere(holds)
				_, err := c.Executions.Start(cancelledAfter(t, after), taggedRequest("tag"), attaches)
				wantEqual(t, "holders", idsOf(wantError[*TagInUseError](t, err).Holders), []string{holder})
				wantEqual(t, "time", time.Since(c.began), after)
				wantEqual(t, "posts", c.sentPosts(), 1)
			})
		})
	}
}

// A call of this process that has no answer when the looks end, or has lost it, may have started what is seen. What
// holds the tag is not listed.
func TestAttach_takesNothingThatACallOfThisProcessMayHaveStarted(t *testing.T) {
	t.Parallel()
	lost := mockserver.Fault{On: mockserver.OpExecute, Kind: mockserver.FaultHang}
	slow := mockserver.Fault{On: mockserver.OpExecute, Kind: mockserver.FaultDelayAfter, Delay: 29500 * second / 1000}
	for name, test := range map[string]struct {
		call          mockserver.Fault
		tag, pipeline string
		want          string
	}{
		"lost, same pipeline, other tag": {lost, "another", testPipeline, "adopted"},
		"slow, same pipeline, no tag":    {slow, "", "load/seed", "started"},
		"lost, name that is alike":       {lost, "", "seed", "maybe: 1 candidates"},
		"slow, name that is alike":       {slow, "", "seed", "started"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{
					AcceptedNames: []string{mockserver.NamePublished, mockserver.NamePath, mockserver.NameBare},
					Faults:        []mockserver.Fault{once(refusedWith(409, 0))[0], test.call},
				}})
				outcomes := make([]string, 2)
				together(2, func(i int) {
					req, opts := taggedRequest("tag"), attaches
					if i == 1 {
						req, opts = taggedRequest(test.tag), StartOptions{}
						req.PipelineName = test.pipeline
						advance(time.Second)
					}
					outcomes[i] = verdict(c.Executions.Start(t.Context(), req, opts))
				})
				wantEqual(t, "outcomes", outcomes, []string{"tag in use", test.want})
				wantEqual(t, "posts", c.sentPosts(), 2)
			})
		})
	}
}

// What holds the tag is not listed, and a call of this process for another pipeline may be what holds it.
func TestAttach_takesNothingWhileACallOfThisProcessMayHoldTheTag(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]mockserver.Fault{
		"lost": {On: mockserver.OpExecute, Kind: mockserver.FaultDropAfter, Times: 1},
		"slow": {On: mockserver.OpExecute, Kind: mockserver.FaultHang, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{started: 1, scenario: mockserver.Scenario{
					ListedAfter: 2 * minute, Faults: []mockserver.Fault{fault},
					Projects: withPipelines(testPipeline, "other"),
				}})
				beside := c.server.StartElsewhere(mockserver.Execution{
					StartedAt: c.began.Add(-5 * time.Minute), Status: "RUNNING", PipelineName: testPipeline,
				})
				together(2, func(i int) {
					if i == 0 {
						req := taggedRequest("tag")
						req.PipelineName = "other"
						started, err := c.Executions.Start(t.Context(), req, StartOptions{})
						wantEqual(t, "lost", verdict(started, err), "maybe: 0 candidates")
						return
					}
					advance(time.Second)
					_, err := c.Executions.Start(t.Context(), taggedRequest("tag"), attaches)
					wantEqual(t, "holders", idsOf(wantError[*TagInUseError](t, err).Holders), []string{beside})
				})
				wantEqual(t, "posts", c.sentPosts(), 2)
			})
		})
	}
}

// A tag is one environment's: a lost call of another pipeline holds it only with the same tag, and in the same place.
func TestAttach_aTagInAnotherEnvironmentIsNotInTheWay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		environment, tag string
		want             bool
	}{{testEnvironment, "tag", false}, {testEnvironment, "another", true}, {"Development", "tag", true}} {
		synctest.Test(t, func(t *testing.T) {
			c := connect(t, setup{})
			elsewhere := taggedRequest(test.tag)
			elsewhere.PipelineName, elsewhere.EnvironmentName = "other", test.environment
			c.Executions.ledger.write(elsewhere).recordLoss()
			got := c.Executions.adoptHolder(t.Context(), taggedRequest("tag"), testHolder())
			wantEqual(t, test.environment+" "+test.tag, got, test.want)
		})
	}
}

// A start that waits names whom it may have waited for: not what has ended, somebody else's, or this process's own.
func TestStart_namesTheStrangersThatItHasWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 2})
		c.start(t)
		stranger := c.server.StartElsewhere(holds)
		c.server.StartElsewhere(mockserver.Execution{ScheduleID: "s"})
		c.server.Finish(c.server.StartElsewhere(mockserver.Execution{}), "SUCCESS", "")
		defer time.AfterFunc(5*time.Second, func() { c.server.Finish(stranger, "SUCCESS", "") }).Stop()
		started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), StartOptions{OnConflict: ConflictWaits})
		wantEqual(t, "outcome", verdict(started, err), "started")
		wantEqual(t, "waited for", idsOf(started.WaitedFor), []string{stranger})
	})
}

// An interrupt ends the wait for another call's answer, and then that call may have started what holds the tag.
func TestAttach_takesNothingAfterAnInterruptedWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		c.Executions.ledger.write(testRequest())
		interrupted, interrupt := context.WithTimeout(t.Context(), time.Second)
		defer interrupt()
		wantEqual(t, "adopted", c.Executions.adoptHolder(interrupted, taggedRequest("tag"), testHolder()), false)
	})
}

// testHolder is what holds a tag without doubt, if it is alone.
func testHolder() Execution {
	return Execution{
		ID: testID, ProjectID: testProject, EnvironmentName: testEnvironment, PipelineName: testPipeline, Trigger: TriggerAPI,
	}
}
