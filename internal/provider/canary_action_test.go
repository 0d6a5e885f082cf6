// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// planned returns what a saved plan says: an archive, without its copy of the configuration.
func planned(t *testing.T, w *acctest.Workspace) string {
	t.Helper()
	content := w.Read("plan.bin")
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for _, name := range []string{"tfplan", "tfstate", "tfstate-prev"} {
		file, err := fs.ReadFile(archive, name)
		if err != nil {
			t.Fatal(err)
		}
		said.Write(file)
	}
	return said.String()
}

// Terraform takes ephemeral values out of what it plans, and evaluates them again when a trigger invokes the action.
func TestCanary_ephemeralSecretOfAnActionIsInNoSavedPlan(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t, "")
	w.Needs(acctest.Actions())
	server := serveCanaries(t, 1, acctest.Scenario(mockserver.Run{Message: "password is " + canaryVariable}))
	w.Configure(variables + strings.Replace(server.Provider(), `"mock-client-secret"`, "var.client_secret", 1) + `
action "matillion_pipeline_execute" "test" {
  config {
    environment_name    = "` + acctest.EnvironmentName + `"
    pipeline_name       = "` + acctest.PipelineName + `"
    scalar_variables_wo = { password = var.password }
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
`)
	w.Env = append(w.Env, "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(w.Dir, "trace.log"),
		"TF_VAR_client_secret="+canarySecret, "TF_VAR_password="+canaryVariable)
	outputs := []string{w.Succeeds("plan", "-no-color", "-out=plan.bin")}
	outputs = append(outputs, planned(t, w), w.Succeeds("show", "-json", "plan.bin"),
		w.Succeeds("apply", "-no-color", "plan.bin"))
	server.search(t, w, outputs...)
	if got := server.Started()[0].ScalarVariables["password"]; got != canaryVariable {
		t.Errorf("the pipeline got the password %v, want the one that was configured", got)
	}
}
