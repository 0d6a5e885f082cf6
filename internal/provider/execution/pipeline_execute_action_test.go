// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// invoke invokes the action with the least configuration and more.
func invoke(
	ctx context.Context, core *acctest.Core, more map[string]tftypes.Value,
) acctest.Invocation {
	config := acctest.Request()
	maps.Copy(config, more)
	return core.Invoke(ctx, "matillion_pipeline_execute", config)
}

func TestPipelineExecuteAction_startsAndGoesOnUnlessToldToWait(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{Forever: true}), func(t *testing.T, server *mockserver.Server) {
		got := invoke(t.Context(), acctest.NewCore(t, server), map[string]tftypes.Value{
			"scalar_variables":    acctest.StringMap("a", "b"),
			"scalar_variables_wo": acctest.StringMap("password", "s3cret-value"),
		})
		run := server.Started()[0]
		if len(got.Said) > 0 || len(got.Progress) != 1 || !strings.Contains(got.Progress[0], run.ID) {
			t.Errorf("progress %q and diagnostics %s, want one line with the id", got.Progress, got.Said)
		}
		if diff := cmp.Diff(map[string]any{"a": "b", "password": "s3cret-value"}, run.ScalarVariables); diff != "" {
			t.Errorf("variables (-want +got):\n%s", diff)
		}
	})
}

func TestPipelineExecuteAction_reportsChangesAndABeatAMinute(t *testing.T) {
	t.Parallel()
	run := mockserver.Run{Duration: mockserver.Duration(10 * time.Minute), Steps: []mockserver.Step{
		{Name: "Extract", Duration: mockserver.Duration(30 * time.Second)},
		{
			Name: "Load", After: mockserver.Duration(30 * time.Second),
			Duration: mockserver.Duration(9*time.Minute + 30*time.Second),
		},
	}}
	acctest.InBubble(t, 1, acctest.Scenario(run), func(t *testing.T, server *mockserver.Server) {
		got := invoke(t.Context(), acctest.NewCore(t, server),
			map[string]tftypes.Value{"wait_for_completion": acctest.True()})
		if len(got.Said) > 0 {
			t.Errorf("diagnostics %s, want none", got.Said)
		}
		first, last := got.Progress[0], got.Progress[len(got.Progress)-1]
		if !strings.Contains(first, server.Started()[0].ID) || !strings.HasPrefix(last, "SUCCESS after 10m") {
			t.Errorf("progress begins %q and ends %q, want the id and the end", first, last)
		}
		// The id, Extract, Load, the end, and between them at most a beat a minute.
		if lines := len(got.Progress); lines < 10 || lines > 14 {
			t.Errorf("%d lines of progress in ten minutes:\n%s", lines, strings.Join(got.Progress, "\n"))
		}
		for i := 1; i < len(got.At); i++ {
			if pause := got.At[i] - got.At[i-1]; pause > 90*time.Second {
				t.Errorf("%s without a line before %q", pause, got.Progress[i])
			}
		}
	})
}

func TestPipelineExecuteAction_failureNamesTheFirstFailingStep(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 1, acctest.Scenario(failingRun()), func(t *testing.T, server *mockserver.Server) {
		got := invoke(t.Context(), acctest.NewCore(t, server),
			map[string]tftypes.Value{"wait_for_completion": acctest.True()})
		if !got.Said.Failed() || !strings.Contains(got.Said.String(), "table ORDERS does not exist") {
			t.Errorf("diagnostics %s, want the failing step's message", got.Said)
		}
	})
}

func TestPipelineExecuteAction_failureCanBeAWarning(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 1, acctest.Scenario(failingRun()), func(t *testing.T, server *mockserver.Server) {
		got := invoke(t.Context(), acctest.NewCore(t, server), map[string]tftypes.Value{
			"wait_for_completion": acctest.True(), "on_failure": acctest.String("warn"),
		})
		if got.Said.Failed() || !strings.Contains(got.Said.String(), "Pipeline execution failed") {
			t.Errorf("diagnostics %s, want a warning", got.Said)
		}
	})
}

func TestPipelineExecuteAction_whatItLeavesRunningIsNamed(t *testing.T) {
	t.Parallel()
	interrupted := func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		time.AfterFunc(5*time.Second, cancel)
		return ctx, cancel
	}
	cases := map[string]struct {
		context func(context.Context) (context.Context, context.CancelFunc)
		timeout string
		want    string
	}{
		"timeout": {context.WithCancel, "5s", "Pipeline execution did not finish in time"},
		"Ctrl-C":  {interrupted, "1h", "Pipeline execution left running"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{Forever: true}),
				func(t *testing.T, server *mockserver.Server) {
					ctx, cancel := c.context(t.Context())
					defer cancel()
					timeouts := tftypes.NewValue(
						tftypes.Object{AttributeTypes: map[string]tftypes.Type{"invoke": tftypes.String}},
						map[string]tftypes.Value{"invoke": acctest.String(c.timeout)})
					got := invoke(ctx, acctest.NewCore(t, server), map[string]tftypes.Value{
						"wait_for_completion": acctest.True(), "timeouts": timeouts,
					})
					said := got.Said.String()
					if !got.Said.Failed() || !strings.Contains(said, c.want) || !strings.Contains(said, "import {") ||
						!strings.Contains(said, server.Started()[0].ID) {
						t.Errorf("diagnostics %s, want an error with the id and an import block", said)
					}
				})
		})
	}
}

func TestPipelineExecuteAction_tagInUse(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		holdTag(&acctest.API{Server: server})
		got := invoke(t.Context(), acctest.NewCore(t, server),
			map[string]tftypes.Value{"execution_tag": acctest.String("seed")})
		if !got.Said.Failed() || !strings.Contains(got.Said.String(), "Execution tag already in use") {
			t.Errorf("diagnostics %s, want that the tag is in use", got.Said)
		}
	})
	t.Run("wait", func(t *testing.T) {
		t.Parallel()
		acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
			holdTag(&acctest.API{Server: server})
			time.AfterFunc(time.Minute, func() { server.Finish(server.Executions()[0].ID, "SUCCESS", "") })
			got := invoke(t.Context(), acctest.NewCore(t, server), map[string]tftypes.Value{
				"execution_tag": acctest.String("seed"), "on_conflict": acctest.String("wait"),
			})
			if got.Said.Failed() {
				t.Errorf("diagnostics %s, want none", got.Said)
			}
		})
	})
}

// executeAction returns an action block, and a resource that triggers it when it is created.
func executeAction(more ...string) string {
	return fmt.Sprintf(`
action "matillion_pipeline_execute" "test" {
  config {
    environment_name    = "%s"
    pipeline_name       = "%s"
    wait_for_completion = true
    %s
  }
}

resource "terraform_data" "warehouse" {
  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.matillion_pipeline_execute.test]
    }
  }
}
`, acctest.EnvironmentName, acctest.PipelineName, strings.Join(more, "\n    "))
}

func TestPipelineExecuteAction_runsWhenTriggeredAndWhenInvoked(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t, "")
	w.Needs(acctest.Actions())
	a := acctest.Serve(t, 2, acctest.Scenario(mockserver.Run{}))
	w.Configure(a.Provider() + executeAction())
	commands := []struct {
		args []string
		runs int
	}{
		{[]string{"validate", "-no-color"}, 0},
		{[]string{"plan", "-no-color"}, 0},
		{[]string{"apply", "-auto-approve", "-no-color"}, 1},
		{[]string{"apply", "-auto-approve", "-no-color"}, 0},
		{[]string{"plan", "-no-color", "-invoke=action.matillion_pipeline_execute.test"}, 0},
		{[]string{"apply", "-auto-approve", "-no-color", "-invoke=action.matillion_pipeline_execute.test"}, 1},
		{[]string{"destroy", "-auto-approve", "-no-color"}, 0},
	}
	for _, command := range commands {
		before := len(a.Started())
		result := w.Run(command.args...)
		runs := a.Started()[before:]
		if result.Exit != 0 || len(runs) != command.runs {
			t.Errorf("%s: exit status %d and %d runs, want 0 and %d", command.args, result.Exit, len(runs), command.runs)
		}
		for _, run := range runs {
			if !strings.Contains(result.Output, "Started execution "+run.ID) {
				t.Errorf("%s: the progress does not name the run %s", command.args, run.ID)
			}
		}
	}
}

func TestPipelineExecuteAction_failureStopsTheApply(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t, "")
	w.Needs(acctest.Actions())
	a := acctest.Serve(t, 1, acctest.Scenario(failingRun()))
	w.Configure(a.Provider() + executeAction())
	result := w.Run("apply", "-auto-approve", "-no-color")
	if result.Exit != 1 || !strings.Contains(result.Output, "table ORDERS does not exist") {
		t.Errorf("exit status %d, want 1 and the failing step's message", result.Exit)
	}
}
