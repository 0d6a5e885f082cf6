// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

// lookups returns the data sources that only read, by type. A new one is among them by itself.
func lookups(c *acctest.Core) map[string]*tfprotov6.Schema {
	found := map[string]*tfprotov6.Schema{}
	for typeName, schema := range c.Schemas.DataSourceSchemas {
		if typeName != "matillion_pipeline_execution" { // which runs a pipeline
			found[typeName] = schema
		}
	}
	return found
}

// arguments returns what may be said in a schema, and a value for each that must be: the name of a thing, or its id.
func arguments(schema *tfprotov6.Schema) (all map[string]bool, required map[string]tftypes.Value) {
	all, required = map[string]bool{}, map[string]tftypes.Value{}
	for _, attribute := range schema.Block.Attributes {
		if attribute.Required {
			required[attribute.Name] = acctest.String("4711")
		}
		if attribute.Required || attribute.Optional {
			all[attribute.Name] = true
		}
	}
	return all, required
}

// What a 404 means depends on what was asked: a lookup has a subject, which advises only arguments that it has.
func TestLookups_aMissingThingIsWordedByItsSubject(t *testing.T) {
	t.Parallel()
	server := mockserver.New(acctest.Scenario(mockserver.Run{}))
	server.Inject(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 404})
	core := acctest.NewCore(t, server)
	known := map[string]bool{}
	for _, schema := range core.Schemas.DataSourceSchemas {
		all, _ := arguments(schema)
		for argument := range all {
			if strings.Contains(argument, "_") { // "name" and "status" are words of any text
				known[argument] = true
			}
		}
	}
	summaries := map[string]string{
		"matillion_projects":                 "Unexpected answer from Matillion",
		"matillion_project":                  "Unexpected answer from Matillion",
		"matillion_environments":             "Project not found",
		"matillion_pipeline_executions":      "Project not found",
		"matillion_published_pipeline":       "Project or environment not found",
		"matillion_published_pipelines":      "Project or environment not found",
		"matillion_pipeline_execution_steps": "Pipeline execution not found",
	}
	general := diagnose.Subject{}.Words(&matillion.Error{StatusCode: 404}).Summary
	for typeName, schema := range lookups(core) {
		has, required := arguments(schema)
		_, said := core.ReadDataSource(typeName, required)
		want, tabled := summaries[typeName]
		delete(summaries, typeName)
		if len(said) != 1 || said[0].Summary == general || (tabled && said[0].Summary != want) {
			t.Errorf("%s: a 404 says %s, want one error with a summary of its own, %q", typeName, said, want)
		}
		for argument := range known {
			if strings.Contains(said.String(), argument) && !has[argument] {
				t.Errorf("%s advises %s, which it does not have: %s", typeName, argument, said)
			}
		}
	}
	if len(summaries) > 0 {
		t.Errorf("there are no lookups %v", summaries)
	}
	if started := len(server.Started()); started != 0 {
		t.Errorf("the server started %d runs, want none", started)
	}
}
