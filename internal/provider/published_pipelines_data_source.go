package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

var _ datasource.DataSourceWithConfigure = &publishedPipelinesDataSource{}

func newPublishedPipelinesDataSource() datasource.DataSource { return &publishedPipelinesDataSource{} }

// publishedPipelinesDataSource lists what can be run in an environment.
type publishedPipelinesDataSource struct{ configuredDataSource }

type publishedPipelinesModel struct {
	ProjectID          types.String             `tfsdk:"project_id"`
	EnvironmentName    types.String             `tfsdk:"environment_name"`
	Name               types.String             `tfsdk:"name"`
	PublishedPipelines []publishedPipelineModel `tfsdk:"published_pipelines"`
}

type publishedPipelineModel struct {
	Name          types.String `tfsdk:"name"`
	PublishedTime types.String `tfsdk:"published_time"`
}

func (d *publishedPipelinesDataSource) Metadata(
	_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_published_pipelines"
}

func (d *publishedPipelinesDataSource) Schema(
	_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse,
) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the pipelines that are published to an environment. With `published_time` among the " +
			"`triggers` of a `matillion_pipeline_execution`, the pipeline runs again when it has been published again, and " +
			"not with every apply.",
		Attributes: map[string]schema.Attribute{
			"project_id": lookupProject(),
			"environment_name": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.UTF8LengthBetween(1, 255)},
				MarkdownDescription: "Name of the environment. 1 to 255 characters.",
			},
			"name": schema.StringAttribute{
				Optional: true, Validators: []validator.String{notEmpty()},
				MarkdownDescription: "Only pipelines that this name may mean: the whole name, or the last part of its path " +
					"with or without the extension.",
			},
			"published_pipelines": listing("The pipelines.", map[string]schema.Attribute{
				"name": told("Name of the pipeline: what `pipeline_name` takes. Often a path with an extension, such as " +
					"`ingest/orders.orch.yaml`."),
				"published_time": told("When the pipeline was published, as an RFC 3339 time in UTC."),
			}),
		},
	}
}

func (d *publishedPipelinesDataSource) Read(
	ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse,
) {
	var config publishedPipelinesModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	project, diags := d.lookIn(config.ProjectID)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	config.ProjectID = project
	pipelines, err := d.client.PublishedPipelines(ctx, project.ValueString(), config.EnvironmentName.ValueString())
	if err != nil {
		doing := fmt.Sprintf("Listing the pipelines that are published to the environment %q of the project %s",
			config.EnvironmentName.ValueString(), project.ValueString())
		resp.Diagnostics.Append(readFailed(doing, err))
		return
	}
	config.PublishedPipelines = []publishedPipelineModel{}
	for _, pipeline := range pipelines {
		if config.Name.IsNull() || matillion.SamePipeline(pipeline.Name, config.Name.ValueString()) {
			config.PublishedPipelines = append(config.PublishedPipelines, publishedPipelineModel{
				Name: stringOrNull(pipeline.Name), PublishedTime: timeOrNull(pipeline.PublishedTime.Time),
			})
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, config)...)
}
