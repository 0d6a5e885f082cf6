// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"strings"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// waitsShortly is a run that is waited for, for two seconds.
var waitsShortly = []string{
	`wait_for_completion = true`, `timeouts = { create = "2s", update = "2s", delete = "30s" }`,
}

// timedOut returns a workspace in which an apply has given up waiting: the instance is tainted, and its run goes on.
func timedOut(t *testing.T, a *acctest.API, more ...string) *acctest.Workspace {
	t.Helper()
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(append(more, waitsShortly...)...))
	if result := w.Apply(); result.Exit != 1 {
		t.Fatalf("the first apply: exit status %d, want 1", result.Exit)
	}
	if state := w.State(); !state.Tainted || state.Attributes["status"] != "RUNNING" {
		t.Fatalf("the state is %v, want a tainted instance of a run that goes on", state)
	}
	return w
}

func finishFirst(a *acctest.API) { a.Finish(a.Started()[0].ID, "SUCCESS", "") }

func TestHandover_savedPlanTakesTheRunOver(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
	w := timedOut(t, a)
	if action, _, _ := w.Plan(); action != actionReplace {
		t.Fatalf("the plan is %q, want a replacement", action)
	}
	finishFirst(a)
	if result := w.Run("apply", "-json", "-no-color", "plan.bin"); result.Exit != 0 {
		t.Errorf("apply of the saved plan: exit status %d, want 0", result.Exit)
	}
	if state := w.State(); state.Tainted || state.Attributes["id"] != a.Started()[0].ID {
		t.Errorf("the state is %v, want the first run, untainted", state)
	}
}

func TestHandover_instancesTakeOverTheirOwnRuns(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 3, acctest.Scenario(mockserver.Run{Forever: true}))
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(append(waitsShortly,
		`count = 3`, `scalar_variables = { n = count.index }`)...))
	w.Apply()
	for _, run := range a.Started() {
		a.Finish(run.ID, "SUCCESS", "")
	}
	if result := w.Apply(); result.Exit != 0 {
		t.Errorf("the second apply: exit status %d, want 0", result.Exit)
	}
}

func TestHandover_isOnlyForTheSameRun(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		config func(*acctest.API) string
		args   []string
	}{
		"changed trigger": {config: func(a *acctest.API) string {
			return a.Provider() + acctest.Execution(append(waitsShortly, `triggers = { again = "yes" }`)...)
		}},
		"changed request": {config: func(a *acctest.API) string {
			return a.Provider() + acctest.Execution(append(waitsShortly, `scalar_variables = { a = "b" }`)...)
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 2, acctest.Scenario(mockserver.Run{Forever: true}))
			w := timedOut(t, a)
			runWell(a)
			w.Configure(c.config(a))
			result := w.Apply(c.args...)
			if result.Exit != 0 {
				t.Errorf("exit status %d, want 0", result.Exit)
			}
			// The first run is not in the state any more, so it must be named.
			if detail := result.Detail("Pipeline execution handed over"); !strings.Contains(detail, a.Started()[0].ID) {
				t.Errorf("no warning names the run that goes on: %q", detail)
			}
		})
	}
}

// An instance that is not tainted is deleted with its private data: its run is not handed over.
func TestHandover_isNotForReplaceOrDestroy(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		runs  int
		after func(*acctest.Workspace, *acctest.API) acctest.CommandResult
	}{
		"-replace": {2, func(w *acctest.Workspace, _ *acctest.API) acctest.CommandResult {
			return w.Apply("-replace=" + acctest.Address)
		}},
		"changed trigger": {2, func(w *acctest.Workspace, a *acctest.API) acctest.CommandResult {
			w.Configure(a.Provider() + acctest.Execution(`triggers = { again = "yes" }`))
			return w.Apply()
		}},
		"destroy": {1, func(w *acctest.Workspace, _ *acctest.API) acctest.CommandResult {
			return w.Run("destroy", "-auto-approve", "-json", "-no-color")
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, c.runs, acctest.Scenario(mockserver.Run{Forever: true}))
			w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution())
			w.Apply()
			first := a.Started()[0].ID
			result := c.after(w, a)
			if detail := result.Detail("Pipeline execution left running"); !strings.Contains(detail, first) {
				t.Errorf("no warning names the run that is left running: %q", detail)
			}
		})
	}
}

func TestHandover_destroyOfATaintedInstanceCancelsItsRun(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
	w := timedOut(t, a, `on_destroy = "cancel"`)
	if result := w.Run("destroy", "-auto-approve", "-json", "-no-color"); result.Exit != 0 {
		t.Errorf("destroy: exit status %d, want 0", result.Exit)
	}
	if status := a.Started()[0].Status; status != "CANCELLED" {
		t.Errorf("the run is %s, want CANCELLED", status)
	}
}

func TestHandover_createBeforeDestroyNamesTheRunItLeaves(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 2, acctest.Scenario(mockserver.Run{Forever: true}))
	w := timedOut(t, a, `lifecycle { create_before_destroy = true }`)
	runWell(a)
	result := w.Apply()
	if detail := result.Detail("Pipeline execution left running"); !strings.Contains(detail, a.Started()[0].ID) {
		t.Errorf("no warning names the run that goes on: %q", detail)
	}
}
