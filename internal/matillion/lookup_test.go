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

func TestRegion_hasAnAddress(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"eu": "https://eu1.api.matillion.com/dpc",
		"us": "https://us1.api.matillion.com/dpc",
		"au": "https://au1.api.matillion.com/dpc",
	} {
		region, err := ParseRegion(name)
		if err != nil {
			t.Error(err)
		}
		wantEqual(t, name, region.BaseURL(), want)
		if _, err := ParseURL(region.BaseURL()); err != nil {
			t.Error(err)
		}
	}
	wantEqual(t, "regions", len(Regions()), 3)
	for _, name := range []string{"", "EU", "eu1", "eu ", "de"} {
		if _, err := ParseRegion(name); err == nil || err.Error() != `"`+name+`" is not a region: it must be one of eu, us, au` {
			t.Errorf("ParseRegion(%q): %v", name, err)
		}
	}
}

func TestStatus_isFinalOrNot(t *testing.T) {
	t.Parallel()
	type kinds struct{ ended, succeeded, badly bool }
	for status, want := range map[Status]kinds{
		StatusSuccess:    {true, true, false},
		StatusFailed:     {true, false, true},
		StatusCancelled:  {true, false, true},
		StatusSkipped:    {true, false, true},
		StatusRunning:    {},
		StatusCancelling: {},
		StatusUnknown:    {},
		"":               {},
		"QUEUED":         {},
		"FORBIDDEN":      {},
		"FAILURE":        {},
		"CANCELED":       {},
		"success":        {},
		"SUCCESS ":       {},
	} {
		got := kinds{status.Ended(), status.Succeeded(), status.EndedBadly()}
		if got != want {
			t.Errorf("%q: %+v, want %+v", status, got, want)
		}
	}
	wantEqual(t, "documented", len(Statuses()), 7)
}
