// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/nullable"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

var _ datasource.DataSourceWithConfigure = &pipelineExecutionsDataSource{}

func newPipelineExecutionsDataSource() datasource.DataSource { return &pipelineExecutionsDataSource{} }

// pipelineExecutionsDataSource lists runs, whoever started them.
type pipelineExecutionsDataSource struct{ session.ConfiguredDataSource }

type pipelineExecutionsModel struct {
	filterModel
	MaxResults types.Int64      `tfsdk:"max_results"`
	Executions []listedRunModel `tfsdk:"executions"`
}

// listedRunModel is a run in a list: the result that every form has, and what else the API returns.
type listedRunModel struct {
	resultModel
	EnvironmentName types.String `tfsdk:"environment_name"`
	PipelineName    types.String `tfsdk:"pipeline_name"`
	ScheduleID      types.String `tfsdk:"schedule_id"`
	User            types.String `tfsdk:"user"`
}

func (d *pipelineExecutionsDataSource) Metadata(
	_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_pipeline_executions"
}

func (d *pipelineExecutionsDataSource) Schema(
	_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse,
) {
	listed := func(text string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: text}
	}
	run := dataSourceAttributes(resultAttributes())
	run["message"] = listed("What the API says about the status. It may repeat values of variables, also those that " +
		"`scalar_variables_wo` keeps out of the state: this data source cannot know them.")
	run["environment_name"] = listed("Name of the environment that the execution runs in.")
	run["pipeline_name"] = listed("Name of the pipeline.")
	run["schedule_id"] = listed("Id of the schedule that started the execution. Null if none did.")
	run["user"] = listed("User who started the execution, in the designer or by running a schedule now. Null if nobody " +
		"did.")

	attributes := filterAttributes()
	attributes["project_id"] = schema.StringAttribute{
		Optional: true, Computed: true, Validators: []validator.String{validate.UUID()},
		MarkdownDescription: session.LookupProjectText,
	}
	attributes["max_results"] = schema.Int64Attribute{
		Optional: true, Validators: []validator.Int64{int64validator.AtLeast(1)},
		MarkdownDescription: "At most this many executions, those that started last. At least 1. By default all are " +
			"listed, which takes a while where the history is long.",
	}
	attributes["executions"] = schema.ListNestedAttribute{
		Computed: true, NestedObject: schema.NestedAttributeObject{Attributes: run},
		MarkdownDescription: "The executions, those that started last first.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the pipeline executions of a project, whatever started them: Terraform, a schedule or " +
			"the designer. It starts nothing.",
		Attributes: attributes,
	}
}

func (d *pipelineExecutionsDataSource) Read(
	ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse,
) {
	var config pipelineExecutionsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	project, diags := d.ReadyIn(config.ProjectID)
	resp.Diagnostics.Append(diags...)
	config.ProjectID = project
	query, diags := config.query(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	limit := int(config.MaxResults.ValueInt64())
	runs, err := d.Client.Executions.List(ctx, query, func(listed []matillion.Execution) bool {
		return limit > 0 && len(listed) >= limit
	})
	if err != nil {
		resp.Diagnostics.Append(listFailed(query, err))
		return
	}
	if limit > 0 && limit < len(runs) { // The last page may have more.
		runs = runs[:limit]
	}
	config.Executions = make([]listedRunModel, 0, len(runs)) // without runs it is empty, which is not null
	for _, run := range runs {
		config.Executions = append(config.Executions, newListedRun(run))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, config)...)
}

func newListedRun(run matillion.Execution) listedRunModel {
	m := listedRunModel{
		EnvironmentName: nullable.String(run.EnvironmentName),
		PipelineName:    nullable.String(run.PipelineName),
		ScheduleID:      nullable.String(run.ScheduleID),
		User:            nullable.String(run.User),
	}
	m.setResult(run)
	return m
}
