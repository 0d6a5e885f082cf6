// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// examplesDir holds the configurations that the documentation shows.
var examplesDir = filepath.Join(acctest.Repository(), "examples")

// exampleCase is what an example comes to when it is applied as it is printed.
type exampleCase struct {
	// needs is what a CLI must have.
	needs *acctest.Feature
	// files are those that are applied together; all of the folder's unless given.
	files []string
	// variables are set in the environment.
	variables []string
	// before changes the server before the apply.
	before func(*acctest.API)
	// everyApply tells that each apply runs a pipeline, so that no plan is empty.
	everyApply bool
	// then goes on after the apply and an empty plan.
	then func(*testing.T, *acctest.Workspace, *acctest.API)
	// runs is how many are started in all.
	runs int
}

func exampleCases() map[string]exampleCase {
	return map[string]exampleCase{
		"demo":                                   {everyApply: true, runs: 2},
		"provider":                               {},
		"resources/matillion_pipeline_execution": {files: []string{"resource.tf"}, runs: 1},
		"resources/matillion_pipeline_execution_completion": {runs: 2},
		"resources/matillion_pipeline_execution_on_destroy": {then: destroyArchives, runs: 1},
		"resources/matillion_artifact_promotion":            {files: []string{"resource.tf"}, then: promotedOnce},
		"data-sources/matillion_project":                    {runs: 1},
		"data-sources/matillion_published_pipeline":         {then: publishAgain, runs: 2},
		"data-sources/matillion_pipeline_execution":         {everyApply: true, runs: 1},
		"data-sources/matillion_pipeline_executions":        {before: failElsewhere, then: outputTellsTheFailure},
		"data-sources/matillion_pipeline_execution_steps":   {runs: 1},
		"data-sources/matillion_published_pipelines":        {then: publishAgain, runs: 2},
		"data-sources/matillion_environments":               {runs: 2},
		"data-sources/matillion_projects":                   {runs: 1},
		"actions/matillion_pipeline_execute":                {needs: new(acctest.Actions()), runs: 1},
		"functions/grid":                                    {needs: new(acctest.Functions()), runs: 1},
		"list-resources/matillion_pipeline_execution": {needs: new(acctest.Queries()), before: failElsewhere,
			then: queryFinds},
		"stories/seed_warehouse":         {then: replaceWarehouse, runs: 2},
		"stories/rerun_when_republished": {then: publishAgain, runs: 2},
		"stories/promote_then_run":       {then: promotedOnce, runs: 1},
		"stories/fan_out":                {runs: 4},
		"stories/long_run":               {runs: 1},
		"stories/survive_a_kill":         {runs: 1},
		"stories/killed_machine":         {runs: 1},
		"stories/two_accounts":           {variables: []string{"TF_VAR_accounts=" + twoAccounts}, runs: 2},
		"stories/nightly_smoke_test":     {needs: new(acctest.Actions()), then: invokeSmokeTest, runs: 1},
		"stories/grid_from_objects":      {needs: new(acctest.Functions()), then: gridWasSent, runs: 1},
		"stories/secret_variables": {
			needs: new(acctest.WriteOnly()), variables: []string{"TF_VAR_api_key=s3cret"}, then: secretWasSentAndNotKept,
			runs: 1,
		},
	}
}

func TestExamples(t *testing.T) {
	t.Parallel()
	for dir, c := range exampleCases() {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			w := newExample(t, dir, c.files...)
			if c.needs != nil {
				w.Needs(*c.needs)
			}
			a := acctest.Serve(t, c.runs, mockserver.SampleScenario())
			w.Env = append(append(w.Env, c.variables...), a.Environment(mockserver.SampleProjectID)...)
			if c.before != nil {
				c.before(a)
			}
			w.Succeeds("validate", "-no-color")
			w.Succeeds("apply", "-auto-approve", "-no-color")
			if !c.everyApply {
				w.Succeeds("plan", "-detailed-exitcode", "-no-color")
			}
			if c.then != nil {
				c.then(t, w, a)
			}
		})
	}
}

// newExample returns a workspace with files of an example, or all of them.
func newExample(t *testing.T, dir string, files ...string) *acctest.Workspace {
	t.Helper()
	w := acctest.NewWorkspace(t, "")
	from := filepath.Join(examplesDir, dir)
	if len(files) == 0 {
		for _, path := range exampleFiles(t, from) {
			files = append(files, filepath.Base(path))
		}
	}
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(from, file))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte("required_providers")) {
			_ = os.Remove(filepath.Join(w.Dir, "main.tf")) // which says the same
		}
		w.Write(file, content)
	}
	return w
}

// exampleFiles returns the paths of the configurations in a folder.
func exampleFiles(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*.tf", "*.tfquery.hcl"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	return files
}

func TestExamples_areAllApplied(t *testing.T) {
	t.Parallel()
	cases := exampleCases()
	cases["offline_test"] = exampleCase{} // TestExamples_offlineTest
	err := filepath.WalkDir(examplesDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || len(exampleFiles(t, path)) == 0 {
			return err
		}
		dir, err := filepath.Rel(examplesDir, path)
		if _, applied := cases[filepath.ToSlash(dir)]; !applied {
			t.Errorf("no test applies examples/%s", dir)
		}
		delete(cases, filepath.ToSlash(dir))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range cases {
		t.Errorf("there is no examples/%s", dir)
	}
}

const (
	ordersPipeline = "ingest/orders.orch.yaml"
	seedPipeline   = "setup/seed_warehouse.orch.yaml"
	elsewhereID    = "7d9d1f3c-2b7e-4c7a-9f0d-0a6f4b1c2e35"
	account        = `{ project_id = "` + mockserver.SampleProjectID + `", client_id = "mock-client-id", ` +
		`client_secret = "mock-client-secret" }`
	twoAccounts = "{ eu = " + account + ", us = " + account + " }"
)

// failElsewhere adds a run that Terraform did not start.
func failElsewhere(a *acctest.API) {
	a.StartElsewhere(mockserver.Execution{
		ID: elsewhereID, PipelineName: ordersPipeline, ScheduleID: "nightly", Status: "FAILED", Message: "no space left",
	})
}

func outputTellsTheFailure(t *testing.T, w *acctest.Workspace, _ *acctest.API) {
	output := w.Succeeds("output", "-no-color")
	if !strings.Contains(output, elsewhereID) || !strings.Contains(output, "no space left") {
		t.Errorf("the output does not tell what has failed:\n%s", output)
	}
}

func queryFinds(t *testing.T, w *acctest.Workspace, _ *acctest.API) {
	w.Succeeds("validate", "-query", "-no-color")
	if output := w.Succeeds("query", "-no-color"); !strings.Contains(output, elsewhereID) {
		t.Errorf("the query does not find the run %s:\n%s", elsewhereID, output)
	}
	w.Succeeds("query", "-no-color", "-generate-config-out=executions.tf")
	w.Succeeds("apply", "-auto-approve", "-no-color")
	if !strings.Contains(w.Raw(), elsewhereID) {
		t.Errorf("the run %s was not imported", elsewhereID)
	}
}

func publishAgain(_ *testing.T, w *acctest.Workspace, a *acctest.API) {
	a.Update(func(s *mockserver.Scenario) {
		pipelines := s.Projects[0].Environments[0].Pipelines
		i := slices.IndexFunc(pipelines, func(p mockserver.Pipeline) bool { return p.Name == ordersPipeline })
		pipelines[i].PublishedTime = time.Date(2026, time.April, 1, 0, 0, 0, 0, time.UTC)
	})
	w.Succeeds("apply", "-auto-approve", "-no-color")
	w.Succeeds("plan", "-detailed-exitcode", "-no-color")
}

func replaceWarehouse(_ *testing.T, w *acctest.Workspace, _ *acctest.API) {
	w.Succeeds("apply", "-auto-approve", "-no-color", "-replace=terraform_data.warehouse")
}

func destroyArchives(t *testing.T, w *acctest.Workspace, a *acctest.API) {
	if runs := len(a.Started()); runs > 0 {
		t.Errorf("%d runs were started before the destroy", runs)
	}
	w.Succeeds("destroy", "-auto-approve", "-no-color")
}

func promotedOnce(t *testing.T, w *acctest.Workspace, a *acctest.API) {
	w.Succeeds("apply", "-auto-approve", "-no-color")
	w.Succeeds("destroy", "-auto-approve", "-no-color")
	if got := a.Calls(mockserver.OpPromote); got != 1 {
		t.Errorf("%d promotions were sent, want 1", got)
	}
	for _, run := range a.Started() {
		if run.VersionName != "1.2.0" || run.EnvironmentName != "Production" {
			t.Errorf("version %q was run in %s, want 1.2.0", run.VersionName, run.EnvironmentName)
		}
	}
}

func invokeSmokeTest(_ *testing.T, w *acctest.Workspace, _ *acctest.API) {
	w.Succeeds("apply", "-auto-approve", "-no-color", "-invoke=action.matillion_pipeline_execute.smoke_test")
}

func gridWasSent(t *testing.T, _ *acctest.Workspace, a *acctest.API) {
	want := map[string]any{"countries": []any{[]any{"DE", "Germany", "19"}, []any{"NO", "Norway", "25"}}}
	if diff := cmp.Diff(want, a.Started()[0].GridVariables); diff != "" {
		t.Errorf("the grid differs (-want +got):\n%s", diff)
	}
}

func secretWasSentAndNotKept(t *testing.T, w *acctest.Workspace, a *acctest.API) {
	if diff := cmp.Diff(map[string]any{"api_key": "s3cret"}, a.Started()[0].ScalarVariables); diff != "" {
		t.Errorf("the variables differ (-want +got):\n%s", diff)
	}
	if strings.Contains(w.Raw(), "s3cret") {
		t.Error("the secret is in the state")
	}
}

// The postcondition stops what depends on the run, and taints nothing.
func TestExamples_longRunIsWaitedForByTheNextApply(t *testing.T) {
	t.Parallel()
	w := newExample(t, "stories/long_run")
	w.Write("main.tf", bytes.ReplaceAll(w.Read("main.tf"), []byte(`"45m"`), []byte(`"2s"`)))
	a := acctest.Serve(t, 1, mockserver.SampleScenario())
	a.Update(func(s *mockserver.Scenario) {
		s.Projects[0].Environments[0].Pipelines[0].Run = mockserver.Run{Forever: true}
	})
	w.Env = append(w.Env, a.Environment(mockserver.SampleProjectID)...)
	for range 2 {
		if result := w.Apply(); !slices.Contains(result.Summaries("error"), "Resource postcondition failed") {
			t.Errorf("errors %q, want that the postcondition failed", result.Summaries("error"))
		}
		if state := w.Raw(); strings.Contains(state, `"tainted"`) {
			t.Errorf("the state has a tainted instance:\n%s", state)
		}
		if instances := w.Run("state", "list").Output; strings.Contains(instances, "dashboards") {
			t.Errorf("there is what depends on the run: %s", instances)
		}
	}
	a.Finish(a.Started()[0].ID, "SUCCESS", "")
	w.Succeeds("apply", "-auto-approve", "-no-color")
	if !strings.Contains(w.Raw(), "dashboards") {
		t.Error("what depends on the run was not created")
	}
}

func TestExamples_readme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join(acctest.Repository(), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(readme), "```terraform\n")
	config, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("README.md shows no configuration")
	}
	w := acctest.NewWorkspace(t, "")
	w.Write("main.tf", []byte(config))
	a := acctest.Serve(t, 1, mockserver.SampleScenario())
	w.Env = append(w.Env, a.Environment(mockserver.SampleProjectID)...)
	w.Succeeds("apply", "-auto-approve", "-no-color")
	w.Succeeds("plan", "-detailed-exitcode", "-no-color")
}

// The scenario refuses the first request and loses the answer to the second, which must lead to one run.
func TestExamples_offlineTest(t *testing.T) {
	t.Parallel()
	w := newExample(t, "offline_test", "main.tf", "scenario.json", "tests/seed.tftest.hcl")
	w.Needs(acctest.TestCommand())
	s, err := mockserver.ReadScenario(bytes.NewReader(w.Read("scenario.json")))
	if err != nil {
		t.Fatal(err)
	}
	a := acctest.Serve(t, 4, s)
	w.Env = append(w.Env, a.Environment(s.Projects[0].ID)...)
	w.Succeeds("validate", "-no-color")
	w.Succeeds("test", "-no-color")
}
