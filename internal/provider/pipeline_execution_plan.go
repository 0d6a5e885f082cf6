package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// ModifyPlan decides what the next apply does with the run:
//
//	no instance yet                                           start one
//	a request argument or a trigger differs                   start another one
//	the same, on the first plan after an import               adopt the configuration's values
//	waited for, ended badly, and that is an error             start another one, because of status
//	waited for and not ended                                  wait again
//	anything else                                             nothing
func (r *pipelineExecutionResource) ModifyPlan(
	ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan pipelineExecutionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if req.State.Raw.IsNull() {
		resp.Diagnostics.Append(r.planProject(&plan, types.StringUnknown())...)
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("project_id"), plan.ProjectID)...)
		resp.Diagnostics.Append(r.checks.run(ctx, plan.requestModel)...)
		return
	}
	r.modifyUpdate(ctx, req, resp, plan)
}

func (r *pipelineExecutionResource) modifyUpdate(
	ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, plan pipelineExecutionModel,
) {
	var state pipelineExecutionModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	record, _, diags := loadRecord(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	var configuredProject types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("project_id"), &configuredProject)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.ProjectID = configuredProject
	resp.Diagnostics.Append(r.planProject(&plan, state.ProjectID)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("project_id"), plan.ProjectID)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if record.Imported {
		resp.Diagnostics.Append(importMismatches(plan, state)...)
		if !resp.Diagnostics.HasError() && awaits(plan, state) {
			resp.Diagnostics.Append(forgetResult(ctx, resp)...)
		}
		return
	}
	for _, name := range runsAgain(plan, state, record, changed(resp.Plan.Raw, req.State.Raw)) {
		resp.RequiresReplace.Append(path.Root(name))
	}
	switch {
	case len(resp.RequiresReplace) > 0:
		resp.Diagnostics.Append(forgetResult(ctx, resp)...)
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), types.StringUnknown())...)
		resp.Diagnostics.Append(r.checks.run(ctx, plan.requestModel)...)
	case awaits(plan, state):
		resp.Diagnostics.Append(forgetResult(ctx, resp)...)
	}
}

// planProject fills in the provider's project. One that is not known yet must not look like a change, which would be
// another run.
func (r *pipelineExecutionResource) planProject(plan *pipelineExecutionModel, fallback types.String) diag.Diagnostics {
	argument := plan.ProjectID
	if argument.IsUnknown() && fallback.IsUnknown() {
		argument = types.StringNull() // computed, and not set
	}
	project, diags := r.project(argument)
	if project.IsUnknown() && argument.IsNull() {
		project = fallback
	}
	plan.ProjectID = project
	return diags
}

// runsAgain names the attributes because of which a plan is another run.
func runsAgain(plan, state pipelineExecutionModel, record record, changed map[string]bool) []string {
	var reasons []string
	for _, field := range fieldsOf(formResource) {
		if field.role == roleRequest && changed[field.name] {
			reasons = append(reasons, field.name)
		}
	}
	if changed["triggers"] {
		reasons = append(reasons, "triggers")
	}
	fails := plan.OnFailure.ValueString() != policyWarn || record.Cancelled
	if record.VerdictDue && state.status().EndedBadly() && fails {
		reasons = append(reasons, "status")
	}
	return reasons
}

// awaits reports whether the next apply waits for the run that the state knows.
func awaits(plan, state pipelineExecutionModel) bool { return plan.waits() && !state.status().Ended() }

// changed returns the names of the attributes whose planned values differ from the state, or may.
func changed(plan, state tftypes.Value) map[string]bool {
	var planned, prior map[string]tftypes.Value
	if plan.As(&planned) != nil || state.As(&prior) != nil {
		return nil
	}
	names := map[string]bool{}
	for name, value := range planned {
		names[name] = !value.Equal(prior[name])
	}
	return names
}

// forgetResult plans that the result, but for the id, will be another one.
func forgetResult(ctx context.Context, resp *resource.ModifyPlanResponse) (diags diag.Diagnostics) {
	for _, field := range fieldsOf(formResource) {
		if field.role == roleResult && field.name != "id" {
			diags.Append(resp.Plan.SetAttribute(ctx, path.Root(field.name), types.StringUnknown())...)
		}
	}
	return diags
}

// importMismatches finds arguments that contradict the imported execution. A name that means the same pipeline does not.
func importMismatches(plan, state pipelineExecutionModel) (diags diag.Diagnostics) {
	check := func(argument string, configured, imported types.String, same bool) {
		if !configured.IsUnknown() && !imported.IsNull() && !same {
			diags.Append(importMismatch(argument, imported.ValueString(), configured.ValueString()))
		}
	}
	check("project_id", plan.ProjectID, state.ProjectID, plan.ProjectID.Equal(state.ProjectID))
	check("environment_name", plan.EnvironmentName, state.EnvironmentName,
		plan.EnvironmentName.Equal(state.EnvironmentName))
	check("pipeline_name", plan.PipelineName, state.PipelineName,
		matillion.SamePipeline(state.PipelineName.ValueString(), plan.PipelineName.ValueString()))
	return diags
}
