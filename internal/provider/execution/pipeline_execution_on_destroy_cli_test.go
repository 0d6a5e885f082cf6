// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package execution_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// These tests run real processes: what the resource is worth hangs on which marks Terraform hands to Delete, and on
// what it does after an error.

const (
	onDestroyAddress = onDestroyType + ".test"
	warehouse        = "terraform_data.warehouse"
)

// withWarehouse is a resource that runs the pipeline before what it depends on is destroyed.
func withWarehouse(a *acctest.API, more ...string) string {
	return a.Provider() + onlyWarehouse + fmt.Sprintf(`
resource "%s" "test" {
  environment_name = "%s"
  pipeline_name    = "%s"
  depends_on       = [terraform_data.warehouse]
  %s
}
`, onDestroyType, acctest.EnvironmentName, acctest.PipelineName, strings.Join(more, "\n  "))
}

const onlyWarehouse = `
resource "terraform_data" "warehouse" {}
`

// created returns a workspace in which the configuration has been applied, which must start nothing.
func created(t *testing.T, a *acctest.API, config string) *acctest.Workspace {
	t.Helper()
	w := acctest.NewWorkspace(t, config)
	if result := w.Apply(); result.Exit != 0 || len(a.Started()) > 0 {
		t.Fatalf("creating: exit status %d, %d runs", result.Exit, len(a.Started()))
	}
	return w
}

func destroy(w *acctest.Workspace) acctest.CommandResult {
	return w.Run("destroy", "-auto-approve", "-json", "-no-color")
}

// wantLeft demands what is left in the state.
func wantLeft(t *testing.T, w *acctest.Workspace, want ...string) {
	t.Helper()
	if got := strings.Fields(w.Succeeds("state", "list")); !slices.Equal(got, want) {
		t.Errorf("the state has %q, want %q", got, want)
	}
}

func TestOnDestroyCLI_whatRunsAndWhatDoesNot(t *testing.T) {
	t.Parallel()
	succeeds := func(args ...string) func(*testing.T, *acctest.Workspace, *acctest.API) {
		return func(_ *testing.T, w *acctest.Workspace, _ *acctest.API) { w.Succeeds(args...) }
	}
	both, applied := []string{onDestroyAddress, warehouse}, []string{"apply", "-auto-approve", "-no-color"}
	for name, c := range map[string]struct {
		needs     *acctest.Feature
		arguments []string
		do        func(*testing.T, *acctest.Workspace, *acctest.API)
		runs      int
		left      []string
	}{
		"destroy": {do: succeeds("destroy", "-auto-approve", "-no-color"), runs: 1},
		"destroy -refresh=false": {
			do: succeeds("destroy", "-auto-approve", "-no-color", "-refresh=false"), runs: 1,
		},
		"destroy -target of it": {
			do:   succeeds("destroy", "-auto-approve", "-no-color", "-target="+onDestroyAddress),
			runs: 1, left: []string{warehouse},
		},
		"destroy -target of what it depends on": {
			do: succeeds("destroy", "-auto-approve", "-no-color", "-target="+warehouse), runs: 1,
		},
		"saved plan of a destroy": {
			do: func(t *testing.T, w *acctest.Workspace, a *acctest.API) {
				w.Succeeds("plan", "-destroy", "-no-color", "-out=plan.bin")
				if len(a.Started()) > 0 {
					t.Error("planning the destroy started a run")
				}
				w.Succeeds("apply", "-no-color", "plan.bin")
			}, runs: 1,
		},
		"removal from the configuration": {
			do: func(_ *testing.T, w *acctest.Workspace, a *acctest.API) {
				w.Configure(a.Provider() + onlyWarehouse)
				w.Succeeds(applied...)
			}, runs: 1, left: []string{warehouse},
		},
		"destroy of a tainted instance": {
			do: func(_ *testing.T, w *acctest.Workspace, _ *acctest.API) {
				w.Succeeds("taint", onDestroyAddress)
				w.Succeeds("destroy", "-auto-approve", "-no-color")
			}, runs: 1,
		},
		"-replace": {do: succeeds(append(applied, "-replace="+onDestroyAddress)...), left: both},
		"taint": {
			do: func(_ *testing.T, w *acctest.Workspace, _ *acctest.API) {
				w.Succeeds("taint", onDestroyAddress)
				w.Succeeds(applied...)
			}, left: both,
		},
		"saved plan of a replacement": {
			do: func(_ *testing.T, w *acctest.Workspace, _ *acctest.API) {
				w.Succeeds("plan", "-no-color", "-replace="+onDestroyAddress, "-out=plan.bin")
				w.Succeeds("apply", "-no-color", "plan.bin")
			}, left: both,
		},
		"replace_triggered_by": {
			arguments: []string{`lifecycle { replace_triggered_by = [terraform_data.warehouse] }`},
			do:        succeeds(append(applied, "-replace="+warehouse)...), left: both,
		},
		"-replace of what it depends on": {do: succeeds(append(applied, "-replace="+warehouse)...), left: both},
		// The old instance goes as one that is destroyed.
		"create_before_destroy": {
			arguments: []string{`lifecycle { create_before_destroy = true }`},
			do:        succeeds(append(applied, "-replace="+onDestroyAddress)...), runs: 1, left: both,
		},
		"prevent_destroy": {
			arguments: []string{`lifecycle { prevent_destroy = true }`},
			do: func(t *testing.T, w *acctest.Workspace, _ *acctest.API) {
				if result := destroy(w); result.Exit != 1 {
					t.Errorf("exit status %d, want 1", result.Exit)
				}
			}, left: both,
		},
		"removed, destroy = false": {
			needs: new(acctest.Removed()),
			do: func(_ *testing.T, w *acctest.Workspace, a *acctest.API) {
				w.Configure(a.Provider() + onlyWarehouse + fmt.Sprintf(
					"removed {\n  from = %s\n  lifecycle {\n    destroy = false\n  }\n}\n", onDestroyAddress))
				w.Succeeds(applied...)
			}, left: []string{warehouse},
		},
		"state rm": {
			do: func(_ *testing.T, w *acctest.Workspace, _ *acctest.API) {
				w.Succeeds("state", "rm", onDestroyAddress)
				w.Succeeds("destroy", "-auto-approve", "-no-color")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, c.runs, acctest.Scenario(mockserver.Run{}))
			w := created(t, a, withWarehouse(a, c.arguments...))
			if c.needs != nil {
				w.Needs(*c.needs)
			}
			c.do(t, w, a)
			wantLeft(t, w, c.left...)
		})
	}
}

// The error of a destroy keeps the instance and what it depends on, and the next destroy continues from there.
func TestOnDestroyCLI_anErrorKeepsWhatItDependsOn(t *testing.T) {
	t.Parallel()
	cutOff := func(signal func(int) error, operation string) func(*acctest.Workspace, *acctest.API) acctest.CommandResult {
		return func(w *acctest.Workspace, a *acctest.API) acctest.CommandResult {
			before := a.Calls(operation)
			result, _ := w.CutOff(func(ctx context.Context) error { return a.WaitForCalls(ctx, operation, before+1) },
				signal, "destroy", "-auto-approve", "-json", "-no-color")
			return result
		}
	}
	plain := func(w *acctest.Workspace, _ *acctest.API) acctest.CommandResult { return destroy(w) }
	finish := func(w *acctest.Workspace, a *acctest.API) { finishFirst(a) }
	for name, c := range map[string]struct {
		run       mockserver.Run
		arguments []string
		event     func(*acctest.Workspace, *acctest.API) acctest.CommandResult
		twice     bool
		after     func(*acctest.Workspace, *acctest.API)
		says      string
		runs      int
	}{
		"failure, and then a second run": {
			run: mockserver.Run{Ends: "FAILED"}, event: plain, says: "Pipeline execution failed", runs: 2,
			after: func(_ *acctest.Workspace, a *acctest.API) { runWell(a) },
		},
		"failure when both are removed from the configuration": {
			run: mockserver.Run{Ends: "FAILED"}, says: "Pipeline execution failed", runs: 2,
			event: func(w *acctest.Workspace, a *acctest.API) acctest.CommandResult {
				w.Configure(a.Provider())
				return w.Apply()
			},
			after: func(_ *acctest.Workspace, a *acctest.API) { runWell(a) },
		},
		"timeout, twice": {
			run: mockserver.Run{Forever: true}, arguments: []string{`timeouts = { delete = "2s" }`}, event: plain,
			twice: true, says: "Pipeline execution did not finish in time", after: finish, runs: 1,
		},
		"Ctrl-C, twice": {
			run: mockserver.Run{Forever: true}, event: cutOff(acctest.ToGroup(syscall.SIGINT), "details"), twice: true,
			says: "Pipeline execution left running", after: finish, runs: 1,
		},
		"SIGTERM": {
			run: mockserver.Run{Forever: true}, event: cutOff(acctest.ToGroup(syscall.SIGTERM), "details"),
			says: "Pipeline execution left running", after: finish, runs: 1,
		},
		"SIGTERM in the POST": {
			run: mockserver.Run{Forever: true}, says: "Pipeline execution left running", after: finish, runs: 1,
			event: func(w *acctest.Workspace, a *acctest.API) acctest.CommandResult {
				delayPOST(2e9)(a)
				return cutOff(acctest.ToGroup(syscall.SIGTERM), "execute")(w, a)
			},
		},
		"timeout, and an apply between that raises it": {
			run: mockserver.Run{Forever: true}, arguments: []string{`timeouts = { delete = "2s" }`}, event: plain,
			says: "Pipeline execution did not finish in time", runs: 1,
			after: func(w *acctest.Workspace, a *acctest.API) {
				w.Configure(withWarehouse(a))
				w.Succeeds("apply", "-auto-approve", "-no-color")
				finishFirst(a)
			},
		},
		"timeout, and an apply between that keeps the resource": {
			run: mockserver.Run{Forever: true}, arguments: []string{`timeouts = { delete = "2s" }`}, event: plain,
			says: "Pipeline execution did not finish in time", runs: 2,
			after: func(w *acctest.Workspace, a *acctest.API) {
				finishFirst(a)
				w.Succeeds("apply", "-auto-approve", "-no-color")
				w.Succeeds("plan", "-detailed-exitcode", "-no-color")
				runWell(a)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, c.runs, acctest.Scenario(c.run))
			w := created(t, a, withWarehouse(a, c.arguments...))
			for n := range 2 {
				if n == 1 && !c.twice {
					break
				}
				result := c.event(w, a)
				if result.Exit != 1 || !slices.Contains(result.Summaries("error"), c.says) {
					t.Errorf("exit status %d and errors %q, want 1 and %q", result.Exit, result.Summaries("error"), c.says)
				}
				wantLeft(t, w, onDestroyAddress, warehouse)
			}
			c.after(w, a)
			if result := destroy(w); result.Exit != 0 {
				t.Errorf("the last destroy: exit status %d, want 0", result.Exit)
			}
			wantLeft(t, w)
		})
	}
}

// The next destroy looks first, also in another process, and the ways out that its error names lead out.
func TestOnDestroyCLI_lostAnswerIsLookedForFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wayOut []string
		runs   int
	}{
		"it was done":               {[]string{"state", "rm", onDestroyAddress}, 1},
		"it is to run all the same": {[]string{"apply", "-auto-approve", "-no-color", "-target=" + onDestroyAddress}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, c.runs, acctest.Scenario(mockserver.Run{}))
			w := created(t, a, withWarehouse(a))
			a.Inject(loseAnswer(mockserver.FaultDropAfter))
			lost, _ := w.CutOff(func(ctx context.Context) error { return a.WaitForCalls(ctx, "list", 2) },
				acctest.ToGroup(syscall.SIGINT), "destroy", "-auto-approve", "-json", "-no-color")
			for _, result := range []acctest.CommandResult{lost, destroy(w)} {
				detail := result.Detail("Pipeline may have been started")
				if result.Exit != 1 || !strings.Contains(detail, a.Started()[0].ID) {
					t.Errorf("exit status %d and %q, want 1 and the candidate", result.Exit, detail)
				}
				wantLeft(t, w, onDestroyAddress, warehouse)
			}
			if posts := a.Calls("execute"); posts != 1 {
				t.Errorf("%d requests were sent, want one", posts)
			}
			w.Succeeds(c.wayOut...)
			if result := destroy(w); result.Exit != 0 {
				t.Errorf("the last destroy: exit status %d, want 0", result.Exit)
			}
			wantLeft(t, w)
		})
	}
}

// A kill loses what a destroy has started, and the plan of the next one names it. A destroy all the same runs it again.
func TestOnDestroyCLI_killIsNamedByTheNextPlan(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"SIGKILL to Terraform", "SIGKILL to the provider"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 2, acctest.Scenario(mockserver.Run{Forever: true}))
			w := created(t, a, withWarehouse(a))
			_, group := w.CutOff(func(ctx context.Context) error { return a.WaitForCalls(ctx, "details", 2) },
				func(terraform int) error { return kills()[how].signal(t, a, terraform) },
				"destroy", "-auto-approve", "-json", "-no-color")
			wantNoProcess(t, group)
			result := w.Run("plan", "-destroy", "-json", "-no-color")
			if detail := result.Detail("Pipeline is running"); !strings.Contains(detail, a.Started()[0].ID) {
				t.Errorf("the plan says %q, want the run that is running", detail)
			}
			wantLeft(t, w, onDestroyAddress, warehouse)
			runWell(a)
			if result := destroy(w); result.Exit != 0 {
				t.Errorf("the next destroy: exit status %d, want 0", result.Exit)
			}
			wantLeft(t, w)
		})
	}
}
