package provider

import (
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// object is what a list of objects holds: texts, or null for those that are empty.
func object(texts map[string]string) knownvalue.Check {
	checks := map[string]knownvalue.Check{}
	for name, text := range texts {
		checks[name] = knownvalue.StringExact(text)
		if text == "" {
			checks[name] = knownvalue.Null()
		}
	}
	return knownvalue.ObjectExact(checks)
}

// finds checks that an attribute of a data source is exactly a list of objects.
func finds(address, attribute string, objects ...knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), knownvalue.ListExact(objects))
}

// failsToRead is a step whose configuration ends in an error.
func failsToRead(config, summary string) resource.TestStep {
	return resource.TestStep{Config: config, ExpectError: regexp.MustCompile(summary)}
}

func TestProjectsDataSource_listsThemAllOrTheOneOfAName(t *testing.T) {
	t.Parallel()
	s := scenario(mockserver.Run{})
	s.MaxPageSize = 1
	const other = "0f6b0f39-5d0c-4b2b-8b6a-3f6a4d1c9e77"
	s.Projects = append(s.Projects, mockserver.Project{ID: other, Name: "Finance", Description: "Month end"})
	a := serve(t, 0, s)
	warehouse := object(map[string]string{"id": testProject, "name": "Warehouse", "description": ""})
	finance := object(map[string]string{"id": other, "name": "Finance", "description": "Month end"})
	testCLI(t, resource.TestStep{
		Config: a.provider() + `
			data "matillion_projects" "all" {}
			data "matillion_projects" "one" { name = "Finance" }
			data "matillion_projects" "none" { name = "finance" }`,
		ConfigStateChecks: []statecheck.StateCheck{
			finds("data.matillion_projects.all", "projects", warehouse, finance),
			finds("data.matillion_projects.one", "projects", finance),
			finds("data.matillion_projects.none", "projects"),
		},
	})
}

func TestProjectsDataSource_saysWhyItCannotRead(t *testing.T) {
	t.Parallel()
	a := serve(t, 0, scenario(mockserver.Run{}))
	a.Inject(mockserver.Fault{On: mockserver.OpProjects, Kind: mockserver.FaultStatus, Status: 403})
	testCLI(t, failsToRead(a.provider()+`data "matillion_projects" "all" {}`, "Matillion denied access"))
}

func TestLookups_needAProviderThatIsKnown(t *testing.T) {
	t.Parallel()
	a := serve(t, 0, scenario(mockserver.Run{}))
	config := replaceArgument(a.provider(), "client_secret", "client_secret = terraform_data.secret.output") + `
		resource "terraform_data" "secret" { input = "mock-client-secret" }
		data "matillion_projects" "all" {}
		data "matillion_pipeline_executions" "all" {}`
	testCLI(t, failsToRead(config, "Provider is not configured"))
	if got := a.Calls(""); got != 0 {
		t.Errorf("%d calls, want none", got)
	}
}
