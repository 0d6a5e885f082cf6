package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// newPipelineExecutionsDataSource lists executions, whoever started them.
func newPipelineExecutionsDataSource() datasource.DataSource {
	return &lookup[pipelineExecutionsModel]{
		name: "pipeline_executions", schema: pipelineExecutionsSchema, complete: completePipelineExecutions,
	}
}

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

func newListedExecution(e matillion.Execution) listedExecutionModel {
	m := listedExecutionModel{
		EnvironmentName: stringOrNull(e.EnvironmentName),
		PipelineName:    stringOrNull(e.PipelineName),
		ScheduleID:      stringOrNull(e.ScheduleID),
		User:            stringOrNull(e.User),
	}
	m.set(e)
	return m
}

func pipelineExecutionsSchema() schema.Schema {
	attributes := dataSourceFilters()
	attributes["max_results"] = schema.Int64Attribute{
		Optional: true, Validators: []validator.Int64{int64validator.AtLeast(1)},
		MarkdownDescription: "At most this many executions, those that started last. At least 1. By default all are listed, " +
			"which takes a while where the history is long.",
	}
	attributes["executions"] = listing("The executions, those that started last first.", listedExecution())
	return schema.Schema{
		MarkdownDescription: "Lists the pipeline executions of a project, whatever started them: Terraform, a schedule or " +
			"the designer. It starts nothing.",
		Attributes: attributes,
	}
}

func completePipelineExecutions(
	ctx context.Context, s *session, config *pipelineExecutionsModel,
) diag.Diagnostics {
	project, diags := s.lookIn(config.ProjectID)
	config.ProjectID = project
	query, queryDiags := config.query(ctx)
	diags.Append(queryDiags...)
	if diags.HasError() {
		return diags
	}
	limit := config.MaxResults.ValueInt64()
	executions, err := s.client.Executions.List(ctx, query, atLeast(limit))
	if err != nil {
		return diag.Diagnostics{readFailed(listingExecutions(query), err)}
	}
	if limit > 0 && limit < int64(len(executions)) {
		executions = executions[:limit]
	}
	config.Executions = each(executions, newListedExecution)
	return diags
}

// listingExecutions says what a list call is for.
func listingExecutions(query matillion.ExecutionsQuery) string {
	return fmt.Sprintf("Listing the pipeline executions of the project %s", query.ProjectID)
}
