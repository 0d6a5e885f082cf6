// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package lookup_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

func stepsOf(id string) string {
	return fmt.Sprintf("data \"matillion_pipeline_execution_steps\" \"test\" {\n  execution_id = %q\n}", id)
}

func TestPipelineExecutionStepsDataSource_listsStepsWithAndWithoutTimes(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{Steps: []mockserver.Step{
		{Name: "Load orders", Status: "FAILED", Message: "No such table"}, {Name: "Report", Status: "SKIPPED"},
	}}))
	id := a.StartElsewhere(mockserver.Execution{StartedAt: time.Date(2026, time.March, 1, 6, 30, 0, 0, time.UTC)})
	const start = "2026-03-01T06:30:00Z"
	step := func(name, status, at, message string) knownvalue.Check {
		check := map[string]knownvalue.Check{
			"id": knownvalue.NotNull(), "name": knownvalue.StringExact(name), "status": knownvalue.StringExact(status),
			"started_at": knownvalue.Null(), "finished_at": knownvalue.Null(), "message": knownvalue.Null(),
		}
		if at != "" {
			check["started_at"], check["finished_at"] = knownvalue.StringExact(at), knownvalue.StringExact(at)
			check["message"] = knownvalue.StringExact(message)
		}
		return knownvalue.ObjectExact(check)
	}
	acctest.CLI(t, resource.TestStep{
		Config: a.Provider() + stepsOf(id),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.matillion_pipeline_execution_steps.test", tfjsonpath.New("project_id"),
				knownvalue.StringExact(acctest.ProjectID)),
			acctest.Finds("data.matillion_pipeline_execution_steps.test", "steps",
				step("Load orders", "FAILED", start, "No such table"), step("Report", "SKIPPED", "", "")),
		},
	})
}

func TestPipelineExecutionStepsDataSource_saysWhyItCannotRead(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	acctest.CLI(t, acctest.FailsToRead(a.Provider()+stepsOf("d2a1c1b4-94a2-4b3b-8a53-0f5b7b1d9c58"),
		"Pipeline execution not found"))
}
