// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package lookup_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

func TestEnvironmentsDataSource_listsThoseOfTheProject(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{})
	const other, agent = "0f6b0f39-5d0c-4b2b-8b6a-3f6a4d1c9e77", "7b1d9c58-3f0e-4a53-9c07-2d6f8e4a1b90"
	s.Projects = append(s.Projects, mockserver.Project{ID: other, Name: "Finance", Environments: []mockserver.Environment{
		{Name: "Development", DefaultAgentID: agent, DefaultAgentName: "dev-runner"}, {Name: "Live"},
	}})
	a := acctest.Serve(t, 0, s)
	acctest.CLI(t, resource.TestStep{
		Config: a.Provider() + `
			data "matillion_environments" "default" {}
			data "matillion_environments" "other" { project_id = "` + other + `" }`,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.matillion_environments.default", tfjsonpath.New("project_id"),
				knownvalue.StringExact(acctest.ProjectID)),
			acctest.Finds("data.matillion_environments.default", "environments",
				acctest.Object(map[string]string{"name": acctest.EnvironmentName, "default_agent_id": "",
					"default_agent_name": ""})),
			acctest.Finds("data.matillion_environments.other", "environments",
				acctest.Object(map[string]string{"name": "Development", "default_agent_id": agent,
					"default_agent_name": "dev-runner"}),
				acctest.Object(map[string]string{"name": "Live", "default_agent_id": "", "default_agent_name": ""})),
		},
	})
}

func TestEnvironmentsDataSource_refusesWhatItCannotAskAbout(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	acctest.CLI(t,
		acctest.FailsToRead(acctest.ReplaceArgument(a.Provider(), "project_id", "")+`data "matillion_environments" "all" {}`,
			"Missing project"),
		acctest.FailsToRead(a.Provider()+`data "matillion_environments" "all" { project_id = "Warehouse" }`, "Invalid UUID"),
		acctest.FailsToRead(a.Provider()+`
			data "matillion_environments" "all" { project_id = "0f6b0f39-5d0c-4b2b-8b6a-3f6a4d1c9e77" }`,
			`Listing the environments of the project 0f6b0f39`),
	)
}
