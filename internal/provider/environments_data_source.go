package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
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
			"project_id": lookupProject(),
			"environments": listing("The environments.", map[string]schema.Attribute{
				"name":               told("Name of the environment: what `environment_name` takes."),
				"default_agent_id":   told("Id of the agent (runner) that runs what does not name one."),
				"default_agent_name": told("Name of that agent."),
			}),
		},
	}
}

func completeEnvironments(ctx context.Context, s *session, config *environmentsModel) diag.Diagnostics {
	project, diags := s.lookIn(config.ProjectID)
	if diags.HasError() {
		return diags
	}
	config.ProjectID = project
	environments, err := s.client.Environments.List(ctx, project.ValueString())
	if err != nil {
		doing := fmt.Sprintf("Listing the environments of the project %s", project.ValueString())
		return diag.Diagnostics{readFailed(doing, err)}
	}
	config.Environments = each(environments, func(e matillion.Environment) environmentModel {
		return environmentModel{
			Name:             stringOrNull(e.Name),
			DefaultAgentID:   stringOrNull(e.DefaultAgentID),
			DefaultAgentName: stringOrNull(e.DefaultAgentName),
		}
	})
	return nil
}
