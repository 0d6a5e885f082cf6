package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

var _ datasource.DataSourceWithConfigure = &pipelineExecutionsDataSource{}

func newPipelineExecutionsDataSource() datasource.DataSource { return &pipelineExecutionsDataSource{} }

// pipelineExecutionsDataSource lists executions, whoever started them.
type pipelineExecutionsDataSource struct{ configuredDataSource }

type pipelineExecutionsModel struct {
	executionFilterModel
	MaxResults types.Int64            `tfsdk:"max_results"`
	Executions []listedExecutionModel `tfsdk:"executions"`
}

// listedExecutionModel is an execution in a list: the result that every form has, and what else the API tells.
type listedExecutionModel struct {
	resultModel
	EnvironmentName types.String `tfsdk:"environment_name"`
	PipelineName    types.String `tfsdk:"pipeline_name"`
	ScheduleID      types.String `tfsdk:"schedule_id"`
	User            types.String `tfsdk:"user"`
}

// listedExecution renders the attributes of an execution in a list.
func listedExecution() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{
		"environment_name": told("Name of the environment that the execution runs in."),
		"pipeline_name":    told("Name of the pipeline."),
		"schedule_id":      told("Id of the schedule that started the execution. Null if none did."),
		"user": told("User who started the execution, in the designer or by running a schedule now. Null if nobody " +
			"did."),
	}
	for _, field := range withRole(roleResult, resultFields()) {
		attributes[field.name] = field.dataSourceAttribute()
	}
	return attributes
}

func (m *listedExecutionModel) set(e matillion.Execution) {
	m.resultModel.set(e)
	m.EnvironmentName = stringOrNull(e.EnvironmentName)
	m.PipelineName = stringOrNull(e.PipelineName)
	m.ScheduleID = stringOrNull(e.ScheduleID)
	m.User = stringOrNull(e.User)
}

func (d *pipelineExecutionsDataSource) Metadata(
	_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_pipeline_executions"
}

func (d *pipelineExecutionsDataSource) Schema(
	_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse,
) {
	attributes := dataSourceFilters()
	attributes["max_results"] = schema.Int64Attribute{
		Optional: true, Validators: []validator.Int64{int64validator.AtLeast(1)},
		MarkdownDescription: "At most this many executions, those that started last. At least 1. By default all are listed, " +
			"which takes a while where the history is long.",
	}
	attributes["executions"] = listing("The executions, those that started last first.", listedExecution())
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
	project, diags := d.lookIn(config.ProjectID)
	resp.Diagnostics.Append(diags...)
	config.ProjectID = project
	query, diags := config.query(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	limit := config.MaxResults.ValueInt64()
	executions, err := d.client.Executions(ctx, query, atLeast(limit))
	if err != nil {
		resp.Diagnostics.Append(readFailed(listingExecutions(query), err))
		return
	}
	if limit > 0 && limit < int64(len(executions)) {
		executions = executions[:limit]
	}
	config.Executions = make([]listedExecutionModel, len(executions))
	for i, execution := range executions {
		config.Executions[i].set(execution)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, config)...)
}

// listingExecutions says what a list call is for.
func listingExecutions(query matillion.ExecutionsQuery) string {
	return fmt.Sprintf("Listing the pipeline executions of the project %s", query.ProjectID)
}
