// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package lookup_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// is checks the strings of a data source; "" is null.
func is(address string, attributes map[string]string) (checks []statecheck.StateCheck) {
	for name, value := range attributes {
		check := knownvalue.Check(knownvalue.StringExact(value))
		if value == "" {
			check = knownvalue.Null()
		}
		checks = append(checks, statecheck.ExpectKnownValue("data.matillion_"+address, tfjsonpath.New(name), check))
	}
	return checks
}

func TestProjectDataSource_findsOneByNameOrID(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{})
	s.MaxPageSize = 1
	s.Projects = append(s.Projects, mockserver.Project{Name: "Finance", Description: "Month end"},
		mockserver.Project{Name: "Two  spaces "})
	a := acctest.Serve(t, 0, s)
	warehouse := map[string]string{"id": acctest.ProjectID, "name": "Warehouse", "description": ""}
	acctest.CLI(t, resource.TestStep{
		Config: a.Provider() + fmt.Sprintf(`
			data "matillion_project" "by_name" { name = "Warehouse" }
			data "matillion_project" "by_id" { id = "%s" }
			data "matillion_project" "finance" { name = "Finance" }
			data "matillion_project" "spaces" { name = "Two  spaces " }`, strings.ToUpper(acctest.ProjectID)),
		ConfigStateChecks: append(append(is("project.by_name", warehouse), is("project.by_id", warehouse)...),
			is("project.finance", map[string]string{"description": "Month end"})...),
	})
}

func TestProjectDataSource_saysWhyItCannotFindOne(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{})
	s.Projects = append(s.Projects, mockserver.Project{ID: "0f6b0f39-5d0c-4b2b-8b6a-3f6a4d1c9e77", Name: "Twins"},
		mockserver.Project{ID: "0f6b0f39-5d0c-4b2b-8b6a-3f6a4d1c9e78", Name: "Twins"})
	a := acctest.Serve(t, 0, s)
	fails := func(arguments, want string) resource.TestStep {
		return acctest.FailsToRead(a.Provider()+`data "matillion_project" "p" { `+arguments+` }`, want)
	}
	acctest.CLI(t,
		fails(`name = "Warehose"`, `(?s)Project not found.*There is no project with the name "Warehose".*Did you mean.*"Warehouse"`),
		fails(`id = "5a3f9a52-8a1e-4c0f-9d7b-0c1d2e3f4a5c"`, `(?s)Project not found.*Did you mean\s+"`+acctest.ProjectID),
		fails(`name = "Twins"`, `(?s)Several projects match.*Set id.*0f6b0f39-5d0c-4b2b-8b6a-3f6a4d1c9e77.*0f6b0f39-5d0c-4b2b-8b6a-3f6a4d1c9e78`),
		fails(``, "Invalid Attribute Combination"),
		fails(`name = ""`, "Invalid Attribute Value Length"),
		fails(`id = "warehouse"`, "Invalid UUID"),
		fails("\n name = \"Warehouse\"\n id = \""+acctest.ProjectID+"\"\n", "Invalid Attribute Combination"),
	)
}
