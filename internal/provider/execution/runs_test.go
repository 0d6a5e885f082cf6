// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

func TestInterrupt_duringThePostKeepsTheRun(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	a.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultDelay, Delay: mockserver.Duration(time.Second),
		Times: 1})
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`wait_for_completion = true`))
	result := w.ApplyInterrupted(func(ctx context.Context) error { return a.WaitForCalls(ctx, "execute", 1) })
	if result.Exit != 1 {
		t.Errorf("exit status %d, want 1", result.Exit)
	}
	state := w.State()
	if state == nil || state.Tainted || state.Attributes["id"] != a.Started()[0].ID {
		t.Fatalf("the state is %v, want the run, untainted", state)
	}
	if result := w.Apply(); result.Exit != 0 {
		t.Errorf("the second apply: exit status %d, want 0", result.Exit)
	}
}

func TestInterrupt_beforeThePostStartsNothing(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	a.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "60"})
	w := acctest.NewWorkspace(t, a.Provider(`plan_checks = "off"`)+acctest.Execution())
	result := w.ApplyInterrupted(func(ctx context.Context) error { return a.WaitForCalls(ctx, "execute", 1) })
	if !slices.Contains(result.Summaries("error"), "Pipeline was not started") {
		t.Errorf("errors %q, want that nothing was started", result.Summaries("error"))
	}
	if state := w.State(); state != nil {
		t.Errorf("the state is %v, want none", state)
	}
}

func TestInterrupt_whileTheAnswerIsLostStillFindsTheRun(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	a.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultDropAfter, Times: 1})
	w := acctest.NewWorkspace(t, a.Provider(`plan_checks = "off"`)+acctest.Execution())
	w.ApplyInterrupted(func(ctx context.Context) error { return a.WaitForCalls(ctx, "list", 1) })
	if state := w.State(); state == nil || state.Tainted || state.Attributes["id"] != a.Started()[0].ID {
		t.Errorf("the state is %v, want the run, untainted", state)
	}
}

func TestExecutionTag_instancesOfOneApplyQueue(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 6, acctest.Scenario(mockserver.Run{Duration: mockserver.Duration(1500 * time.Millisecond)}))
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`count = 6`, `execution_tag = "seed"`,
		`on_conflict = "wait"`,
		`wait_for_completion = true`, `scalar_variables = { n = count.index }`))
	if result := w.Apply(); result.Exit != 0 {
		t.Errorf("exit status %d, want 0", result.Exit)
	}
	runs := a.Started()
	for i := 1; i < len(runs); i++ {
		// The server cuts some of its times to whole seconds.
		if runs[i].StartedAt.Before(runs[i-1].FinishedAt.Add(-time.Second)) {
			t.Errorf("run %d started at %s, before run %d ended at %s", i, runs[i].StartedAt, i-1, runs[i-1].FinishedAt)
		}
	}
	if refused := a.Refused("execute", 409); refused > 5*len(runs) {
		t.Errorf("%d requests met a 409, want at most five a run", refused)
	} else {
		t.Logf("%d requests met a 409", refused)
	}
}

func TestExecutionTag_waitsForAnotherHolder(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	holdTag(a)
	a.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultStatus, Status: 409, Times: 2})
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`execution_tag = "seed"`, `on_conflict = "wait"`,
		`timeouts = { create = "4s" }`))
	if result := w.Apply(); !slices.Contains(result.Summaries("error"), "Execution tag already in use") {
		t.Errorf("errors %q, want that the tag is in use after the timeout", result.Summaries("error"))
	}
	a.Finish(a.Executions()[0].ID, "SUCCESS", "")
	if result := w.Apply(); result.Exit != 0 {
		t.Errorf("exit status %d, want 0", result.Exit)
	}
}

// What is not known while planning must neither start a run nor end in a plan that the apply cannot keep.
func TestUnknownPolicies_areSettledByTheApply(t *testing.T) {
	t.Parallel()
	for _, wait := range []string{"true", "false"} {
		t.Run("wait_for_completion is "+wait, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
			w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution())
			w.Apply()
			w.Apply("-refresh-only")
			finishFirst(a)
			w.Configure(a.Provider() + acctest.Execution(`wait_for_completion = terraform_data.wait.output == "true"`) +
				`resource "terraform_data" "wait" { input = "` + wait + `" }`)
			if result := w.Apply("-refresh=false"); result.Exit != 0 {
				t.Errorf("exit status %d, want 0", result.Exit)
			}
		})
	}
}

// rememberedSince returns since when the private state of an instance remembers its run, or the zero time.
func rememberedSince(t *testing.T, instance acctest.Instance) time.Time {
	t.Helper()
	var private struct {
		Run []byte `json:"run"`
	}
	var run struct {
		SentAt time.Time `json:"sent_at"`
	}
	if err := json.Unmarshal(instance.Private, &private); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(private.Run, &run); err != nil {
		t.Fatal(err)
	}
	return run.SentAt
}

// A refresh of many runs that nobody waited for costs a few calls of the list, while they go on and when they have
// ended; after that it costs nothing.
func TestRefresh_manyRunsAreAskedForTogether(t *testing.T) {
	t.Parallel()
	const runs, atOnce = 60, 10
	acctest.InBubble(t, runs, mockserver.Scenario{
		Latency:  mockserver.Duration(20 * time.Millisecond),
		Projects: acctest.Scenario(mockserver.Run{Duration: mockserver.Duration(time.Minute)}).Projects,
	}, func(t *testing.T, server *mockserver.Server) {
		instances := make([]acctest.Instance, runs)
		// each refreshes or creates all instances in a process of its own, as Terraform does: ten at a time.
		each := func(do func(*acctest.Resource, acctest.Instance) (acctest.Instance, acctest.Diagnostics)) (calls int) {
			c, before := newCore(t, server), server.Calls("")
			turns := make(chan struct{}, atOnce)
			var all sync.WaitGroup
			for i := range instances {
				all.Go(func() {
					turns <- struct{}{}
					defer func() { <-turns }()
					var said acctest.Diagnostics
					if instances[i], said = do(c, instances[i]); said.Failed() {
						t.Error(said)
					}
				})
			}
			all.Wait()
			return server.Calls("") - before
		}
		refresh := func(c *acctest.Resource, h acctest.Instance) (acctest.Instance, acctest.Diagnostics) {
			return c.Refresh(t.Context(), h)
		}
		each(func(c *acctest.Resource, h acctest.Instance) (acctest.Instance, acctest.Diagnostics) {
			return c.Apply(t.Context(), h, acctest.Request())
		})
		if rememberedSince(t, instances[0]).IsZero() {
			t.Error("it is not noted when a run was asked for that the API has told nothing of yet")
		}
		for _, step := range []struct {
			status string
			most   int // for each ten: one page, and a few that came alone
		}{{"RUNNING", 20}, {"SUCCESS", 10}, {"SUCCESS", 0}} {
			if calls := each(refresh); calls > step.most {
				t.Errorf("refreshing %d runs (%s) took %d calls, want at most %d", runs, step.status, calls, step.most)
			}
			for _, instance := range instances {
				if instance.Attribute("status") != step.status {
					t.Errorf("the status is %s, want %s", instance.Attribute("status"), step.status)
				}
				if since := rememberedSince(t, instance); !since.IsZero() {
					t.Errorf("it is still noted when a run was asked for, although its start is known: %s", since)
				}
			}
			<-time.After(time.Minute)
		}
	})
}
