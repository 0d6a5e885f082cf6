package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ datasource.DataSourceWithConfigure = &projectsDataSource{}

func newProjectsDataSource() datasource.DataSource { return &projectsDataSource{} }

// projectsDataSource lists the projects of the account.
type projectsDataSource struct{ configuredDataSource }

type projectsModel struct {
	Name     types.String   `tfsdk:"name"`
	Projects []projectModel `tfsdk:"projects"`
}

type projectModel struct {
	ID          types.String `tfsdk:"id"`
	Name        types.String `tfsdk:"name"`
	Description types.String `tfsdk:"description"`
}

func (d *projectsDataSource) Metadata(
	_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_projects"
}

func (d *projectsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the projects of the account. Credentials see only the projects that they have a role " +
			"in, which may be none.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Optional: true, Validators: []validator.String{notEmpty()},
				MarkdownDescription: "Only projects of exactly this name.",
			},
			"projects": listing("The projects.", map[string]schema.Attribute{
				"id":          told("Id of the project, as a UUID: what `project_id` takes."),
				"name":        told("Name of the project."),
				"description": told("Description of the project."),
			}),
		},
	}
}

func (d *projectsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config projectsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if d.client == nil {
		resp.Diagnostics.Append(providerUnknown())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	projects, err := d.client.Projects(ctx)
	if err != nil {
		resp.Diagnostics.Append(readFailed("Listing the projects", err))
		return
	}
	config.Projects = []projectModel{}
	for _, project := range projects {
		if config.Name.IsNull() || project.Name == config.Name.ValueString() {
			config.Projects = append(config.Projects, projectModel{
				ID: stringOrNull(project.ID), Name: stringOrNull(project.Name), Description: stringOrNull(project.Description),
			})
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, config)...)
}
