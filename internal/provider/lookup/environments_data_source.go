// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package lookup

import (
	"context"

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
		project: func(m *environmentsModel) *types.String { return &m.ProjectID },
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

func completeEnvironments(ctx context.Context, s *session.Session, config *environmentsModel) diag.Diagnostics {
	project := config.ProjectID.ValueString()
	environments, err := s.Client.Environments.List(ctx, project)
	if err != nil {
		return diag.Diagnostics{diagnose.ProjectSubject.Failed("Listing the environments of the project "+project, err)}
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
