// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

func TestLookups_readTheSample(t *testing.T) {
	t.Parallel()
	c := connect(t, setup{scenario: mockserver.SampleScenario()})
	projects, err := c.Projects.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "projects", projects, []Project{{
		ID: testProject, Name: "Sample project", Description: "Served by the mock of the Matillion API.",
	}})
	environments, err := c.Environments.List(t.Context(), testProject)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "environments", environments[0], Environment{
		Name: "Production", DefaultAgentID: "0b9a6f1c-55c1-4e0f-8a53-7c9f0d2e4b11", DefaultAgentName: "production-agent",
	})
	pipelines, err := c.Pipelines.Published(t.Context(), testProject, testEnvironment)
	if err != nil {
		t.Fatal(err)
	}
	published := time.Date(2026, time.January, 15, 9, 30, 0, 0, time.UTC)
	wantEqual(t, "pipeline", pipelines[0], PublishedPipeline{Name: "Nightly load.orch.yaml", PublishedTime: Timestamp{published}})
	for version, want := range map[string]string{"": "1.1.0", "1.0.0": "1.0.0"} {
		artifact, err := c.Artifacts.Details(t.Context(), testProject, testEnvironment, version)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "version", artifact.Details.VersionName, want)
		wantEqual(t, "is enabled", artifact.Details.Enabled != nil && *artifact.Details.Enabled, true)
		wantEqual(t, "assets", len(artifact.Assets), len(pipelines))
	}
	disabled, err := c.Artifacts.Details(t.Context(), testProject, "Development", "0.9.0")
	if err != nil || disabled.Details.Enabled == nil || *disabled.Details.Enabled {
		t.Errorf("Artifact = %+v, %v", disabled, err)
	}
}

func TestLookups_whatIsNotThere(t *testing.T) {
	t.Parallel()
	c := connect(t, setup{})
	_, environments := c.Environments.List(t.Context(), testID)
	_, pipelines := c.Pipelines.Published(t.Context(), testProject, "Nowhere")
	_, artifact := c.Artifacts.Details(t.Context(), testProject, testEnvironment, "9.9.9")
	_, steps := c.Executions.Steps(t.Context(), Handle{ProjectID: testProject, ID: testID})
	_, execution := c.Executions.Get(t.Context(), Handle{ProjectID: testProject, ID: testID})
	for name, err := range map[string]error{
		"environments": environments, "pipelines": pipelines, "artifact": artifact, "steps": steps, "execution": execution,
	} {
		wantEqual(t, name, IsNotFound(err), true)
	}
}

// That nobody sees a project is what credentials without a role look like.
func TestLookups_mayFindNothing(t *testing.T) {
	t.Parallel()
	c := connect(t, setup{scenario: mockserver.Scenario{Projects: []mockserver.Project{}}})
	projects, err := c.Projects.List(t.Context())
	if err != nil || len(projects) != 0 {
		t.Errorf("Projects = %v, %v", projects, err)
	}
}
