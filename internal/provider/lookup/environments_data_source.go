// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package lookup

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/nullable"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

// newEnvironmentsDataSource lists the environments of a project.
func newEnvironmentsDataSource() datasource.DataSource {
	return &lookup[environmentsModel]{
		name: "environments", schema: environmentsSchema, complete: completeEnvironments,
	}
}

type environmentsModel struct {
	ProjectID    types.String       `tfsdk:"project_id"`
	Environments []environmentModel `tfsdk:"environments"`
}

type environmentModel struct {
	Name             types.String `tfsdk:"name"`
	DefaultAgentID   types.String `tfsdk:"default_agent_id"`
	DefaultAgentName types.String `tfsdk:"default_agent_name"`
}

func environmentsSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Lists the environments of a project.",
		Attributes: map[string]schema.Attribute{
			"project_id": projectID(),
			"environments": computedObjects("The environments.", map[string]schema.Attribute{
				"name":               computedString("Name of the environment: what `environment_name` takes."),
				"default_agent_id":   computedString("Id of the agent (runner) that runs what does not name one."),
				"default_agent_name": computedString("Name of that agent."),
			}),
		},
	}
}

var environmentsSubject = diagnose.Subject{
	matillion.KindNotFound: {
		Summary: "Project not found",
		Advice:  "Check project_id, and that the credentials have access to the project." + diagnose.CheckAddress,
	},
}

func completeEnvironments(ctx context.Context, s *session.Session, config *environmentsModel) diag.Diagnostics {
	project, diags := s.ReadyIn(config.ProjectID)
	if diags.HasError() {
		return diags
	}
	config.ProjectID = project
	environments, err := s.Client.Environments.List(ctx, project.ValueString())
	if err != nil {
		doing := fmt.Sprintf("Listing the environments of the project %s", project.ValueString())
		return diag.Diagnostics{environmentsSubject.Failed(doing, err)}
	}
	config.Environments = modelsOf(environments, func(e matillion.Environment) environmentModel {
		return environmentModel{
			Name:             nullable.String(e.Name),
			DefaultAgentID:   nullable.String(e.DefaultAgentID),
			DefaultAgentName: nullable.String(e.DefaultAgentName),
		}
	})
	return nil
}
