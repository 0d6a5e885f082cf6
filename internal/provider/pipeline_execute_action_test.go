package provider

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// invoked is what an invocation of the action said, and when.
type invoked struct {
	progress []string
	at       []time.Duration
	said     diagnosed
}

// invoke invokes the action in virtual time.
func (c *core) invoke(ctx context.Context, arguments map[string]tftypes.Value) (result invoked) {
	c.t.Helper()
	protocol, ok := c.provider.(tfprotov6.ActionServer)
	if !ok {
		c.t.Fatal("the provider serves no actions")
	}
	config := map[string]tftypes.Value{"environment_name": text(testEnvironment), "pipeline_name": text(testPipeline)}
	maps.Copy(config, arguments)
	schema := c.schema.ActionSchemas["matillion_pipeline_execute"].Schema
	began := time.Now()
	stream, err := protocol.InvokeAction(ctx, &tfprotov6.InvokeActionRequest{
		ActionType: "matillion_pipeline_execute", Config: c.encode(c.object(schema, config)),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	for event := range stream.Events {
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			result.progress = append(result.progress, event.Message)
			result.at = append(result.at, time.Since(began))
		case tfprotov6.CompletedInvokeActionEventType:
			result.said = event.Diagnostics
		}
	}
	return result
}

// inBubble runs a test in virtual time with a server, which must have started the given number of runs at the end.
func inBubble(t *testing.T, runs int, s mockserver.Scenario, test func(*testing.T, *mockserver.Server)) {
	synctest.Test(t, func(t *testing.T) {
		server := mockserver.New(s)
		test(t, server)
		synctest.Wait()
		if started := server.Started(); len(started) != runs {
			t.Errorf("the server started %d runs, want %d", len(started), runs)
		}
	})
}

func TestPipelineExecuteAction_startsAndGoesOnUnlessToldToWait(t *testing.T) {
	t.Parallel()
	inBubble(t, 1, scenario(mockserver.Run{Forever: true}), func(t *testing.T, server *mockserver.Server) {
		got := newCore(t, server).invoke(t.Context(), map[string]tftypes.Value{
			"scalar_variables": stringMap("a", "b"), "scalar_variables_wo": stringMap("password", "s3cret-value"),
		})
		run := server.Started()[0]
		if len(got.said) > 0 || len(got.progress) != 1 || !strings.Contains(got.progress[0], run.ID) {
			t.Errorf("progress %q and diagnostics %s, want one line with the id", got.progress, got.said)
		}
		if diff := cmp.Diff(map[string]any{"a": "b", "password": "s3cret-value"}, run.ScalarVariables); diff != "" {
			t.Errorf("variables (-want +got):\n%s", diff)
		}
	})
}

func stringMap(key, value string) tftypes.Value {
	return tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, map[string]tftypes.Value{key: text(value)})
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
	inBubble(t, 1, scenario(run), func(t *testing.T, server *mockserver.Server) {
		got := newCore(t, server).invoke(t.Context(), map[string]tftypes.Value{"wait_for_completion": yes()})
		if len(got.said) > 0 {
			t.Errorf("diagnostics %s, want none", got.said)
		}
		first, last := got.progress[0], got.progress[len(got.progress)-1]
		if !strings.Contains(first, server.Started()[0].ID) || !strings.HasPrefix(last, "SUCCESS after 10m") {
			t.Errorf("progress begins %q and ends %q, want the id and the end", first, last)
		}
		// The id, Extract, Load, the end, and between them at most a beat a minute.
		if lines := len(got.progress); lines < 10 || lines > 14 {
			t.Errorf("%d lines of progress in ten minutes:\n%s", lines, strings.Join(got.progress, "\n"))
		}
		for i := 1; i < len(got.at); i++ {
			if pause := got.at[i] - got.at[i-1]; pause > 90*time.Second {
				t.Errorf("%s without a line before %q", pause, got.progress[i])
			}
		}
	})
}

func TestPipelineExecuteAction_failureNamesTheFirstFailingStep(t *testing.T) {
	t.Parallel()
	inBubble(t, 1, scenario(failingRun()), func(t *testing.T, server *mockserver.Server) {
		got := newCore(t, server).invoke(t.Context(), map[string]tftypes.Value{"wait_for_completion": yes()})
		if !got.said.failed() || !strings.Contains(got.said.String(), "table ORDERS does not exist") {
			t.Errorf("diagnostics %s, want the failing step's message", got.said)
		}
	})
}

func TestPipelineExecuteAction_failureCanBeAWarning(t *testing.T) {
	t.Parallel()
	inBubble(t, 1, scenario(failingRun()), func(t *testing.T, server *mockserver.Server) {
		got := newCore(t, server).invoke(t.Context(), map[string]tftypes.Value{
			"wait_for_completion": yes(), "on_failure": text("warn"),
		})
		if got.said.failed() || !strings.Contains(got.said.String(), "Pipeline execution failed") {
			t.Errorf("diagnostics %s, want a warning", got.said)
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
		"time is up": {context.WithCancel, "5s", "Pipeline execution did not finish in time"},
		"Ctrl-C":     {interrupted, "1h", "Pipeline execution left running"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, 1, scenario(mockserver.Run{Forever: true}), func(t *testing.T, server *mockserver.Server) {
				ctx, cancel := c.context(t.Context())
				defer cancel()
				timeouts := tftypes.NewValue(
					tftypes.Object{AttributeTypes: map[string]tftypes.Type{"invoke": tftypes.String}},
					map[string]tftypes.Value{"invoke": text(c.timeout)})
				got := newCore(t, server).invoke(ctx, map[string]tftypes.Value{
					"wait_for_completion": yes(), "timeouts": timeouts,
				})
				said := got.said.String()
				if !got.said.failed() || !strings.Contains(said, c.want) || !strings.Contains(said, "import {") ||
					!strings.Contains(said, server.Started()[0].ID) {
					t.Errorf("diagnostics %s, want an error with the id and an import block", said)
				}
			})
		})
	}
}

func TestPipelineExecuteAction_tagInUse(t *testing.T) {
	t.Parallel()
	inBubble(t, 0, scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		holdTag(&api{Server: server})
		got := newCore(t, server).invoke(t.Context(), map[string]tftypes.Value{"execution_tag": text("seed")})
		if !got.said.failed() || !strings.Contains(got.said.String(), "Execution tag already in use") {
			t.Errorf("diagnostics %s, want that the tag is in use", got.said)
		}
	})
	t.Run("wait", func(t *testing.T) {
		t.Parallel()
		inBubble(t, 1, scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
			holdTag(&api{Server: server})
			time.AfterFunc(time.Minute, func() { server.Finish(server.Executions()[0].ID, "SUCCESS", "") })
			got := newCore(t, server).invoke(t.Context(), map[string]tftypes.Value{
				"execution_tag": text("seed"), "on_conflict": text("wait"),
			})
			if got.said.failed() {
				t.Errorf("diagnostics %s, want none", got.said)
			}
		})
	})
}

func actions() feature { return feature{"actions", tfversion.Version1_14_0} }

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
`, testEnvironment, testPipeline, strings.Join(more, "\n    "))
}

func TestPipelineExecuteAction_runsWhenTriggeredAndWhenInvoked(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "")
	w.needs(actions())
	a := serve(t, 2, scenario(mockserver.Run{}))
	w.configure(a.provider() + executeAction())
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
		result := w.run(command.args...)
		runs := a.Started()[before:]
		if result.exit != 0 || len(runs) != command.runs {
			t.Errorf("%s: exit status %d and %d runs, want 0 and %d", command.args, result.exit, len(runs), command.runs)
		}
		for _, run := range runs {
			if !strings.Contains(result.output, "Started execution "+run.ID) {
				t.Errorf("%s: the progress does not name the run %s", command.args, run.ID)
			}
		}
	}
}

func TestPipelineExecuteAction_failureStopsTheApply(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "")
	w.needs(actions())
	a := serve(t, 1, scenario(failingRun()))
	w.configure(a.provider() + executeAction())
	result := w.run("apply", "-auto-approve", "-no-color")
	if result.exit != 1 || !strings.Contains(result.output, "table ORDERS does not exist") {
		t.Errorf("exit status %d, want 1 and the failing step's message", result.exit)
	}
}
