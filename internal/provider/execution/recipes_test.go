// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// republished is the recipe that runs a pipeline again when it is republished, after a warehouse that changes. The
// lookup and the run may depend on the warehouse.
func republished(lookupMore, runMore string) string {
	return fmt.Sprintf(`
variable "size" { default = "S" }
resource "terraform_data" "warehouse" { input = var.size }
data "matillion_published_pipelines" "it" {
  environment_name = "%s"
  name             = "%s"
  %s
}
`, acctest.EnvironmentName, acctest.PipelineName, lookupMore) + acctest.Execution(
		`triggers = { at = one(data.matillion_published_pipelines.it.published_pipelines[*].published_time) }`, runMore)
}

// The recipe says where depends_on belongs. The other place is here to show why.
func TestRecipe_dependsOnTheRunAndNotOnTheLookup(t *testing.T) {
	t.Parallel()
	const dependsOn = `depends_on = [terraform_data.warehouse]`
	for name, c := range map[string]struct{ config, action string }{
		"on the run":    {republished("", dependsOn), ""},
		"on the lookup": {republished(dependsOn, ""), actionReplace},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
			w := acctest.NewWorkspace(t, a.Provider()+c.config)
			w.Succeeds("apply", "-auto-approve", "-no-color")
			w.Configure(strings.Replace(a.Provider()+c.config, `"S"`, `"XL"`, 1))
			if action, _, _ := w.Plan(); action != c.action {
				t.Errorf("the plan for another warehouse is %q, want %q", action, c.action)
			}
		})
	}
}

// The resource's page says how prevent_destroy goes with timeouts.
func TestRecipe_preventDestroyAfterATimeout(t *testing.T) {
	t.Parallel()
	const prevented = "lifecycle {\n    prevent_destroy = true\n  }"
	t.Run("detach", func(t *testing.T) {
		t.Parallel()
		a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
		w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(append(waitsShortly,
			`on_timeout = "detach"`, prevented)...))
		w.Succeeds("apply", "-auto-approve", "-no-color")
		finishFirst(a)
		w.Succeeds("apply", "-auto-approve", "-no-color")
	})
	t.Run("untaint", func(t *testing.T) {
		t.Parallel()
		a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
		w := timedOut(t, a, prevented)
		if result := w.Apply(); result.Exit != 1 {
			t.Errorf("Terraform replaced what must not be destroyed: exit status %d", result.Exit)
		}
		w.Succeeds("untaint", "-no-color", acctest.Address)
		finishFirst(a)
		w.Succeeds("apply", "-auto-approve", "-no-color")
		if state := w.State(); state.Attributes["id"] != a.Started()[0].ID {
			t.Errorf("the state is %v, want the first run", state)
		}
	})
}

// The guide on adopting says how a provisioner's run is taken over.
func TestRecipe_takesOverTheRunOfAProvisioner(t *testing.T) {
	t.Parallel()
	for _, ends := range []string{"SUCCESS", "FAILED"} {
		t.Run(ends, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
			id := a.StartElsewhere(mockserver.Execution{Trigger: "API", Status: ends})
			w := acctest.NewWorkspace(t, a.Provider()+`
resource "terraform_data" "seed" {
  triggers_replace = "SALES"
  provisioner "local-exec" {
    command = "true"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "touch destroyed"
  }
}
`)
			w.Needs(acctest.Functions()) // the block removed came a release before
			w.Succeeds("apply", "-auto-approve", "-no-color")
			w.Configure(a.Provider() + acctest.Execution(`triggers = { warehouse = "SALES" }`, `wait_for_completion = true`) +
				fmt.Sprintf(`
removed {
  from = terraform_data.seed
  lifecycle {
    destroy = false
  }
}
import {
  to = %s
  id = "%s/%s"
}
`, acctest.Address, acctest.ProjectID, id))
			w.Succeeds("apply", "-auto-approve", "-no-color")
			w.Succeeds("plan", "-no-color", "-detailed-exitcode")
			if state := w.State(); state == nil || state.Attributes["id"] != id {
				t.Errorf("the state is %v, want the run of the provisioner", state)
			}
			if _, err := os.Stat(filepath.Join(w.Dir, "destroyed")); err == nil {
				t.Error("the provisioner for the destroy has run")
			}
		})
	}
}
