// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// What a 404 means depends on what was asked: a lookup advises only arguments that it has.
func TestLookups_aMissingThingIsWordedByItsSubject(t *testing.T) {
	t.Parallel()
	server := mockserver.New(acctest.Scenario(mockserver.Run{}))
	server.Inject(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 404})
	core := acctest.NewCore(t, server)
	for typeName, c := range map[string]struct {
		config  map[string]tftypes.Value
		summary string
	}{
		"matillion_projects": {nil, "Unexpected answer from Matillion"},
		"matillion_project": {
			map[string]tftypes.Value{"name": acctest.String("Warehouse")}, "Unexpected answer from Matillion",
		},
		"matillion_published_pipeline": {
			map[string]tftypes.Value{"environment_name": acctest.String("Staging"), "name": acctest.String("seed")},
			"Project or environment not found",
		},
		"matillion_environments":        {nil, "Project not found"},
		"matillion_pipeline_executions": {nil, "Project not found"},
		"matillion_published_pipelines": {
			map[string]tftypes.Value{"environment_name": acctest.String("Staging")}, "Project or environment not found",
		},
		"matillion_pipeline_execution_steps": {
			map[string]tftypes.Value{"execution_id": acctest.String("4711")}, "Pipeline execution not found",
		},
	} {
		_, said := core.ReadDataSource(typeName, c.config)
		if len(said) != 1 || said[0].Summary != c.summary {
			t.Errorf("%s: a 404 says %s, want one error, %q", typeName, said, c.summary)
		}
		has := map[string]bool{}
		for _, attribute := range core.Schemas.DataSourceSchemas[typeName].Block.Attributes {
			has[attribute.Name] = true
		}
		for _, argument := range []string{
			"project_id", "environment_name", "pipeline_name", "version_name", "agent_id", "execution_id", "execution_tag",
		} {
			if strings.Contains(said.String(), argument) && !has[argument] {
				t.Errorf("%s advises %s, which it does not have: %s", typeName, argument, said)
			}
		}
	}
	if started := len(server.Started()); started != 0 {
		t.Errorf("the server started %d runs, want none", started)
	}
}
