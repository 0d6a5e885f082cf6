// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

func TestPipelineExecutionResource_refusesBadInputBeforeAnyCall(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 256)
	cases := map[string]struct{ arguments, want string }{
		"project not a UUID": {`project_id = "warehouse"`, `project_id.*UUID`},
		"agent not a UUID":   {`agent_id = "{0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d}"`, `agent_id.*UUID`},
		"empty version":      {`version_name = ""`, `version_name.*at least 1`},
		"empty tag":          {`execution_tag = ""`, `execution_tag.*between 1 and 255`},
		"long tag":           {`execution_tag = "` + long + `"`, `execution_tag.*between 1 and 255`},
		"nameless variable":  {`scalar_variables = { "" = "a" }`, `scalar_variables.*at least 1`},
		"null variable":      {`scalar_variables = { a = null }`, `scalar_variables.*null`},
		"nameless grid":      {`grid_variables = { "" = [["a"]] }`, `grid_variables.*at least 1`},
		"null grid":          {`grid_variables = { a = null }`, `Grid "a" is null`},
		"null row":           {`grid_variables = { a = [["x"], null] }`, `Grid "a": row 2 is null`},
		"null cell": {`grid_variables = { a = [["x", null]] }`,
			`Grid "a": the cell in row 1, column 2 is null`},
		"ragged grid":           {`grid_variables = { a = [["x"], ["y", "z"]] }`, `row 2 has 2 cells.*first row has 1`},
		"secrets, no version":   {`scalar_variables_wo = { a = "b" }`, `scalar_variables_wo_version`},
		"version, no secrets":   {`scalar_variables_wo_version = 1`, `scalar_variables_wo`},
		"name in both maps":     {bothMaps, `Variable set twice.*scalar_variables_wo`},
		"null secret":           {"scalar_variables_wo = { a = null }\n scalar_variables_wo_version = 1", `null`},
		"unknown on_conflict":   {`on_conflict = "retry"`, `on_conflict.*"fail".*"wait".*"attach"`},
		"unknown on_failure":    {`on_failure = "ignore"`, `on_failure.*"error".*"warn"`},
		"unknown on_timeout":    {`on_timeout = "warn"`, `on_timeout.*"error".*"detach".*"cancel"`},
		"unknown on_interrupt":  {`on_interrupt = "error"`, `on_interrupt.*"detach".*"cancel"`},
		"unknown on_destroy":    {`on_destroy = "abandon"`, `on_destroy.*"detach".*"cancel"`},
		"timeout not a time":    {`timeouts = { create = "soon" }`, `timeouts\.create.*"soon".*"90m"`},
		"variables not strings": {`scalar_variables = { a = ["b"] }`, `scalar_variables.*string`},
		"grid of scalars":       {`grid_variables = { a = "b" }`, `grid_variables.*list`},
	}
	required := map[string]struct{ argument, value, want string }{
		"empty environment": {"environment_name", "", `environment_name.*between 1 and 255`},
		"long environment":  {"environment_name", long, `environment_name.*between 1 and 255`},
		"empty pipeline":    {"pipeline_name", "", `pipeline_name.*at least 1`},
	}
	inValidation, inPlan := map[string]refusal{}, map[string]refusal{}
	for name, c := range cases {
		group := inValidation
		if name == "null secret" || name == "version, no secrets" {
			group = inPlan // because only the plan knows variables
		}
		group[name] = refusal{acctest.Execution(c.arguments), c.want}
	}
	for name, c := range required {
		line := fmt.Sprintf("%s = %q", c.argument, c.value)
		inValidation[name] = refusal{acctest.ReplaceArgument(acctest.Execution(), c.argument, line), c.want}
	}
	for name, group := range map[string]map[string]refusal{"in validation": inValidation, "in the plan": inPlan} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusesAll(t, group)
		})
	}
}

// refusal is a resource, and what is said about it.
type refusal struct{ resource, want string }

// refusesAll tests that one plan refuses every resource of a group, before the API is called.
func refusesAll(t *testing.T, group map[string]refusal) {
	t.Helper()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	config, blocks := a.Provider(), map[string]string{}
	for name, c := range group {
		label := strings.NewReplacer(" ", "_", ",", "").Replace(name)
		config += named(label, c.resource)
		blocks[name] = fmt.Sprintf("resource %q %q", "matillion_pipeline_execution", label)
	}
	result := acctest.NewWorkspace(t, config).Run("plan", "-json", "-no-color")
	if result.Exit != 1 {
		t.Errorf("exit status %d, want 1", result.Exit)
	}
	for name, c := range group {
		if said := result.Said(blocks[name]); !regexp.MustCompile("(?s)error: .*" + c.want).MatchString(said) {
			t.Errorf("%s: said %q, want %s", name, said, c.want)
		}
	}
	if got := a.Calls("") + a.Calls("token"); got != 0 {
		t.Errorf("%d calls to the API before the mistakes were found, want none", got)
	}
}

const bothMaps = `scalar_variables = { a = "b" }
  scalar_variables_wo = { a = "c" }
  scalar_variables_wo_version = 1`

// refuses tests that a plan fails, with the right words, before the API is called.
func refuses(t *testing.T, config, want string) {
	t.Helper()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	acctest.CLI(t, resource.TestStep{
		Config: a.Provider() + config, PlanOnly: true, ExpectError: regexp.MustCompile(want),
	})
	if got := a.Calls("") + a.Calls("token"); got != 0 {
		t.Errorf("%d calls to the API before the mistake was found, want none", got)
	}
}
