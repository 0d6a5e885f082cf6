// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// Another call was answered 429, Retry-After: 60. All looks expired while they waited for their turn: no call of the
// list, and "no complete answer within 5s". A look has a budget of its own, which the wait does not eat.
func TestLost_looksOutliveAPauseThatTheServerAsksFor(t *testing.T) {
	t.Parallel()
	limit := mockserver.Fault{On: mockserver.OpProjects, Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "60"}
	for name, test := range map[string]struct {
		trigger string
		slow    mockserver.Duration
		want    string
	}{
		"adopted":               {TriggerAPI, 0, "adopted"},
		"shown":                 {"UNKNOWN", 0, "maybe: 1 candidates"},
		"adopted, a slow list":  {TriggerAPI, 4 * second, "adopted"},
		"a list that takes 6 s": {TriggerAPI, 6 * second, "maybe: 0 candidates"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				slow := mockserver.Fault{Kind: mockserver.FaultDelay, Delay: test.slow}
				c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{
					ReportedTrigger: test.trigger, Faults: append(once(lostAfter), limit, listsAt(0, 0, slow)),
				}})
				together(2, func(i int) {
					if i == 1 { // while the answer is lost
						advance(500 * time.Millisecond)
						_, err := c.Projects.List(within(t, time.Second))
						wantEqual(t, "status", StatusCode(err), http.StatusTooManyRequests)
						return
					}
					started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
					wantEqual(t, "outcome", verdict(started, err), test.want)
				})
				wantBetween(t, "lists", c.server.Calls(mockserver.OpList), 1, 2)
				wantBetween(t, "time", time.Since(c.began), 60*time.Second, 67*time.Second)
			})
		})
	}
}

// A list that is limited itself: one that is refused is taken again when the server allows it.
func TestLost_looksThatAreRefusedAreTakenAgain(t *testing.T) {
	t.Parallel()
	runStartCases(t, map[string]startCase{
		"429": {faults: append(once(lostAfter), listsAt(0, 3, mockserver.Fault{
			Kind: mockserver.FaultStatus, Status: http.StatusTooManyRequests, RetryAfter: "7"})),
			want: "adopted", posts: 1, started: 1, took: random},
		"429 for longer than the looks": {faults: append(once(lostAfter), listsAt(0, 1, mockserver.Fault{
			Kind: mockserver.FaultStatus, Status: http.StatusTooManyRequests, RetryAfter: "90"})),
			want: "adopted", posts: 1, started: 1, took: 91 * time.Second},
	})
}

// Starts of one pipeline share their looks. They stood in line for 80 s and more, and half of them were never looked
// for.
func TestLost_manyStartsShareTheirLooks(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{mockserver.FaultStatus, mockserver.FaultStatusAfter} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n = 10
				s := setup{run: forever, scenario: mockserver.Scenario{
					Latency: second / 2, Faults: always(mockserver.Fault{Kind: kind, Status: http.StatusBadGateway}),
				}}
				candidates := 0
				if kind == mockserver.FaultStatusAfter {
					s.started, candidates = n, n
				}
				c := connect(t, s)
				together(n, func(i int) {
					advance(time.Duration(i) * 50 * time.Millisecond)
					req := taggedRequest(fmt.Sprint("tag ", i))
					started, err := c.Executions.Start(t.Context(), req, StartOptions{})
					wantEqual(t, "outcome", verdict(started, err), fmt.Sprintf("maybe: %d candidates", candidates))
					wantEqual(t, "why looking failed", wantError[*MaybeStartedError](t, err).LookErr, nil)
				})
				wantBetween(t, "time", time.Since(c.began), looking, 40*time.Second)
				wantEqual(t, "posts", c.sentPosts(), n)
				wantBetween(t, "lists", c.server.Calls(mockserver.OpList), 7, 2*9) // alone, each would take nine
			})
		})
	}
}

// A slow list, or one that does not answer, is waited for together, not in turn.
func TestLost_manyStartsShareSlowLooks(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]mockserver.Fault{
		"slow":  {Kind: mockserver.FaultDelay, Delay: 4 * second},
		"hangs": {Kind: mockserver.FaultHang},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n = 30
				c := connect(t, setup{scenario: mockserver.Scenario{
					Faults: append(always(refusedWith(502, 0)), listsAt(0, 0, fault)),
				}})
				together(n, func(i int) {
					advance(time.Duration(i) * 50 * time.Millisecond)
					started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
					wantEqual(t, "outcome", verdict(started, err), "maybe: 0 candidates")
				})
				wantBetween(t, "time", time.Since(c.began), looking, looking+3*lookTimeout)
				wantBetween(t, "lists", c.server.Calls(mockserver.OpList), 4, 12)
			})
		})
	}
}

// A list that never ends cost 433 calls before the error.
func TestLost_endlessListsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{
			EndlessPages: true, Faults: once(lostAfter),
		}})
		started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		// One that is seen may not be the only one.
		wantEqual(t, "outcome", verdict(started, err), "maybe: 1 candidates")
		wantBetween(t, "lists", c.server.Calls(mockserver.OpList), 2, 30)
		calls := c.server.Calls(mockserver.OpList)
		if _, err := c.Executions.List(t.Context(), ExecutionsQuery{ProjectID: testProject}, nil); err == nil {
			t.Error("the list has come to an end")
		}
		wantBetween(t, "lists for a data source", c.server.Calls(mockserver.OpList)-calls, 2, 10)
	})
}

// A list that is too long to be read to its end is none without an end: that was what the error said of it.
func TestLost_listsAreReadSoFarAndNoFurther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{
			IgnoredFilters: []string{"startedAfter"}, MaxPageSize: 2, Faults: once(lostAfter),
		}})
		for i := range 2 * lookPages {
			c.server.StartElsewhere(mockserver.Execution{StartedAt: c.began.Add(-time.Hour - time.Duration(i)*time.Minute)})
		}
		started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		wantEqual(t, "outcome", verdict(started, err), "maybe: 1 candidates")
		maybe := wantError[*MaybeStartedError](t, err)
		const want = "GET /v1/pipeline-executions: 200 OK: the list has more than 10 pages, which is as far as it is read"
		wantEqual(t, "why looking failed", fmt.Sprint(maybe.LookErr), want)
	})
}

// An empty list may be null. "The answer has no results" was the error of every look.
func TestLost_anEmptyListMayBeNull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{NullResults: true, Faults: once(lostBefore)}})
		_, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		maybe := wantError[*MaybeStartedError](t, err)
		wantEqual(t, "why looking failed", maybe.LookErr, nil)
		wantEqual(t, "candidates", len(maybe.Candidates), 0)
		listed, err := c.Executions.List(t.Context(), ExecutionsQuery{ProjectID: testProject}, nil)
		wantEqual(t, "list", len(listed), 0)
		wantEqual(t, "error", err, nil)
	})
}

// The list may ignore its filters: what is not ours is left out here.
func TestLost_filtersThatTheListIgnoresAreAppliedHere(t *testing.T) {
	t.Parallel()
	for _, ignored := range []string{"projectId", "environmentName", "startedAfter"} {
		t.Run(ignored, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{
					IgnoredFilters: []string{ignored}, Faults: once(lostAfter),
				}})
				c.server.StartElsewhere(mockserver.Execution{
					ProjectID: testID, EnvironmentName: testEnvironment, PipelineName: testPipeline,
				})
				c.server.StartElsewhere(mockserver.Execution{EnvironmentName: "Development"})
				c.server.StartElsewhere(mockserver.Execution{StartedAt: c.began.Add(-time.Hour)})
				started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
				wantEqual(t, "outcome", verdict(started, err), "adopted")
				wantEqual(t, "execution", started.ID, c.server.Started()[0].ID)
			})
		})
	}
}

// The holders of a tag are those that go on, although the list ignores its status filter, or refuses it. A run that had
// SUCCESS "may hold the tag", or the holders were lost.
func TestTagInUse_showsWhatGoesOn(t *testing.T) {
	t.Parallel()
	refuseStatus := func(req *http.Request, resp *http.Response) {
		if req.URL.Query().Has("status") {
			resp.StatusCode = http.StatusUnprocessableEntity
		}
	}
	ignoring := func(filters ...string) setup {
		return setup{scenario: mockserver.Scenario{IgnoredFilters: filters}}
	}
	for name, s := range map[string]setup{
		"filtered":              {},
		"filter ignored":        ignoring("status"),
		"all filters ignored":   ignoring("status", "startedAfter", "environmentName"),
		"two statuses refused":  {scenario: mockserver.Scenario{SingleStatus: true}},
		"every status refused":  {alter: refuseStatus},
		"null where it is none": {scenario: mockserver.Scenario{NullResults: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, s)
				long := c.began.Add(-time.Hour)
				want := []string{
					c.server.StartElsewhere(mockserver.Execution{ExecutionTag: "tag", Status: "RUNNING", StartedAt: long}),
					c.server.StartElsewhere(mockserver.Execution{Status: "CANCELLING", StartedAt: long}),
					c.server.StartElsewhere(mockserver.Execution{Status: "UNKNOWN", StartedAt: long}),
				}
				c.server.StartElsewhere(mockserver.Execution{Status: "SUCCESS", StartedAt: c.began.Add(-time.Minute)})
				c.server.StartElsewhere(mockserver.Execution{
					Status: "SUCCESS", StartedAt: c.began.Add(-time.Minute), FinishedAt: c.began,
				})
				c.server.StartElsewhere(mockserver.Execution{Status: "FAILED", StartedAt: long})
				c.server.StartElsewhere(mockserver.Execution{EnvironmentName: "Development", Status: "RUNNING"})
				_, err := c.Executions.Start(t.Context(), taggedRequest("tag"), StartOptions{})
				slices.Sort(want)
				wantEqual(t, "holders", idsOf(wantError[*TagInUseError](t, err).Holders), want)
				wantEqual(t, "posts", c.sentPosts(), 1)
			})
		})
	}
}

// What is listed without an id cannot be taken, nor named to a person.
func TestLost_anExecutionWithoutAnIDIsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{
			run: forever, started: 1, scenario: mockserver.Scenario{Faults: once(lostAfter)},
			alter: alterListed(t, func(e map[string]any) { delete(e, "pipelineExecutionId") }),
		})
		started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		wantEqual(t, "outcome", verdict(started, err), "maybe: 0 candidates")
	})
}
