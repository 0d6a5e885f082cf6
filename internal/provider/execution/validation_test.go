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
		"project not a UUID": {`project_id = "warehouse"`, `(?s)project_id.*UUID`},
		"agent not a UUID":   {`agent_id = "{0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d}"`, `(?s)agent_id.*UUID`},
		"empty version":      {`version_name = ""`, `(?s)version_name.*at least 1`},
		"empty tag":          {`execution_tag = ""`, `(?s)execution_tag.*between 1 and 255`},
		"long tag":           {`execution_tag = "` + long + `"`, `(?s)execution_tag.*between 1 and 255`},
		"nameless variable":  {`scalar_variables = { "" = "a" }`, `(?s)scalar_variables.*at least 1`},
		"null variable":      {`scalar_variables = { a = null }`, `(?s)scalar_variables.*null`},
		"nameless grid":      {`grid_variables = { "" = [["a"]] }`, `(?s)grid_variables.*at least 1`},
		"null grid":          {`grid_variables = { a = null }`, `(?s)Grid "a" is null`},
		"null row":           {`grid_variables = { a = [["x"], null] }`, `(?s)Grid "a": row 2 is null`},
		"null cell": {`grid_variables = { a = [["x", null]] }`,
			`(?s)Grid "a": the cell in row 1, column 2 is null`},
		"ragged grid":           {`grid_variables = { a = [["x"], ["y", "z"]] }`, `(?s)row 2 has 2 cells.*first row has 1`},
		"secrets, no version":   {`scalar_variables_wo = { a = "b" }`, `(?s)scalar_variables_wo_version`},
		"version, no secrets":   {`scalar_variables_wo_version = 1`, `(?s)scalar_variables_wo`},
		"name in both maps":     {bothMaps, `(?s)Variable set twice.*scalar_variables_wo`},
		"null secret":           {"scalar_variables_wo = { a = null }\n scalar_variables_wo_version = 1", `(?s)null`},
		"unknown on_conflict":   {`on_conflict = "retry"`, `(?s)on_conflict.*"fail".*"wait".*"attach"`},
		"unknown on_failure":    {`on_failure = "ignore"`, `(?s)on_failure.*"error".*"warn"`},
		"unknown on_timeout":    {`on_timeout = "warn"`, `(?s)on_timeout.*"error".*"detach".*"cancel"`},
		"unknown on_interrupt":  {`on_interrupt = "error"`, `(?s)on_interrupt.*"detach".*"cancel"`},
		"unknown on_destroy":    {`on_destroy = "abandon"`, `(?s)on_destroy.*"detach".*"cancel"`},
		"time-out not a time":   {`timeouts = { create = "soon" }`, `(?s)timeouts\.create.*"soon".*"90m"`},
		"variables not strings": {`scalar_variables = { a = ["b"] }`, `(?s)scalar_variables.*string`},
		"grid of scalars":       {`grid_variables = { a = "b" }`, `(?s)grid_variables.*list`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { refuses(t, acctest.Execution(c.arguments), c.want) })
	}
	required := map[string]struct{ argument, value, want string }{
		"empty environment": {"environment_name", "", `(?s)environment_name.*between 1 and 255`},
		"long environment":  {"environment_name", long, `(?s)environment_name.*between 1 and 255`},
		"empty pipeline":    {"pipeline_name", "", `(?s)pipeline_name.*at least 1`},
	}
	for name, c := range required {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuses(t, acctest.ReplaceArgument(acctest.Execution(), c.argument, fmt.Sprintf("%s = %q", c.argument, c.value)),
				c.want)
		})
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
