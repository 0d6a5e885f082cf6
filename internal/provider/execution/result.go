// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/nullable"
)

// resultModel is what the API returns about a run. What has not been observed is null.
type resultModel struct {
	ID           types.String `tfsdk:"id"`
	Status       types.String `tfsdk:"status"`
	Message      types.String `tfsdk:"message"`
	PipelineType types.String `tfsdk:"pipeline_type"`
	Trigger      types.String `tfsdk:"trigger"`
	StartedAt    types.String `tfsdk:"started_at"`
	FinishedAt   types.String `tfsdk:"finished_at"`
	URL          types.String `tfsdk:"url"`
}

// judgedResultModel is a result of which the end may have been judged.
type judgedResultModel struct {
	resultModel
	FailedStep types.Object `tfsdk:"failed_step"`
}

// originModel is what the resource alone knows of a run, and Delete needs: a tainted instance is deleted with its
// state, and without its private data.
type originModel struct {
	Adopted    types.Bool `tfsdk:"adopted"`
	WaitFailed types.Bool `tfsdk:"wait_failed"`
}

// failedStepTypes are the attributes of failed_step.
func failedStepTypes() map[string]attr.Type {
	return map[string]attr.Type{"name": types.StringType, "message": types.StringType}
}

// computedString is a result that keeps its value in a plan.
func computedString(text string) schema.Attribute {
	return schema.StringAttribute{
		Computed: true, MarkdownDescription: text,
		PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
	}
}

// computedBool is a result that keeps its value in a plan.
func computedBool(text string) schema.Attribute {
	return schema.BoolAttribute{
		Computed: true, MarkdownDescription: text,
		PlanModifiers: []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
	}
}

// resultAttributes follow https://docs.maia.ai/api-reference/pipeline-execution/pipeline-execution-details. Each keeps
// its value in a plan, unless ModifyPlan expects another one.
func resultAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id": computedString("Id of the execution."),
		"status": computedString("Last observed status: `RUNNING`, `CANCELLING`, `SUCCESS`, `FAILED`, " +
			"`CANCELLED`, `SKIPPED`, `UNKNOWN`, or another word of the API. Null until it has been observed."),
		"message":       computedString("What the API says about the status."),
		"pipeline_type": computedString("Type of the pipeline, such as `ORCHESTRATION`."),
		"trigger":       computedString("What started the execution: `API` for those that Terraform started."),
		"started_at":    computedString("When the execution started, as an RFC 3339 time in UTC."),
		"finished_at":   computedString("When the execution ended, as an RFC 3339 time in UTC. Null until then."),
		"url":           computedString("URL of the execution in Matillion's console."),
	}
}

// judgedResultAttributes are those of a form that waits for its run.
func judgedResultAttributes() map[string]schema.Attribute {
	attributes := resultAttributes()
	attributes["failed_step"] = schema.SingleNestedAttribute{
		Computed: true, PlanModifiers: []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
		MarkdownDescription: "The first step that failed, if the execution was waited for and ended badly.",
		Attributes: map[string]schema.Attribute{
			"name":    schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the step."},
			"message": schema.StringAttribute{Computed: true, MarkdownDescription: "What the API says about the step."},
		},
	}
	return attributes
}

// originAttributes are computed by the provider itself.
func originAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"adopted": computedBool("Whether the execution was found and taken over, instead of being started here: because " +
			"the answer to its start was lost, or as `on_conflict = \"attach\"` says. No policy cancels such an execution."),
		"wait_failed": computedBool("Whether waiting for the execution ended in an error when the resource was created, " +
			"while the execution was not known to have ended badly. The next apply waits for the same execution."),
	}
}

// setResult fills in what is known of a run. Every result is known afterwards.
func (m *resultModel) setResult(run matillion.Execution) {
	m.ID = types.StringValue(run.ID)
	m.Status = nullable.String(string(run.Status))
	m.Message = nullable.String(run.Message)
	m.PipelineType = nullable.String(run.PipelineType)
	m.Trigger = nullable.String(run.Trigger)
	m.StartedAt = nullable.Time(run.StartedAt.Time)
	m.FinishedAt = nullable.Time(run.FinishedAt.Time)
	m.URL = nullable.String(consoleAddress(run.ID))
}

// setResult fills in what is known of a run, and the step because of which it ended badly, if that is known.
func (m *judgedResultModel) setResult(run matillion.Execution, failed *matillion.Step) {
	m.resultModel.setResult(run)
	m.FailedStep = types.ObjectNull(failedStepTypes())
	if failed != nil {
		m.FailedStep = types.ObjectValueMust(failedStepTypes(), map[string]attr.Value{
			"name": nullable.String(failed.Name), "message": nullable.String(failed.Result.Message),
		})
	}
}

// expectResult marks every result in a plan as unknown until the apply, except id and url, which stay.
func expectResult(ctx context.Context, plan *tfsdk.Plan) (diags diag.Diagnostics) {
	for name := range resultAttributes() {
		if name != "id" && name != "url" {
			diags.Append(plan.SetAttribute(ctx, path.Root(name), types.StringUnknown())...)
		}
	}
	diags.Append(plan.SetAttribute(ctx, path.Root("failed_step"), types.ObjectUnknown(failedStepTypes()))...)
	return diags
}

// key is the id of a run, which is the same in either case.
func (m resultModel) key() string { return strings.ToLower(m.ID.ValueString()) }

func (m resultModel) status() matillion.Status { return matillion.Status(m.Status.ValueString()) }

// lastKnown returns what a state says of a run, as far as decisions and words need it.
func (m resultModel) lastKnown(projectID types.String) matillion.Execution {
	return matillion.Execution{
		ID:         m.ID.ValueString(),
		ProjectID:  projectID.ValueString(),
		Status:     m.status(),
		Message:    m.Message.ValueString(),
		StartedAt:  matillion.Timestamp{Time: nullable.ParseTime(m.StartedAt)},
		FinishedAt: matillion.Timestamp{Time: nullable.ParseTime(m.FinishedAt)},
	}
}
