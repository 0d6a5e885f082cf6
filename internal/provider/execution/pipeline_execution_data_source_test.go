// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// executed returns a data source block with more arguments, and an output of its result.
func executed(requestedAt string, more ...string) string {
	return fmt.Sprintf(`
data "matillion_pipeline_execution" "test" {
  requested_at     = %s
  environment_name = "%s"
  pipeline_name    = "%s"
  %s
}

output "status" {
  value = data.matillion_pipeline_execution.test.status
}
`, requestedAt, acctest.EnvironmentName, acctest.PipelineName, strings.Join(more, "\n  "))
}

func TestPipelineExecutionDataSource_runsOncePerApplyAndNeverElse(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 3, acctest.Scenario(mockserver.Run{}))
	w := acctest.NewWorkspace(t, a.Provider()+executed("timestamp()", `wait_for_completion = true`))
	commands := []struct {
		args []string
		runs int
	}{
		{[]string{"validate", "-no-color"}, 0},
		{[]string{"plan", "-no-color"}, 0},
		{[]string{"apply", "-auto-approve", "-no-color"}, 1},
		{[]string{"plan", "-no-color", "-out=saved.bin"}, 0},
		{[]string{"apply", "-no-color", "saved.bin"}, 1},
		{[]string{"plan", "-no-color", "-refresh-only"}, 0},
		{[]string{"refresh", "-no-color"}, 0},
		{[]string{"plan", "-no-color", "-refresh=false"}, 0},
		{[]string{"apply", "-auto-approve", "-no-color"}, 1},
		{[]string{"plan", "-no-color", "-destroy"}, 0},
		{[]string{"destroy", "-auto-approve", "-no-color"}, 0},
	}
	for _, command := range commands {
		before := len(a.Started())
		if result := w.Run(command.args...); result.Exit != 0 {
			t.Errorf("%s: exit status %d", command.args, result.Exit)
		}
		if runs := len(a.Started()) - before; runs != command.runs {
			t.Errorf("%s started %d runs, want %d", command.args, runs, command.runs)
		}
	}
}

func TestPipelineExecutionDataSource_sendsEveryFieldExactly(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{})
	s.Projects[0].Environments[0].Versions = []mockserver.Version{{Name: "v1"}}
	a := acctest.Serve(t, 1, s)
	w := acctest.NewWorkspace(t, a.Provider()+executed("timestamp()", `version_name = "v1"`,
		`agent_id = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"`, `execution_tag = "seed"`,
		`scalar_variables = { a = 1 }`, `grid_variables = { g = [["x", "y"]] }`))
	w.Apply()
	want := map[string]any{
		"environmentName": acctest.EnvironmentName, "pipelineName": acctest.PipelineName, "versionName": "v1",
		"agentId": "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", "executionTag": "seed",
		"scalarVariables": map[string]any{"a": "1"}, "gridVariables": map[string]any{"g": []any{[]any{"x", "y"}}},
	}
	if diff := cmp.Diff(want, body(t, a)); diff != "" {
		t.Errorf("the request body is not what was configured (-want +got):\n%s", diff)
	}
}

func TestPipelineExecutionDataSource_refusesATimeThatIsNotNow(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ requestedAt, want string }{
		"constant": {`"2026-01-01T00:00:00Z"`, "s old"},
		"too old":  {fmt.Sprintf("%q", time.Now().Add(-16*time.Minute).Format(time.RFC3339)), "s old"},
		"future":   {fmt.Sprintf("%q", time.Now().Add(time.Hour).Format(time.RFC3339)), "ahead"},
		"no time":  {`"now"`, "is no RFC 3339 time"},
		"empty":    {`""`, "is no RFC 3339 time"},
		// Known only when it is applied, hence not seen by the validator.
		"constant in disguise":    {`timestamp() == "" ? "" : "2026-01-01T00:00:00Z"`, "s old"},
		"evaluated long before":   {`timeadd(timestamp(), "-16m")`, "s old"},
		"evaluated a bit before":  {`timeadd(timestamp(), "-75s")`, "s old"},
		"a clock that goes ahead": {`timeadd(timestamp(), "30s")`, "ahead"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
			w := acctest.NewWorkspace(t, a.Provider()+executed(c.requestedAt))
			result := w.Apply()
			if !slices.Contains(result.Summaries("error"), "Invalid requested_at") {
				t.Errorf("errors %q, want that requested_at is invalid", result.Summaries("error"))
			}
			detail := result.Detail("Invalid requested_at")
			if !strings.Contains(detail, "requested_at = timestamp() in the data source itself") ||
				!strings.Contains(detail, c.want) {
				t.Errorf("the error does not say that the time %s, and what to write: %q", c.want, detail)
			}
		})
	}
}

func TestPipelineExecutionDataSource_errorsCarryTheIDAndTheImportBlock(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		run       mockserver.Run
		arguments []string
		summary   string
		imports   bool
	}{
		"failed": {failingRun(), nil, "Pipeline execution failed", false},
		"timeout": {
			mockserver.Run{Forever: true}, []string{`timeouts = { read = "1s" }`},
			"Pipeline execution did not finish in time", true,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 1, acctest.Scenario(c.run))
			w := acctest.NewWorkspace(t,
				a.Provider()+executed("timestamp()", append(c.arguments, `wait_for_completion = true`)...))
			result := w.Apply()
			detail := result.Detail(c.summary)
			if result.Exit != 1 || !strings.Contains(detail, a.Started()[0].ID) {
				t.Errorf("exit status %d and detail %q, want an error with the execution's id", result.Exit, detail)
			}
			if strings.Contains(detail, "import {") != c.imports {
				t.Errorf("the detail is %q, want an import block: %t", detail, c.imports)
			}
		})
	}
}

func TestPipelineExecutionDataSource_failureCanBeAWarning(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(failingRun()))
	w := acctest.NewWorkspace(t, a.Provider()+executed("timestamp()", `wait_for_completion = true`, `on_failure = "warn"`))
	result := w.Apply()
	if result.Exit != 0 || !slices.Contains(result.Summaries("warning"), "Pipeline execution failed") {
		t.Errorf("exit status %d with warnings %q, want a warning that it failed", result.Exit, result.Summaries("warning"))
	}
}
