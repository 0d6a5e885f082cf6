// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/execution"
)

// plans returns the checks of a step whose plan takes the action on the test resource.
func plans(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
		plancheck.ExpectResourceAction(acctest.Address, action),
	}}
}

func plansNothing() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func hasStatus(status string) []statecheck.StateCheck {
	return []statecheck.StateCheck{statecheck.ExpectKnownValue(
		acctest.Address, tfjsonpath.New("status"), knownvalue.StringExact(status))}
}

// body returns the JSON that the one start of a server was asked with.
func body(t *testing.T, a *acctest.API) map[string]any {
	t.Helper()
	started := a.Started()
	if len(started) != 1 {
		t.Fatalf("the server started %d runs, want 1", len(started))
	}
	var got map[string]any
	if err := json.Unmarshal(started[0].Body, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestPipelineExecutionResource_sendsEveryFieldExactly(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{})
	s.Projects[0].Environments[0].Versions = []mockserver.Version{{Name: "v1.4 (final)"}, {Name: "v2"}}
	a := acctest.Serve(t, 1, s)
	acctest.NewerCLI(t, acctest.WriteOnly(), resource.TestStep{
		Config: a.Provider() + acctest.Execution(
			`version_name     = "v1.4 (final)"`,
			`agent_id         = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"`,
			`execution_tag    = "seed ünïcode"`,
			`scalar_variables = { day = "2026-11-22", count = 3, empty = "", quote = "a \"b\" <c>" }`,
			`grid_variables   = { tables = [["orders", "1"], ["", "2"]], none = [] }`,
			`scalar_variables_wo         = { password = "s3cret-value" }`,
			`scalar_variables_wo_version = 1`,
		),
	})
	want := map[string]any{
		"environmentName": acctest.EnvironmentName,
		"pipelineName":    acctest.PipelineName,
		"versionName":     "v1.4 (final)",
		"agentId":         "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
		"executionTag":    "seed ünïcode",
		"scalarVariables": map[string]any{
			"day": "2026-11-22", "count": "3", "empty": "", "quote": `a "b" <c>`, "password": "s3cret-value",
		},
		"gridVariables": map[string]any{
			"tables": []any{[]any{"orders", "1"}, []any{"", "2"}}, "none": []any{},
		},
	}
	if diff := cmp.Diff(want, body(t, a)); diff != "" {
		t.Errorf("the request body is not what was configured (-want +got):\n%s", diff)
	}
	if got, want := a.Started()[0].ProjectID, acctest.ProjectID; got != want {
		t.Errorf("project %q, want %q", got, want)
	}
}

func TestPipelineExecutionResource_leavesOutWhatIsNotSet(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	acctest.CLI(t, resource.TestStep{Config: a.Provider() + acctest.Execution()})
	want := map[string]any{"environmentName": acctest.EnvironmentName, "pipelineName": acctest.PipelineName}
	if diff := cmp.Diff(want, body(t, a)); diff != "" {
		t.Errorf("the request body is not minimal (-want +got):\n%s", diff)
	}
}

func TestPipelineExecutionResource_needsOnlyThePostWhenNotWaiting(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusCreated, http.StatusAccepted} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			s := acctest.Scenario(mockserver.Run{})
			s.PostOnly, s.ExecuteStatus = true, status
			a := acctest.Serve(t, 1, s)
			config := a.Provider() + acctest.Execution()
			acctest.CLI(t,
				resource.TestStep{Config: config, ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(acctest.Address, tfjsonpath.New("id"), knownvalue.NotNull()),
					statecheck.ExpectKnownValue(acctest.Address, tfjsonpath.New("status"), knownvalue.Null()),
				}},
				resource.TestStep{Config: config, ConfigPlanChecks: plansNothing()},
			)
		})
	}
}

func TestPipelineExecutionResource_startsNothingASecondTime(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Message: "done"}))
	config := a.Provider(`plan_checks = "off"`) + acctest.Execution(`wait_for_completion = true`)
	same := statecheck.CompareValue(compare.ValuesSame())
	var calls int
	acctest.CLI(t,
		resource.TestStep{Config: config, ConfigStateChecks: append(hasStatus("SUCCESS"),
			same.AddStateValue(acctest.Address, tfjsonpath.New("id")),
			statecheck.ExpectKnownValue(acctest.Address, tfjsonpath.New("message"), knownvalue.StringExact("done")),
			statecheck.ExpectKnownValue(acctest.Address, tfjsonpath.New("trigger"), knownvalue.StringExact("API")),
			statecheck.ExpectKnownValue(acctest.Address, tfjsonpath.New("started_at"), utcTime()),
			statecheck.ExpectKnownValue(acctest.Address, tfjsonpath.New("finished_at"), utcTime()),
		)},
		resource.TestStep{
			PreConfig:        func() { calls = a.Calls("") },
			Config:           config,
			ConfigPlanChecks: plansNothing(),
			ConfigStateChecks: []statecheck.StateCheck{
				same.AddStateValue(acctest.Address, tfjsonpath.New("id")),
			},
		},
		resource.TestStep{RefreshState: true},
	)
	if got := a.Calls(""); got != calls {
		t.Errorf("%d API calls after the run had ended, want none", got-calls)
	}
}

// utcTime accepts an RFC 3339 time in UTC.
func utcTime() knownvalue.Check {
	return knownvalue.StringFunc(func(got string) error {
		parsed, err := time.Parse(time.RFC3339Nano, got)
		if err == nil && parsed.Location() != time.UTC {
			err = fmt.Errorf("%s is not in UTC", got)
		}
		return err
	})
}

func TestPipelineExecutionResource_anotherTriggerIsAnotherRun(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 2, acctest.Scenario(mockserver.Run{}))
	differ := statecheck.CompareValue(compare.ValuesDiffer())
	step := func(published string, action plancheck.ResourceActionType) resource.TestStep {
		return resource.TestStep{
			Config:            a.Provider() + acctest.Execution(fmt.Sprintf(`triggers = { published = %q }`, published)),
			ConfigPlanChecks:  plans(action),
			ConfigStateChecks: []statecheck.StateCheck{differ.AddStateValue(acctest.Address, tfjsonpath.New("id"))},
		}
	}
	acctest.CLI(t, step("monday", plancheck.ResourceActionCreate), step("tuesday", plancheck.ResourceActionReplace))
}

// named gives the resource that [acctest.Execution] declares another name. Resources that have nothing to do with each
// other share the processes of one test so.
func named(name, config string) string {
	return strings.Replace(config, `"test"`, strconv.Quote(name), 1)
}

// plansAll expects the same action for resources of the given names.
func plansAll(action plancheck.ResourceActionType, names []string) (checks resource.ConfigPlanChecks) {
	for _, name := range names {
		checks.PreApply = append(checks.PreApply,
			plancheck.ExpectResourceAction("matillion_pipeline_execution."+name, action))
	}
	return checks
}

func TestPipelineExecutionResource_anotherRequestIsAnotherRun(t *testing.T) {
	t.Parallel()
	changes := map[string]string{
		"environment_name": `environment_name = "Development"`,
		"pipeline_name":    `pipeline_name = "Other"`,
		"project_id":       `project_id = "` + otherProject + `"`,
		"version_name":     `version_name = "v1"`,
		"agent_id":         `agent_id = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"`,
		"execution_tag":    `execution_tag = "t"`,
		"scalar_variables": `scalar_variables = { a = "b" }`,
		"grid_variables":   `grid_variables = { a = [["b"]] }`,
		"scalar_variables_wo_version": `scalar_variables_wo = { a = "b" }
  scalar_variables_wo_version = 1`,
	}
	for _, argument := range execution.RequestNames() {
		if changes[argument] == "" {
			t.Errorf("no case for the request field %s", argument)
		}
	}
	const secret = "scalar_variables_wo_version"
	everyCLI := slices.DeleteFunc(execution.RequestNames(), func(name string) bool { return name == secret })
	for name, c := range map[string]struct {
		needed    acctest.Feature
		arguments []string
	}{
		"arguments that every CLI has": {acctest.Anything(), everyCLI},
		secret:                         {acctest.WriteOnly(), []string{secret}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 2*len(c.arguments), twoProjects())
			before, after := a.Provider(), a.Provider()
			for _, argument := range c.arguments {
				config, change := acctest.Execution(), changes[argument]
				before += named(argument, config)
				switch argument {
				case "environment_name", "pipeline_name":
					after += named(argument, acctest.ReplaceArgument(config, argument, change))
				default:
					after += named(argument, acctest.Execution(change))
				}
			}
			acctest.NewerCLI(t, c.needed, resource.TestStep{Config: before}, resource.TestStep{
				Config: after, ConfigPlanChecks: plansAll(plancheck.ResourceActionReplace, c.arguments),
			})
		})
	}
}

const otherProject = "11111111-2222-4333-8444-555555555555"

// twoProjects are alike: two environments, each with two pipelines and a version.
func twoProjects() mockserver.Scenario {
	s := acctest.Scenario(mockserver.Run{})
	project := &s.Projects[0]
	project.Environments[0].Versions = []mockserver.Version{{Name: "v1"}}
	project.Environments[0].Pipelines = append(project.Environments[0].Pipelines, mockserver.Pipeline{Name: "Other"})
	development := project.Environments[0]
	development.Name = "Development"
	project.Environments = append(project.Environments, development)
	other := *project
	other.ID = otherProject
	s.Projects = append(s.Projects, other)
	return s
}

func TestPipelineExecutionResource_behaviourStartsNothing(t *testing.T) {
	t.Parallel()
	changes := map[string]string{
		"wait_for_completion": `wait_for_completion = true`,
		"on_conflict":         `on_conflict = "wait"`,
		"on_failure":          `on_failure = "warn"`,
		"on_timeout":          `on_timeout = "cancel"`,
		"on_interrupt":        `on_interrupt = "cancel"`,
		"on_destroy":          `on_destroy = "cancel"`,
		"timeouts":            `timeouts = { create = "5m" }`,
	}
	arguments := append(execution.PolicyNames(), "timeouts")
	for _, ends := range []string{"SUCCESS", "FAILED"} {
		t.Run("after "+ends, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, len(arguments), acctest.Scenario(mockserver.Run{Ends: ends}))
			before, after := a.Provider(), a.Provider()
			for _, argument := range arguments {
				change, ok := changes[argument]
				if !ok {
					t.Errorf("no case for the behaviour %s", argument)
				}
				before += named(argument, acctest.Execution())
				after += named(argument, acctest.Execution(change))
			}
			acctest.CLI(t,
				resource.TestStep{Config: before},
				resource.TestStep{RefreshState: true},
				resource.TestStep{Config: after, ConfigPlanChecks: plansAll(plancheck.ResourceActionUpdate, arguments)},
				resource.TestStep{Config: after, ConfigPlanChecks: plansNothing()})
		})
	}
}

func TestPipelineExecutionResource_tagInUseIsAnErrorOnTheTag(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	holder := a.StartElsewhere(mockserver.Execution{
		ExecutionTag: "seed", Trigger: "SCHEDULE", Status: "RUNNING",
	})
	acctest.CLI(t, resource.TestStep{
		Config:      a.Provider() + acctest.Execution(`execution_tag = "seed"`),
		ExpectError: regexp.MustCompile(`(?s)Execution tag already in use.*execution_tag += "seed".*` + holder),
	})
	if got := a.Calls("execute"); got != 1 {
		t.Errorf("%d execute calls, want 1", got)
	}
}

func TestPipelineExecutionResource_disabledPipelineIsAnErrorOnTheName(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{})
	s.Projects[0].Environments[0].Pipelines[0].Disabled = true
	a := acctest.Serve(t, 0, s)
	acctest.CLI(t, resource.TestStep{
		Config: a.Provider() + acctest.Execution(),
		ExpectError: regexp.MustCompile(
			`(?s)Pipeline is disabled.*pipeline_name += "Nightly load".*Publish it to the environment again`),
	})
	if got := a.Calls("execute"); got != 1 {
		t.Errorf("%d execute calls, want 1", got)
	}
}

func TestPipelineExecutionResource_failedRunNamesItsFirstFailingStep(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(failingRun()))
	acctest.CLI(t, resource.TestStep{
		Config: a.Provider() + acctest.Execution(`wait_for_completion = true`),
		ExpectError: regexp.MustCompile(`(?s)Pipeline execution failed.*` +
			`"Load orders".*table ORDERS does not exist.*observability-dashboard/pipeline/.*Status: FAILED`),
	})
}

// failingRun fails in its second step.
func failingRun() mockserver.Run {
	return mockserver.Run{Ends: "FAILED", Message: "1 of 3 steps failed", Steps: []mockserver.Step{
		{Name: "Start", Status: "SUCCESS"},
		{Name: "Load orders", Status: "FAILED", Message: "table ORDERS does not exist"},
		{Name: "End", Status: "SKIPPED"},
	}}
}
