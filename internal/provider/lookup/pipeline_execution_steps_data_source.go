// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package lookup

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/nullable"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// newPipelineExecutionStepsDataSource lists the steps of an execution.
func newPipelineExecutionStepsDataSource() datasource.DataSource {
	return &lookup[pipelineExecutionStepsModel]{
		name: "pipeline_execution_steps", schema: stepsSchema, complete: completeSteps,
		project: func(m *pipelineExecutionStepsModel) *types.String { return &m.ProjectID },
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
			"project_id": projectID(),
			"execution_id": schema.StringAttribute{
				Required: true, Validators: []validator.String{validate.NotEmpty()},
				MarkdownDescription: "Id of the execution, such as the `id` of a `matillion_pipeline_execution`.",
			},
			"steps": computedObjects("The steps.", map[string]schema.Attribute{
				"id":     computedString("Id of the step."),
				"name":   computedString("Name of the step."),
				"status": computedString("Status of the step, such as `RUNNING`, `SUCCESS`, `FAILED` or `SKIPPED`."),
				"started_at": computedString("When the step started, as an RFC 3339 time in UTC. Null where the API does not " +
					"report it."),
				"finished_at": computedString("When the step ended, as an RFC 3339 time in UTC. Null until then."),
				"message": computedString("What the API says about the status. It may repeat values of variables, secret ones " +
					"too, and is kept in the state."),
			}),
		},
	}
}

func completeSteps(ctx context.Context, s *session.Session, config *pipelineExecutionStepsModel) diag.Diagnostics {
	handle := matillion.Handle{ProjectID: config.ProjectID.ValueString(), ID: config.ExecutionID.ValueString()}
	steps, err := s.Client.Executions.Steps(ctx, handle)
	if err != nil {
		return diag.Diagnostics{stepsFailed(handle, err)}
	}
	config.Steps = modelsOf(steps, func(step matillion.Step) stepModel {
		return stepModel{
			ID:         nullable.String(step.ID),
			Name:       nullable.String(step.Name),
			Status:     nullable.String(step.Result.Status),
			StartedAt:  nullable.Time(step.Result.StartedAt.Time),
			FinishedAt: nullable.Time(step.Result.FinishedAt.Time),
			Message:    nullable.String(step.Result.Message),
		}
	})
	return nil
}

// stepsFailed words a listing of steps that failed.
func stepsFailed(execution matillion.Handle, err error) diag.Diagnostic {
	if !matillion.IsNotFound(err) {
		return diagnose.Subject{}.Failed("Listing the steps of the pipeline execution "+execution.ID, err)
	}
	return diagnose.Say("The steps of the pipeline execution were not found.").
		Text("Check execution_id and project_id, and that the credentials have access to the project. The execution may "+
			"have expired from the history."+diagnose.CheckAddress).
		Fact("Project", execution.ProjectID).Fact("Execution", execution.ID).Answer(err).
		ErrorOn("execution_id", "Pipeline execution not found")
}
