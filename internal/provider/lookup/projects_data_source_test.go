// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package lookup_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

func TestProjectsDataSource_listsThemAllOrTheOneOfAName(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{})
	s.MaxPageSize = 1
	const other = "0f6b0f39-5d0c-4b2b-8b6a-3f6a4d1c9e77"
	s.Projects = append(s.Projects, mockserver.Project{ID: other, Name: "Finance", Description: "Month end"})
	a := acctest.Serve(t, 0, s)
	warehouse := acctest.Object(map[string]string{"id": acctest.ProjectID, "name": "Warehouse", "description": ""})
	finance := acctest.Object(map[string]string{"id": other, "name": "Finance", "description": "Month end"})
	acctest.CLI(t, resource.TestStep{
		Config: a.Provider() + `
			data "matillion_projects" "all" {}
			data "matillion_projects" "one" { name = "Finance" }
			data "matillion_projects" "none" { name = "finance" }`,
		ConfigStateChecks: []statecheck.StateCheck{
			acctest.Finds("data.matillion_projects.all", "projects", warehouse, finance),
			acctest.Finds("data.matillion_projects.one", "projects", finance),
			acctest.Finds("data.matillion_projects.none", "projects"),
		},
	})
}

func TestProjectsDataSource_saysWhyItCannotRead(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	a.Inject(mockserver.Fault{On: mockserver.OpProjects, Kind: mockserver.FaultStatus, Status: 403})
	acctest.CLI(t, acctest.FailsToRead(a.Provider()+`data "matillion_projects" "all" {}`, "Matillion denied access"))
}

func TestLookups_needAProviderThatIsKnown(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	config := acctest.ReplaceArgument(a.Provider(), "client_secret", "client_secret = terraform_data.secret.output") + `
		resource "terraform_data" "secret" { input = "mock-client-secret" }
		data "matillion_projects" "all" {}
		data "matillion_pipeline_executions" "all" {}`
	acctest.CLI(t, acctest.FailsToRead(config, "Provider is not configured"))
	if got := a.Calls(""); got != 0 {
		t.Errorf("%d calls, want none", got)
	}
}
