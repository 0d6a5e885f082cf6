// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

const (
	actionNone    = ""
	actionCreate  = "create"
	actionUpdate  = "update"
	actionReplace = "delete create"
)

// outcomeCase is one row of the table of outcomes: what happens to a run, what Terraform says and keeps, and what the
// next apply does.
type outcomeCase struct {
	run       mockserver.Run
	arguments []string
	// before changes the server before the apply.
	before func(*acctest.API)
	// event is what happens; an apply unless it is set.
	event func(*acctest.Workspace, *acctest.API) acctest.CommandResult
	// after changes the server between the event and the next plan.
	after func(*acctest.API)

	exit     int
	errors   []string
	warnings []string
	absent   bool // nothing is in the state
	tainted  bool
	status   any // as the event leaves it; nil is null

	plan       string
	replacedBy string
	planWarns  []string
	// next is the exit status of the next apply.
	next int
	// runs is how many were started in all, the next apply included.
	runs int
}

func outcomeCases() map[string]outcomeCase {
	waits := `wait_for_completion = true`
	shortly := `timeouts = { create = "2s", update = "2s", delete = "30s" }`
	forever := mockserver.Run{Forever: true}
	failed := mockserver.Run{Ends: "FAILED"}
	finish := func(status string) func(*acctest.API) {
		return func(a *acctest.API) { a.Finish(a.Started()[0].ID, status, "") }
	}
	refreshed := func(finish func(*acctest.API)) func(*acctest.Workspace, *acctest.API) acctest.CommandResult {
		return func(w *acctest.Workspace, a *acctest.API) acctest.CommandResult {
			w.Apply()
			finish(a)
			return w.Apply("-refresh-only")
		}
	}
	return map[string]outcomeCase{
		"started, not waited for": {
			run: forever, plan: actionNone, runs: 1,
		},
		"refresh finds a run ended badly that was not waited for": {
			run: forever, event: refreshed(finish("FAILED")),
			warnings: []string{"Pipeline execution failed"}, status: "FAILED", plan: actionNone, runs: 1,
		},
		"refresh finds a run ended well that was not waited for": {
			run: forever, event: refreshed(finish("SUCCESS")), status: "SUCCESS", plan: actionNone, runs: 1,
		},
		"ended in SUCCESS": {
			arguments: []string{waits}, after: func(a *acctest.API) { a.Inject(refuseEverything()) },
			status: "SUCCESS", plan: actionNone, runs: 1,
		},
		"ended badly, error": {
			run: failed, arguments: []string{waits}, after: func(a *acctest.API) { runWell(a) },
			exit: 1, errors: []string{"Pipeline execution failed"}, tainted: true, status: "FAILED",
			plan: actionReplace, runs: 2,
		},
		"skipped, error": {
			run: mockserver.Run{Ends: "SKIPPED"}, arguments: []string{waits}, after: func(a *acctest.API) { runWell(a) },
			exit: 1, errors: []string{"Pipeline execution skipped"}, tainted: true, status: "SKIPPED",
			plan: actionReplace, runs: 2,
		},
		"ended badly, warn": {
			run: failed, arguments: []string{waits, `on_failure = "warn"`},
			warnings: []string{"Pipeline execution failed"}, status: "FAILED", plan: actionNone, runs: 1,
		},
		"timeout, error": {
			run: forever, arguments: []string{waits, shortly}, after: finish("SUCCESS"),
			exit: 1, errors: []string{"Pipeline execution did not finish in time"}, tainted: true, status: "RUNNING",
			plan: actionReplace, planWarns: []string{"Pipeline execution will be kept"}, runs: 1,
		},
		"timeout, error, and the run fails": {
			run: forever, arguments: []string{waits, shortly}, after: func(a *acctest.API) { finish("FAILED")(a); runWell(a) },
			exit: 1, errors: []string{"Pipeline execution did not finish in time"}, tainted: true, status: "RUNNING",
			plan: actionReplace, runs: 2,
		},
		"timeout, error, twice": {
			run: forever, arguments: []string{waits, shortly},
			event: func(w *acctest.Workspace, _ *acctest.API) acctest.CommandResult { w.Apply(); return w.Apply() },
			after: finish("SUCCESS"),
			exit:  1, errors: []string{"Pipeline execution did not finish in time"},
			warnings: []string{
				"Pipeline execution will be kept", "Pipeline execution handed over", "Pipeline execution kept",
			}, tainted: true, status: "RUNNING",
			plan: actionReplace, planWarns: []string{"Pipeline execution will be kept"}, runs: 1,
		},
		"timeout, detach": {
			run: forever, arguments: []string{waits, shortly, `on_timeout = "detach"`}, after: finish("SUCCESS"),
			warnings: []string{"Pipeline execution did not finish in time"}, status: "RUNNING",
			plan: actionNone, runs: 1,
		},
		"timeout, detach, and the run keeps running": {
			run: forever, arguments: []string{waits, shortly, `on_timeout = "detach"`},
			warnings: []string{"Pipeline execution did not finish in time"}, status: "RUNNING",
			plan: actionUpdate, runs: 1,
		},
		"timeout, cancel": {
			run: forever, arguments: []string{waits, shortly, `on_timeout = "cancel"`},
			after: func(a *acctest.API) { runWell(a) },
			exit:  1, errors: []string{"Pipeline execution did not finish in time"}, tainted: true, status: "CANCELLED",
			plan: actionReplace, runs: 2,
		},
		"Ctrl-C, detach": {
			run: forever, arguments: []string{waits}, event: interruptWait,
			exit: 1, warnings: []string{"Pipeline execution left running"},
			status: "RUNNING", plan: actionUpdate, next: -1, runs: 1,
		},
		"Ctrl-C, cancel": {
			run: forever, arguments: []string{waits, `on_interrupt = "cancel"`}, event: interruptWait,
			after: func(a *acctest.API) { runWell(a) },
			exit:  1, warnings: []string{"Pipeline execution cancelled"},
			status: "CANCELLED", plan: actionReplace, replacedBy: "status", runs: 2,
		},
		"Ctrl-C, cancel, although failures are warnings": {
			run: forever, arguments: []string{waits, `on_interrupt = "cancel"`, `on_failure = "warn"`}, event: interruptWait,
			after: func(a *acctest.API) { runWell(a) },
			exit:  1, warnings: []string{"Pipeline execution cancelled"},
			status: "CANCELLED", plan: actionReplace, replacedBy: "status", runs: 2,
		},
		"reading fails for good": {
			run: forever, arguments: []string{waits},
			before: func(a *acctest.API) {
				a.Inject(mockserver.Fault{On: "details", Kind: mockserver.FaultStatus, Status: http.StatusForbidden, Skip: 1})
			},
			after: func(a *acctest.API) { a.ClearFaults(); finish("SUCCESS")(a) },
			exit:  1, errors: []string{"Matillion denied access"}, tainted: true, status: "RUNNING",
			plan: actionReplace, planWarns: []string{"Pipeline execution will be kept"}, runs: 1,
		},
		"plan finds a run ended badly that was waited for": {
			run: forever, arguments: []string{waits, shortly, `on_timeout = "detach"`},
			after:    func(a *acctest.API) { finish("FAILED")(a); runWell(a) },
			warnings: []string{"Pipeline execution did not finish in time"}, status: "RUNNING",
			plan: actionReplace, replacedBy: "status", runs: 2,
		},
		"409, fail": {
			arguments: []string{`execution_tag = "seed"`}, before: holdTag,
			after: func(a *acctest.API) { a.Finish(a.Executions()[0].ID, "SUCCESS", "") },
			exit:  1, errors: []string{"Execution tag already in use"}, absent: true, plan: actionCreate, runs: 1,
		},
		"410": {
			before: disable(true), after: disable(false),
			exit: 1, errors: []string{"Pipeline is disabled"}, absent: true, plan: actionCreate, runs: 1,
		},
		"lost answer, one candidate": {
			run: forever,
			before: func(a *acctest.API) {
				a.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultDropAfter, Times: 1})
			},
			warnings: []string{"Pipeline execution was adopted"}, plan: actionNone, runs: 1,
		},
		"lost answer, nothing started, no tag": {
			before: func(a *acctest.API) { a.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultDrop, Times: 1}) },
			exit:   1, errors: []string{"Pipeline may have been started"}, absent: true, plan: actionCreate, runs: 1,
		},
		"lost answer, nothing started, a tag": {
			arguments: []string{`execution_tag = "seed"`},
			before:    func(a *acctest.API) { a.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultDrop, Times: 1}) },
			exit:      1, errors: []string{"Pipeline may have been started"}, absent: true, plan: actionCreate, runs: 1,
		},
		"404 for a run that has ended": {
			arguments: []string{waits}, after: func(a *acctest.API) { a.Forget(a.Started()[0].ID) },
			status: "SUCCESS", plan: actionNone, runs: 1,
		},
		"404 for a run that was never seen": {
			run: forever, after: func(a *acctest.API) { a.Forget(a.Started()[0].ID) }, plan: actionNone, runs: 1,
		},
		"404 for a run that was seen running": {
			run: forever, event: refreshed(func(*acctest.API) {}), after: func(a *acctest.API) { a.Forget(a.Started()[0].ID) },
			status: "RUNNING", plan: actionNone, planWarns: []string{"Pipeline execution not found"}, runs: 1,
		},
		"destroyed while running, detach": {
			run: forever, event: applyThenDestroy,
			warnings: []string{"Pipeline execution left running"}, absent: true, plan: actionCreate, runs: 2,
		},
		"destroyed while running, cancel": {
			run: forever, arguments: []string{`on_destroy = "cancel"`}, event: applyThenDestroy,
			absent: true, plan: actionCreate, runs: 2,
		},
	}
}

func applyThenDestroy(w *acctest.Workspace, _ *acctest.API) acctest.CommandResult {
	w.Apply()
	return w.Run("destroy", "-auto-approve", "-json", "-no-color")
}

// interruptWait interrupts an apply that has looked at its run once.
func interruptWait(w *acctest.Workspace, a *acctest.API) acctest.CommandResult {
	return w.ApplyInterrupted(func(ctx context.Context) error { return a.WaitForCalls(ctx, "details", 1) })
}

func refuseEverything() mockserver.Fault {
	return mockserver.Fault{Kind: mockserver.FaultStatus, Status: http.StatusForbidden}
}

func holdTag(a *acctest.API) {
	a.StartElsewhere(mockserver.Execution{
		ExecutionTag: "seed", Trigger: "SCHEDULE", Status: "RUNNING",
	})
}

func disable(disabled bool) func(*acctest.API) {
	return func(a *acctest.API) {
		a.Update(func(s *mockserver.Scenario) { s.Projects[0].Environments[0].Pipelines[0].Disabled = disabled })
	}
}

// runWell lets the runs that are started from now on succeed at once.
func runWell(a *acctest.API) {
	a.Update(func(s *mockserver.Scenario) { s.Projects[0].Environments[0].Pipelines[0].Run = mockserver.Run{} })
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, c := range outcomeCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
}

func (c outcomeCase) test(t *testing.T) {
	a := acctest.Serve(t, c.runs, acctest.Scenario(c.run))
	w := acctest.NewWorkspace(t, a.Provider(`plan_checks = "off"`)+acctest.Execution(c.arguments...))
	if c.before != nil {
		c.before(a)
	}
	event := c.event
	if event == nil {
		event = func(w *acctest.Workspace, _ *acctest.API) acctest.CommandResult { return w.Apply() }
	}
	result := event(w, a)
	if result.Exit != c.exit {
		t.Errorf("exit status %d, want %d", result.Exit, c.exit)
	}
	compareSummaries(t, "errors", c.errors, result.Summaries("error"))
	compareSummaries(t, "warnings", c.warnings, result.Summaries("warning"))
	c.checkState(t, w, a)
	if c.after != nil {
		c.after(a)
	}
	action, replacedBy, plan := w.Plan()
	if action != c.plan || replacedBy != c.replacedBy {
		t.Errorf("the next plan is %q because of %q, want %q because of %q", action, replacedBy, c.plan, c.replacedBy)
	}
	compareSummaries(t, "warnings of the plan", c.planWarns, plan.Summaries("warning"))
	if c.next < 0 {
		a.Finish(a.Started()[0].ID, "SUCCESS", "")
		c.next = 0
	}
	if next := w.Apply(); next.Exit != c.next {
		t.Errorf("the next apply: exit status %d, want %d", next.Exit, c.next)
	}
	if action, _, _ := w.Plan(); action != actionNone && c.plan != actionUpdate {
		t.Errorf("the plan after the next apply is %q, want none", action)
	}
}

// compareSummaries leaves the order out: Terraform prints what several nodes of its graph warn of as it comes.
func compareSummaries(t *testing.T, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (c outcomeCase) checkState(t *testing.T, w *acctest.Workspace, a *acctest.API) {
	t.Helper()
	state := w.State()
	if state == nil || c.absent {
		if (state == nil) != c.absent {
			t.Fatalf("state %v, want it to be absent: %t", state, c.absent)
		}
		return
	}
	started := a.Started()
	if id := state.Attributes["id"]; id != started[len(started)-1].ID {
		t.Errorf("the id in the state is %v, want that of the last run", id)
	}
	if state.Tainted != c.tainted {
		t.Errorf("tainted: %t, want %t", state.Tainted, c.tainted)
	}
	if status := state.Attributes["status"]; status != c.status {
		t.Errorf("status %v, want %v", status, c.status)
	}
	if strings.Contains(w.Raw(), "s3cret") {
		t.Error("a secret is in the state")
	}
}

// The guide has the words of every outcome that the tests show.
func TestDocumentation_tellsEveryOutcome(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join(acctest.Repository(), "docs", "guides", "what_happens_when.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range outcomeCases() {
		for _, summary := range slices.Concat(c.errors, c.warnings, c.planWarns) {
			if !strings.Contains(string(guide), "`"+summary+"`") {
				t.Errorf("%s: the guide does not have the words %q", name, summary)
			}
		}
	}
}
