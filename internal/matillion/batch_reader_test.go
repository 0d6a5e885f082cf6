// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// startMany starts n runs at once and waits for all of them.
func (f *fixture) followMany(t *testing.T, n int) {
	t.Helper()
	together(n, func(int) {
		started, err := f.Executions.Start(t.Context(), testRequest(), StartOptions{})
		if err != nil {
			t.Error(err)
			return
		}
		got, err := f.Executions.Wait(t.Context(), started.Handle, nil)
		if err != nil || got.Status != StatusSuccess || got.ID != started.ID {
			t.Errorf("Wait for %s = %+v, %v", started.ID, got, err)
		}
	})
}

// running starts n runs elsewhere, which have run since the given time.
func (f *fixture) running(n int, since time.Time) []Handle {
	refs := make([]Handle, n)
	for i := range refs {
		refs[i] = Handle{ProjectID: testProject, ID: f.server.StartElsewhere(mockserver.Execution{StartedAt: since.Add(f.skew), Status: "RUNNING"})}
	}
	return refs
}

// readAll reads executions at once, as a refresh does, and wants each to be running.
func (f *fixture) readAll(t *testing.T, refs []Handle, since time.Time) {
	t.Helper()
	together(len(refs), func(i int) {
		got, err := f.Executions.Get(t.Context(), refs[i].since(since))
		if err != nil || got.Status != StatusRunning || got.Handle().key() != refs[i] {
			t.Errorf("Execution(%s) = %+v, %v", refs[i].ID, got, err)
		}
	})
}

// readTogether reads executions as those do that wait for them: they are gathered before they are asked for.
func (f *fixture) readTogether(t *testing.T, refs []Handle, since time.Time) {
	t.Helper()
	together(len(refs), func(i int) {
		got, err := f.Executions.reader.read(t.Context(), refs[i].since(since), toFollow)
		if err != nil || got.Status != StatusRunning || got.Handle().key() != refs[i] {
			t.Errorf("read(%s) = %+v, %v", refs[i].ID, got, err)
		}
	})
}

// wantReads checks how often the server was asked for lists and details.
func (f *fixture) wantReads(t *testing.T, lists, details int) {
	t.Helper()
	wantEqual(t, "lists", f.server.Calls(mockserver.OpList), lists)
	wantEqual(t, "details", f.server.Calls(mockserver.OpDetails), details)
}

func TestBatchReader_aHundredWaitsCostFewReads(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]mockserver.Scenario{
		"in 20 ms":       {Latency: second / 50},
		"in 200 ms":      {Latency: second / 5},
		"clocks apart":   {Latency: second / 50, ClockSkew: 60 * minute},
		"flat":           {Latency: second / 50, FlatDetails: true},
		"without a date": {Latency: second / 50, NoDate: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: mockserver.Run{Duration: 20 * second}, scenario: s, started: 100})
				c.followMany(t, 100)
				if got := c.reads(); got > 40 {
					t.Errorf("%d reads, want at most 40", got)
				}
				wantBetween(t, "time", time.Since(c.began), 20*time.Second, 22*time.Second)
				wantEqual(t, "posts", c.server.Calls(mockserver.OpExecute), 100)
				wantEqual(t, "tokens", c.server.Calls(mockserver.OpToken), 1)
			})
		})
	}
}

func TestBatchReader_manyWaitsKeepTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{
			run: mockserver.Run{Duration: minute}, started: 200,
			scenario: mockserver.Scenario{Latency: second / 50, RequestsPerMinute: DefaultRequestsPerMinute},
		})
		c.followMany(t, 200)
		wantEqual(t, "refused", c.server.Refused("", http.StatusTooManyRequests), 0)
	})
}

func TestBatchReader_fewWaitsAreReadOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: mockserver.Run{Duration: 20 * second}, started: 3})
		c.followMany(t, 3)
		wantEqual(t, "lists", c.server.Calls(mockserver.OpList), 0)
		wantBetween(t, "details", c.server.Calls(mockserver.OpDetails), 3*20, 3*22)
	})
}

func TestBatchReader_fourAreAskedForTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: mockserver.Run{Duration: 20 * second}, started: 4})
		c.followMany(t, 4)
		wantBetween(t, "lists", c.server.Calls(mockserver.OpList), 20, 23)
		// Those of the first moment, when not all were there yet.
		wantBetween(t, "details", c.server.Calls(mockserver.OpDetails), 0, 4)
	})
}

func TestBatchReader_theSameRunIsReadOnceForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Latency: second / 50}})
		c.Executions.schedule.phase = 0
		ref := c.running(1, c.began)[0]
		defer time.AfterFunc(10*time.Second, func() { c.server.Finish(ref.ID, "SUCCESS", "") }).Stop()
		together(50, func(int) {
			if _, err := c.Executions.Wait(t.Context(), ref.since(c.began), nil); err != nil {
				t.Error(err)
			}
		})
		wantEqual(t, "lists", c.server.Calls(mockserver.OpList), 0)
		wantBetween(t, "details", c.server.Calls(mockserver.OpDetails), 11, 15)
	})
}

func TestBatchReader_projectsAreReadApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		since := c.began.Add(-time.Minute)
		refs := c.running(10, since)
		for range 10 {
			id := c.server.StartElsewhere(mockserver.Execution{
				ProjectID: testID, EnvironmentName: "E", PipelineName: "P", StartedAt: since, Status: "RUNNING"})
			refs = append(refs, Handle{ProjectID: testID, ID: id})
		}
		c.readTogether(t, refs, since)
		c.wantReads(t, 2, 0)
		projects := map[string]int{}
		for _, r := range c.server.Requests() {
			if r.Operation == mockserver.OpList {
				projects[r.Query.Get("projectId")]++
			}
		}
		wantEqual(t, "lists by project", projects, map[string]int{testProject: 1, testID: 1})
	})
}

func TestBatchReader_refreshOfManyIsAFewPages(t *testing.T) {
	t.Parallel()
	for n, most := range map[int]int{4: 5, 99: 6, 100: 6, 101: 6, 200: 6} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{Latency: second / 50}})
				since := c.began.Add(-time.Hour)
				c.readAll(t, c.running(n, since), since)
				if got := c.reads(); got > most {
					t.Errorf("%d reads, want at most %d", got, most)
				}
			})
		})
	}
}

// Terraform refreshes ten at a time. What a page of the list tells of the others is not asked for again.
func TestBatchReader_whatHasEndedIsListedOnce(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]string{"without a message": "", "with a message": `"Load orders": Success`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{Latency: second / 50}})
				since := c.began.Add(-time.Hour)
				refs := c.running(150, since)
				for _, ref := range refs {
					c.server.Finish(ref.ID, "SUCCESS", message)
				}
				turns := make(chan struct{}, 10)
				together(len(refs), func(i int) {
					turns <- struct{}{}
					defer func() { <-turns }()
					got, err := c.Executions.Get(t.Context(), refs[i].since(since))
					if err != nil || got.Status != StatusSuccess || got.Handle().key() != refs[i] || got.Message != Text(message) {
						t.Errorf("Execution(%s) = %+v, %v", refs[i].ID, got, err)
					}
				})
				wantBetween(t, "reads", c.reads(), 1, 20)
			})
		})
	}
}

// A message may hold a secret that was not known yet when it was listed.
func TestBatchReader_messagesAreReadAnewWhenASecretIsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		refs := c.running(5, c.began)
		for _, ref := range refs {
			c.server.Finish(ref.ID, "FAILED", "password hunter2 refused")
		}
		together(len(refs), func(i int) {
			if _, err := c.Executions.reader.read(t.Context(), refs[i].since(c.began), toFollow); err != nil {
				t.Error(err)
			}
		})
		before := c.reads()
		c.KeepSecret("hunter2")
		got, err := c.Executions.Get(t.Context(), refs[0].since(c.began))
		if err != nil || got.Message != "password "+redacted+" refused" {
			t.Errorf("Execution() = %+v, %v, want it without the secret", got, err)
		}
		wantEqual(t, "reads", c.reads()-before, 1)
	})
}

// What runs is looked at anew, however often it was listed.
func TestBatchReader_whatRunsIsAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		refs := c.running(10, c.began)
		c.readTogether(t, refs, c.began)
		c.server.Finish(refs[3].ID, "FAILED", "")
		together(len(refs), func(i int) {
			got, err := c.Executions.reader.read(t.Context(), refs[i].since(c.began), toFollow)
			if err != nil || got.Status.Ended() != (i == 3) {
				t.Errorf("read(%d) = %+v, %v", i, got, err)
			}
		})
		c.wantReads(t, 2, 0)
	})
}

func TestBatchReader_fewAreReadOneByOne(t *testing.T) {
	t.Parallel()
	for n, reads := range map[int][2]int{1: {0, 1}, 2: {0, 2}, 3: {0, 3}, 4: {1, 0}, 50: {1, 0}, 100: {1, 0}, 101: {1, 1}, 250: {3, 0}} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{})
				c.readTogether(t, c.running(n, c.began), c.began)
				c.wantReads(t, reads[0], reads[1])
			})
		})
	}
}

func TestBatchReader_asksForTheLeastThatHoldsThemAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		old, young := c.began.Add(-2*time.Hour), c.began.Add(-time.Minute)
		refs := append(c.running(5, young), c.running(5, old)...)
		together(len(refs), func(i int) {
			if _, err := c.Executions.reader.read(t.Context(), refs[i].since([]time.Time{young, old}[i/5]), toFollow); err != nil {
				t.Error(err)
			}
		})
		c.wantReads(t, 1, 0)
		for _, r := range c.server.Requests() {
			if r.Operation == mockserver.OpList {
				wantEqual(t, "query", r.Query, url.Values{
					"projectId": {testProject}, "limit": {"100"}, "startedAfter": {"1999-12-31T21:59:00Z"},
				})
			}
		}
	})
}

func TestBatchReader_anUnknownStartMakesTheListUseless(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		c.readAll(t, c.running(20, c.began.Add(-time.Hour)), time.Time{})
		wantEqual(t, "lists", c.server.Calls(mockserver.OpList), 0)
		wantEqual(t, "details", c.server.Calls(mockserver.OpDetails), 20)
	})
}

func TestBatchReader_whatIsNotListedIsReadAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		since := c.began.Add(-time.Minute)
		// One started long before the others, although nobody said so.
		refs := append(c.running(20, since), c.running(1, c.began.Add(-time.Hour))...)
		c.readTogether(t, refs, since)
		c.wantReads(t, 1, 1)
	})
}

func TestBatchReader_whatIsNowhereIsNotFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		refs := c.running(20, c.began)
		c.server.Forget(refs[7].ID)
		together(len(refs), func(i int) {
			_, err := c.Executions.Get(t.Context(), refs[i].since(c.began))
			wantEqual(t, "not found", IsNotFound(err), i == 7)
			wantEqual(t, "found", err == nil, i != 7)
		})
	})
}

// What others have started since is left out of the list by its window, where ours started long enough ago.
func TestBatchReader_whatStartedSinceIsNotListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		since := c.began.Add(-24 * time.Hour)
		refs := c.running(60, since)
		c.running(6000, c.began.Add(-time.Hour))
		c.readTogether(t, refs, since)
		c.wantReads(t, 1, 0)
	})
}

func TestBatchReader_othersRunsMayStandBetweenOurs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		since := c.began.Add(-5 * time.Minute)
		refs := c.running(5, since)
		c.running(3000, c.began.Add(-time.Minute))
		c.readTogether(t, refs, since)
		// The list is given up when single reads would have cost as much.
		c.wantReads(t, 5, 5)
	})
}

func TestBatchReader_listThatDoesNotWorkRests(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault mockserver.Fault
		// slow is how long a batch may take because of it.
		slow time.Duration
	}{
		"denied":     {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 403}, 0},
		"not there":  {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 404}, 0},
		"broken":     {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 500}, listTimeout},
		"HTML":       {mockserver.Fault{Kind: mockserver.FaultBody, Body: "<html>"}, 0},
		"no results": {mockserver.Fault{Kind: mockserver.FaultBody, Body: "{}"}, 0},
		"dropped":    {mockserver.Fault{Kind: mockserver.FaultDrop}, listTimeout},
		"slow":       {mockserver.Fault{Kind: mockserver.FaultDelay, Delay: 10 * second}, listTimeout},
		"hanging":    {mockserver.Fault{Kind: mockserver.FaultHang}, listTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				test.fault.On = mockserver.OpList
				c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{test.fault}}})
				refs := c.running(10, c.began)
				lists := func() int { return c.server.Calls(mockserver.OpList) }

				c.readTogether(t, refs, c.began)
				wantBetween(t, "time", time.Since(c.began), 0, test.slow+gatherFor)
				tried := lists()
				wantBetween(t, "lists", tried, 1, 4)

				advance(listRest - 2*time.Second)
				c.readTogether(t, refs, c.began)
				c.wantReads(t, tried, 20)

				advance(2 * time.Second)
				c.server.ClearFaults()
				c.readTogether(t, refs, c.began)
				c.wantReads(t, tried+1, 20)
			})
		})
	}
}

// A list that says nothing about a run's status is no reason to believe anything.
func TestBatchReader_listWithoutStatusIsNotBelieved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{alter: alterListed(t, func(execution map[string]any) { delete(execution, "status") })})
		c.readTogether(t, c.running(10, c.began), c.began)
		c.wantReads(t, 1, 10)
	})
}

func TestBatchReader_oneThatLeavesDoesNotCutTheOthers(t *testing.T) {
	t.Parallel()
	for name, operation := range map[string]string{"details": mockserver.OpDetails, "list": mockserver.OpList} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{
					{On: operation, Kind: mockserver.FaultDelay, Delay: 4 * second},
				}}})
				n := 3
				if operation == mockserver.OpList {
					n = 10
				}
				refs := c.running(n, c.began)
				together(n, func(i int) {
					ctx := t.Context()
					if i == 0 { // the one that begins
						ctx = cancelledAfter(t, time.Second)
					} else {
						advance(time.Millisecond)
					}
					_, err := c.Executions.reader.read(ctx, refs[i].since(c.began), toFollow)
					wantEqual(t, "cancelled", errors.Is(err, context.Canceled), i == 0)
					wantEqual(t, "read", err == nil, i != 0)
					if i == 0 {
						wantEqual(t, "time", time.Since(c.began), time.Second)
					}
				})
				wantBetween(t, "time", time.Since(c.began), 4*time.Second, 5*time.Second)
			})
		})
	}
}

func TestBatchReader_whenAllLeaveTheRequestIsCut(t *testing.T) {
	t.Parallel()
	for name, operation := range map[string]string{"details": mockserver.OpDetails, "list": mockserver.OpList} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{
					{On: operation, Kind: mockserver.FaultHang},
				}}})
				n := 2
				if operation == mockserver.OpList {
					n = 10
				}
				refs := c.running(n, c.began)
				var all sync.WaitGroup
				for i := range n {
					all.Go(func() {
						_, err := c.Executions.reader.read(within(t, time.Duration(1+i%2)*time.Second), refs[i].since(c.began), toFollow)
						wantEqual(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
					})
				}
				advance(1500 * time.Millisecond)
				synctest.Wait()
				wantEqual(t, "under way while one waits", c.underway() > 0, true)
				all.Wait()
				synctest.Wait()
				wantEqual(t, "under way when nobody waits", c.underway(), 0)
				wantEqual(t, "time", time.Since(c.began), 2*time.Second)
			})
		})
	}
}

// One execution that cannot be read must not hold up the others.
func TestBatchReader_oneThatHangsDoesNotDelayTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{
			Faults: []mockserver.Fault{{Kind: mockserver.FaultHang, Pipeline: "hangs"}},
		}})
		since := c.began.Add(-time.Minute)
		good := c.running(2, since)
		bad := Handle{ProjectID: testProject, ID: c.server.StartElsewhere(mockserver.Execution{PipelineName: "hangs", StartedAt: since, Status: "RUNNING"})}
		defer time.AfterFunc(20*time.Second, func() {
			for _, ref := range good {
				c.server.Finish(ref.ID, "SUCCESS", "")
			}
		}).Stop()
		var all sync.WaitGroup
		all.Go(func() {
			_, err := c.Executions.Wait(within(t, time.Minute), bad.since(since), nil)
			wantEqual(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
		})
		for _, ref := range good {
			all.Go(func() {
				if _, err := c.Executions.Wait(t.Context(), ref.since(since), nil); err != nil {
					t.Error(err)
				}
				wantBetween(t, "time", time.Since(c.began), 20*time.Second, 28*time.Second)
			})
		}
		all.Wait()
	})
}

func TestBatchReader_anAnswerIsNotWaitedForTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		ref := c.running(1, c.began)[0]
		for i := range 10 {
			if _, err := c.Executions.Get(t.Context(), ref.since(c.began)); err != nil {
				t.Error(err)
			}
			wantEqual(t, "reads", c.reads(), i+1)
		}
		wantEqual(t, "time", time.Since(c.began), time.Duration(0))
	})
}

func TestBatchReader_errorsAreEverybodysOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{
			Faults: []mockserver.Fault{{Kind: mockserver.FaultStatus, Status: 403, Pipeline: "denied"}},
		}})
		good := c.running(1, c.began)[0]
		bad := Handle{ProjectID: testProject, ID: c.server.StartElsewhere(mockserver.Execution{PipelineName: "denied"})}
		together(2, func(i int) {
			_, err := c.Executions.Get(t.Context(), []Handle{good, bad}[i].since(c.began))
			wantEqual(t, "status", StatusCode(err), []int{0, 403}[i])
		})
	})
}
