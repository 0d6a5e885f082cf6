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

// imported returns a configuration with an import block for an execution.
func imported(target string, config string) string {
	return fmt.Sprintf("import {\n  to = %s\n  %s\n}\n", acctest.Address, target) + config
}

func TestImport_neverLeadsToARun(t *testing.T) {
	t.Parallel()
	arguments := []string{
		`wait_for_completion = true`, `execution_tag = "seed"`, `scalar_variables = { a = "b" }`, `triggers = { a = "b" }`,
	}
	cases := map[string]struct {
		status string
		id     string // with %s for the execution's id
	}{
		"by project and id":         {"SUCCESS", acctest.ProjectID + "/%s"},
		"by id":                     {"SUCCESS", "%s"},
		"a failed run":              {"FAILED", "%s"},
		"a cancelled run":           {"CANCELLED", "%s"},
		"a run that has not ended":  {"RUNNING", "%s"},
		"a run by somebody's click": {"SKIPPED", "%s"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
			id := a.StartElsewhere(mockserver.Execution{
				Trigger: "DESIGNER",
				Status:  c.status,
			})
			target := fmt.Sprintf("id = %q", fmt.Sprintf(c.id, id))
			w := acctest.NewWorkspace(t, imported(target, a.Provider()+acctest.Execution(arguments...)))
			if action, _, _ := w.Plan(); action != actionUpdate {
				t.Errorf("the first plan is %q, want an update in place", action)
			}
			if c.status == "RUNNING" {
				a.Finish(id, "SUCCESS", "")
			}
			if result := w.Apply(); result.Exit != 0 {
				t.Errorf("exit status %d, want 0", result.Exit)
			}
			if action, _, _ := w.Plan(); action != actionNone {
				t.Errorf("the second plan is %q, want none", action)
			}
			if state := w.State(); state.Attributes["id"] != id || state.Attributes["execution_tag"] != "seed" {
				t.Errorf("the state is %v, want the imported run with the configuration's values", state)
			}
		})
	}
}

func TestImport_byIdentityNeverLeadsToARun(t *testing.T) {
	t.Parallel()
	targets := map[string]string{
		"project and id": `identity = { project_id = "` + acctest.ProjectID + `", id = "%s" }`,
		"id":             `identity = { id = "%s" }`,
	}
	for name, target := range targets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorkspace(t, "")
			w.Needs(acctest.Identities())
			a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
			id := a.StartElsewhere(mockserver.Execution{
				Trigger: "SCHEDULE",
				Status:  "FAILED",
			})
			w.Configure(imported(fmt.Sprintf(target, id), a.Provider()+acctest.Execution(`wait_for_completion = true`)))
			if result := w.Apply(); result.Exit != 0 {
				t.Errorf("exit status %d, want 0", result.Exit)
			}
			if action, _, _ := w.Plan(); action != actionNone {
				t.Errorf("the second plan is %q, want none", action)
			}
			if state := w.State(); state.Attributes["id"] != id {
				t.Errorf("the state is %v, want the imported run", state)
			}
		})
	}
}

func TestImport_changeAfterwardsIsARun(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	id := a.StartElsewhere(mockserver.Execution{
		Trigger: "API", Status: "FAILED",
	})
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`wait_for_completion = true`))
	if result := w.Run("import", "-no-color", acctest.Address, id); result.Exit != 0 {
		t.Fatalf("import: exit status %d", result.Exit)
	}
	w.Apply()
	w.Configure(a.Provider() + acctest.Execution(`wait_for_completion = true`, `triggers = { again = "yes" }`))
	if action, replacedBy, _ := w.Plan(); action != actionReplace || replacedBy != "triggers" {
		t.Errorf("the plan is %q because of %q, want a replacement because of triggers", action, replacedBy)
	}
	w.Apply()
}

func TestImport_mistakesStartNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ id, arguments, want string }{
		"another pipeline":     {"%s", `pipeline_name = "Other"`, "Imported execution does not match"},
		"another environment":  {"%s", `environment_name = "Development"`, "Imported execution does not match"},
		"no such execution":    {"4f0c5f0e-0000-4000-8000-000000000000", "", "Pipeline execution not found"},
		"not a project":        {"warehouse/%s", "", "Invalid import id"},
		"too many parts":       {acctest.ProjectID + "/%s/x", "", "Invalid import id"},
		"nothing after the id": {acctest.ProjectID + "/", "", "Invalid import id"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
			id := a.StartElsewhere(mockserver.Execution{
				Trigger: "API",
				Status:  "SUCCESS",
			})
			config := acctest.Execution()
			if name, _, set := strings.Cut(c.arguments, " = "); set {
				config = acctest.ReplaceArgument(config, name, c.arguments)
			}
			target := strings.ReplaceAll(c.id, "%s", id)
			w := acctest.NewWorkspace(t, imported(fmt.Sprintf("id = %q", target), a.Provider()+config))
			result := w.Apply()
			if !slices.Contains(result.Summaries("error"), c.want) {
				t.Errorf("errors %q, want %q", result.Summaries("error"), c.want)
			}
		})
	}
}
