// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

func TestExamples_import(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// commands are how many ways there are to import by the command, and has is what the state must have then.
		commands int
		has      string
	}{
		"matillion_pipeline_execution": {2, elsewhereID},
		"matillion_artifact_promotion": {1, `"deployed_version_name": "1.2.0"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			importEveryWay(t, "resources/"+name, c.commands, c.has)
		})
	}
}

func importEveryWay(t *testing.T, dir string, commands int, has string) {
	cases := map[string]struct {
		needs *acctest.Feature
		file  string
		args  []string
	}{
		"by id":       {file: "import-by-string-id.tf"},
		"by identity": {needs: new(acctest.Identities()), file: "import-by-identity.tf"},
	}
	script, err := os.ReadFile(filepath.Join(examplesDir, dir, "import.sh"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(script)) {
		if args, command := strings.CutPrefix(line, "terraform "); command {
			c := cases["by command: "+args]
			c.args = strings.Fields(args)
			cases["by command: "+args] = c
		}
	}
	if len(cases) != 2+commands {
		t.Errorf("%d ways to import, want %d", len(cases), 2+commands)
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := slices.DeleteFunc([]string{"resource.tf", c.file}, func(file string) bool { return file == "" })
			w := newExample(t, dir, files...)
			if c.needs != nil {
				w.Needs(*c.needs)
			}
			a := acctest.Serve(t, 0, mockserver.SampleScenario())
			a.StartElsewhere(mockserver.Execution{ID: elsewhereID, PipelineName: seedPipeline, Status: "FAILED"})
			a.Update(func(s *mockserver.Scenario) { // as a promotion in the console
				live := &s.Projects[0].Environments[0]
				live.Versions = append(live.Versions, mockserver.Version{Name: "1.2.0"})
			})
			w.Env = append(w.Env, a.Environment(mockserver.SampleProjectID)...)
			w.Succeeds("validate", "-no-color")
			if len(c.args) > 0 {
				w.Succeeds(c.args...)
			}
			w.Succeeds("apply", "-auto-approve", "-no-color")
			w.Succeeds("plan", "-detailed-exitcode", "-no-color")
			if !strings.Contains(w.Raw(), has) {
				t.Errorf("the state does not have %s", has)
			}
			if got := a.Calls(mockserver.OpPromote); got != 0 {
				t.Errorf("%d promotions were sent, want none", got)
			}
		})
	}
}
