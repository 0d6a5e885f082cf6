package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

func TestEnvironmentsDataSource_listsThoseOfTheProject(t *testing.T) {
	t.Parallel()
	s := scenario(mockserver.Run{})
	const other, agent = "0f6b0f39-5d0c-4b2b-8b6a-3f6a4d1c9e77", "7b1d9c58-3f0e-4a53-9c07-2d6f8e4a1b90"
	s.Projects = append(s.Projects, mockserver.Project{ID: other, Name: "Finance", Environments: []mockserver.Environment{
		{Name: "Development", DefaultAgentID: agent, DefaultAgentName: "dev-runner"}, {Name: "Live"},
	}})
	a := serve(t, 0, s)
	testCLI(t, resource.TestStep{
		Config: a.provider() + `
			data "matillion_environments" "default" {}
			data "matillion_environments" "other" { project_id = "` + other + `" }`,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.matillion_environments.default", tfjsonpath.New("project_id"),
				knownvalue.StringExact(testProject)),
			finds("data.matillion_environments.default", "environments",
				object(map[string]string{"name": testEnvironment, "default_agent_id": "", "default_agent_name": ""})),
			finds("data.matillion_environments.other", "environments",
				object(map[string]string{"name": "Development", "default_agent_id": agent, "default_agent_name": "dev-runner"}),
				object(map[string]string{"name": "Live", "default_agent_id": "", "default_agent_name": ""})),
		},
	})
}

func TestEnvironmentsDataSource_refusesWhatItCannotAskAbout(t *testing.T) {
	t.Parallel()
	a := serve(t, 0, scenario(mockserver.Run{}))
	testCLI(t,
		failsToRead(replaceArgument(a.provider(), "project_id", "")+`data "matillion_environments" "all" {}`,
			"Missing project"),
		failsToRead(a.provider()+`data "matillion_environments" "all" { project_id = "Warehouse" }`, "Invalid UUID"),
		failsToRead(a.provider()+`
			data "matillion_environments" "all" { project_id = "0f6b0f39-5d0c-4b2b-8b6a-3f6a4d1c9e77" }`,
			`Listing the environments of the project 0f6b0f39`),
	)
}
