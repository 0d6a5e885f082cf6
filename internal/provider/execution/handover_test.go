// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// waitsShortly is a run that is waited for, for two seconds.
var waitsShortly = []string{
	`wait_for_completion = true`, `timeouts = { create = "2s", update = "2s", delete = "30s" }`,
}

// waitingBriefly is a resource whose run is waited for, unless it says otherwise.
func waitingBriefly(more ...string) string {
	if slices.ContainsFunc(more, func(line string) bool { return strings.HasPrefix(line, "wait_for_completion") }) {
		return acctest.Execution(append(more, waitsShortly[1])...)
	}
	return acctest.Execution(append(more, waitsShortly...)...)
}

// timedOut returns a workspace in which an apply has given up waiting: the instance is tainted, and its run keeps running.
func timedOut(t *testing.T, a *acctest.API, more ...string) *acctest.Workspace {
	t.Helper()
	w := acctest.NewWorkspace(t, "")
	timeOut(t, a, w, more...)
	return w
}

func timeOut(t *testing.T, a *acctest.API, w *acctest.Workspace, more ...string) {
	t.Helper()
	w.Configure(a.Provider() + waitingBriefly(more...))
	if result := w.Apply(); result.Exit != 1 {
		t.Fatalf("the first apply: exit status %d, want 1", result.Exit)
	}
	if state := w.State(); !state.Tainted || state.Attributes["status"] != "RUNNING" {
		t.Fatalf("the state is %v, want a tainted instance of a run that keeps running", state)
	}
}

func finishFirst(a *acctest.API) { a.Finish(a.Started()[0].ID, "SUCCESS", "") }

const (
	willBeKept = "Pipeline execution will be kept"
	isKept     = "Pipeline execution kept"
	handedOver = "Pipeline execution handed over"
	leftAlone  = "Pipeline execution left running"
)

// handoverCase is what happens to a tainted instance, whose run keeps running, with a real CLI.
type handoverCase struct {
	// arguments are those of the first apply, and changed those of the second, unless they are the same.
	arguments, changed []string
	needs              acctest.Feature
	// since is what happens to the run before the plan, and between between plan and apply.
	since, between func(*acctest.API)
	// commands are run before the plan. flags are those of plan and apply.
	commands [][]string
	flags    []string

	// planned says that the plan warns that the run will be kept.
	planned bool
	// kept says that the apply keeps the run; else it starts another one.
	kept bool
	exit int
	// status is that of the first run in the end.
	status string
	// named is the summary of the warning or error that names the first run, if any.
	named string
}

func TestHandover_cases(t *testing.T) {
	t.Parallel()
	finish := func(status string) func(*acctest.API) {
		return func(a *acctest.API) { a.Finish(a.Started()[0].ID, status, "") }
	}
	forget := func(a *acctest.API) { a.Forget(a.Started()[0].ID) }
	another, cancels := `triggers = { again = "yes" }`, `on_destroy = "cancel"`
	for name, c := range map[string]handoverCase{
		"nothing has changed": {between: finish("SUCCESS"), planned: true, kept: true, status: "SUCCESS", named: isKept},
		"on_destroy is cancel": {
			arguments: []string{cancels}, between: finish("SUCCESS"), planned: true, kept: true, status: "SUCCESS",
			named: handedOver,
		},
		"it has succeeded since": {since: finish("SUCCESS"), planned: true, kept: true, status: "SUCCESS", named: isKept},
		"it has failed since":    {since: finish("FAILED"), status: "FAILED"},
		"it fails between plan and apply": {
			between: finish("FAILED"), planned: true, kept: true, exit: 1, status: "FAILED", named: "Pipeline execution failed",
		},
		"it fails between plan and apply, which is a warning": {
			arguments: []string{`on_failure = "warn"`}, between: finish("FAILED"), planned: true, kept: true,
			status: "FAILED", named: "Pipeline execution failed",
		},
		"the API no longer knows it": {
			since: forget, planned: true, kept: true, exit: 1, named: "Pipeline execution not found",
		},
		"the API no longer knows it, and nobody waits": {
			since: forget, changed: []string{`wait_for_completion = false`}, planned: true, kept: true, named: isKept,
		},
		"-refresh=false": {
			between: finish("SUCCESS"), flags: []string{"-refresh=false"}, kept: true, status: "SUCCESS", named: isKept,
		},
		"-refresh=false, and it has failed since": {
			since: finish("FAILED"), flags: []string{"-refresh=false"}, kept: true, exit: 1, status: "FAILED",
			named: "Pipeline execution failed",
		},
		"-replace": {
			flags: []string{"-replace=" + acctest.Address}, between: finish("SUCCESS"), planned: true, kept: true,
			status: "SUCCESS", named: isKept,
		},
		"terraform taint": {
			commands: [][]string{{"taint", acctest.Address}}, between: finish("SUCCESS"), planned: true, kept: true,
			status: "SUCCESS", named: isKept,
		},
		"untaint, then -replace": {
			commands: [][]string{{"untaint", acctest.Address}}, flags: []string{"-replace=" + acctest.Address},
			status: "RUNNING", named: leftAlone,
		},
		"another trigger": {changed: []string{another}, status: "RUNNING", named: leftAlone},
		"another trigger, on_destroy is cancel": {
			arguments: []string{cancels}, changed: []string{cancels, another}, status: "CANCELLED",
		},
		"another request": {changed: []string{`scalar_variables = { a = "b" }`}, status: "RUNNING", named: leftAlone},
		"a trigger that is unknown in the plan": {
			changed: []string{`triggers = { again = terraform_data.again.id }`}, status: "RUNNING", named: leftAlone,
		},
		"create_before_destroy": {
			arguments: []string{`lifecycle { create_before_destroy = true }`}, planned: true, status: "RUNNING",
			named: leftAlone,
		},
		"lifecycle { destroy = false }": {
			arguments: []string{`lifecycle { destroy = false }`}, needs: acctest.KeepsOnDestroy(), planned: true,
			status: "RUNNING",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
}

// test gives up waiting, and applies a saved plan.
func (c handoverCase) test(t *testing.T) {
	runs := 2
	if c.kept {
		runs = 1
	}
	a := acctest.Serve(t, runs, acctest.Scenario(mockserver.Run{Forever: true}))
	w := acctest.NewWorkspace(t, "")
	if c.needs != (acctest.Feature{}) {
		w.Needs(c.needs)
	}
	timeOut(t, a, w, c.arguments...)
	if c.since != nil {
		c.since(a)
	}
	for _, command := range c.commands {
		w.Succeeds(command...)
	}
	if c.changed != nil {
		w.Configure(a.Provider() + `resource "terraform_data" "again" {}` + waitingBriefly(c.changed...))
	}
	first := a.Started()[0].ID
	runWell(a)
	plan := w.Run(append([]string{"plan", "-json", "-no-color", "-out=plan.bin"}, c.flags...)...)
	if detail := plan.Detail(willBeKept); strings.Contains(detail, first) != c.planned {
		t.Errorf("the plan says %q of the run, want that it will be kept: %t", detail, c.planned)
	}
	if c.between != nil {
		c.between(a)
	}
	result := w.Run("apply", "-json", "-no-color", "plan.bin")
	if result.Exit != c.exit {
		t.Errorf("exit status %d, want %d", result.Exit, c.exit)
	}
	if state := w.State(); (state.Attributes["id"] == first) != c.kept || state.Tainted != (c.exit != 0) {
		t.Errorf("the state is %v, want the first run to be kept: %t", state, c.kept)
	}
	if c.status != "" && a.Started()[0].Status != c.status {
		t.Errorf("the first run is %s, want %s", a.Started()[0].Status, c.status)
	}
	if c.named != "" && !strings.Contains(result.Detail(c.named), first) {
		t.Errorf("%s: %q does not name the first run", c.named, result.Detail(c.named))
	}
	if over := result.Detail(handedOver); (over != "") != c.kept || (c.kept && !strings.Contains(over, "/"+first)) {
		t.Errorf("%s: %q, want an import block for the run: %t", handedOver, over, c.kept)
	}
}

// The ways out of a run that the API no longer knows lead out.
func TestHandover_waysOutOfAnUnknownRun(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 2, acctest.Scenario(mockserver.Run{Forever: true}))
	w := timedOut(t, a)
	a.Forget(a.Started()[0].ID)
	for range 2 {
		if result := w.Apply(); result.Exit != 1 || !strings.Contains(result.Output, "The apply was to wait for") {
			t.Errorf("exit status %d, want an error with the ways out", result.Exit)
		}
	}
	runWell(a)
	w.Succeeds("untaint", acctest.Address)
	if result := w.Apply("-replace=" + acctest.Address); result.Exit != 0 {
		t.Errorf("exit status %d, want 0", result.Exit)
	}
}

// Of three alike instances one is tainted, and a fourth is wanted: one run is started.
func TestHandover_alikeInstances(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ count, runs int }{
		"three alike": {3, 3}, "count is raised": {4, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, test.runs, acctest.Scenario(mockserver.Run{}))
			w := acctest.NewWorkspace(t, a.Provider()+waitingBriefly(`count = 2`))
			w.Apply()
			a.Update(func(s *mockserver.Scenario) {
				s.Projects[0].Environments[0].Pipelines[0].Run = mockserver.Run{Forever: true}
			})
			w.Configure(a.Provider() + waitingBriefly(`count = 3`))
			w.Apply()
			tainted := a.Started()[2].ID
			a.Finish(tainted, "SUCCESS", "")
			runWell(a)
			w.Configure(a.Provider() + waitingBriefly(fmt.Sprintf("count = %d", test.count)))
			result := w.Apply()
			if result.Exit != 0 {
				t.Errorf("exit status %d, want 0", result.Exit)
			}
			// It holds of the fourth too that each run is kept once.
			detail := result.Detail(willBeKept)
			if !strings.Contains(detail, tainted) || !strings.Contains(detail, "kept once") {
				t.Errorf("the plan says %q, want that it keeps %s once", detail, tainted)
			}
			if raw := w.Raw(); !strings.Contains(raw, tainted) {
				t.Error("the run is no longer in the state")
			}
		})
	}
}

// One run is in no more than one state, however many instances are tainted.
func TestHandover_severalTaintedInstances(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 3, acctest.Scenario(mockserver.Run{Forever: true}))
	w := acctest.NewWorkspace(t, a.Provider()+waitingBriefly(`count = 3`))
	w.Apply()
	for _, run := range a.Started() {
		a.Finish(run.ID, "SUCCESS", "")
	}
	result := w.Apply()
	if detail := result.Detail(willBeKept); result.Exit != 0 || !strings.Contains(detail, "ended in an error") {
		t.Errorf("exit status %d, and the plan says %q", result.Exit, detail)
	}
	for _, run := range a.Started() {
		if raw := w.Raw(); !strings.Contains(raw, run.ID) {
			t.Errorf("the run %s is no longer in the state", run.ID)
		}
	}
}

// A run that nobody waited for is not handed over, even if its instance is tainted.
func TestHandover_isNotForReplaceOrDestroy(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		runs  int
		after func(*acctest.Workspace, *acctest.API) acctest.CommandResult
	}{
		"-replace": {2, func(w *acctest.Workspace, _ *acctest.API) acctest.CommandResult {
			return w.Apply("-replace=" + acctest.Address)
		}},
		"terraform taint": {2, func(w *acctest.Workspace, _ *acctest.API) acctest.CommandResult {
			w.Succeeds("taint", acctest.Address)
			return w.Apply()
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
