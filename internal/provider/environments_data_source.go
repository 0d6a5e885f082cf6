package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = &environmentsDataSource{}

func newEnvironmentsDataSource() datasource.DataSource { return &environmentsDataSource{} }

// environmentsDataSource lists the environments of a project.
type environmentsDataSource struct{ configuredDataSource }

type environmentsModel struct {
	ProjectID    types.String       `tfsdk:"project_id"`
	Environments []environmentModel `tfsdk:"environments"`
}

type environmentModel struct {
	Name             types.String `tfsdk:"name"`
	DefaultAgentID   types.String `tfsdk:"default_agent_id"`
	DefaultAgentName types.String `tfsdk:"default_agent_name"`
}

func (d *environmentsDataSource) Metadata(
	_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_environments"
}

func (d *environmentsDataSource) Schema(
	_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse,
) {
	resp.Schema = schema.Schema{
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

func (d *environmentsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config environmentsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	project, diags := d.lookIn(config.ProjectID)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	config.ProjectID = project
	environments, err := d.client.Environments(ctx, project.ValueString())
	if err != nil {
		doing := fmt.Sprintf("Listing the environments of the project %s", project.ValueString())
		resp.Diagnostics.Append(readFailed(doing, err))
		return
	}
	config.Environments = make([]environmentModel, 0, len(environments))
	for _, environment := range environments {
		config.Environments = append(config.Environments, environmentModel{
			Name:             stringOrNull(environment.Name),
			DefaultAgentID:   stringOrNull(environment.DefaultAgentID),
			DefaultAgentName: stringOrNull(environment.DefaultAgentName),
		})
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, config)...)
}
