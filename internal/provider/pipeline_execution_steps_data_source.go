package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// newPipelineExecutionStepsDataSource lists the steps of an execution.
func newPipelineExecutionStepsDataSource() datasource.DataSource {
	return &lookup[pipelineExecutionStepsModel]{
		name: "pipeline_execution_steps", schema: stepsSchema, complete: completeSteps,
	}
}

type pipelineExecutionStepsModel struct {
	ProjectID   types.String `tfsdk:"project_id"`
	ExecutionID types.String `tfsdk:"execution_id"`
	Steps       []stepModel  `tfsdk:"steps"`
}

type stepModel struct {
	ID         types.String `tfsdk:"id"`
	Name       types.String `tfsdk:"name"`
	Status     types.String `tfsdk:"status"`
	StartedAt  types.String `tfsdk:"started_at"`
	FinishedAt types.String `tfsdk:"finished_at"`
	Message    types.String `tfsdk:"message"`
}

func stepsSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Lists the steps of a pipeline execution that have begun so far, in the API's order.",
		Attributes: map[string]schema.Attribute{
			"project_id": lookupProject(),
			"execution_id": schema.StringAttribute{
				Required: true, Validators: []validator.String{notEmpty()},
				MarkdownDescription: "Id of the execution, such as the `id` of a `matillion_pipeline_execution`.",
			},
			"steps": listing("The steps.", map[string]schema.Attribute{
				"id":          told("Id of the step."),
				"name":        told("Name of the step."),
				"status":      told("Status of the step, such as `RUNNING`, `SUCCESS`, `FAILED` or `SKIPPED`."),
				"started_at":  told("When the step started, as an RFC 3339 time in UTC. Null where the API does not tell."),
				"finished_at": told("When the step ended, as an RFC 3339 time in UTC. Null until then."),
				"message":     told("What the API says about the status."),
			}),
		},
	}
}

func completeSteps(ctx context.Context, s *session, config *pipelineExecutionStepsModel) diag.Diagnostics {
	project, diags := s.lookIn(config.ProjectID)
	if diags.HasError() {
		return diags
	}
	config.ProjectID = project
	ref := matillion.Handle{ProjectID: project.ValueString(), ID: config.ExecutionID.ValueString()}
	steps, err := s.client.Executions.Steps(ctx, ref)
	if err != nil {
		return diag.Diagnostics{stepsFailed(ref, err)}
	}
	config.Steps = each(steps, func(step matillion.Step) stepModel {
		return stepModel{
			ID:         stringOrNull(step.ID),
			Name:       stringOrNull(step.Name),
			Status:     stringOrNull(string(step.Result.Status)),
			StartedAt:  timeOrNull(step.Result.StartedAt.Time),
			FinishedAt: timeOrNull(step.Result.FinishedAt.Time),
			Message:    stringOrNull(step.Result.Message),
		}
	})
	return nil
}
