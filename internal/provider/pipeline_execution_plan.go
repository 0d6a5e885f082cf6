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
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("project_id"), &plan.ProjectID)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if req.State.Raw.IsNull() {
		resp.Diagnostics.Append(r.planProject(&plan, types.StringUnknown())...)
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("project_id"), plan.ProjectID)...)
		resp.Diagnostics.Append(r.checks.run(ctx, plan.requestModel)...)
		return
	}
	var state pipelineExecutionModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	record, _, diags := loadRecord(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(r.planProject(&plan, state.ProjectID)...)
	if resp.Diagnostics.HasError() {
		return
	}
	changed := changedNames(req.Plan.Raw, req.State.Raw)
	changed["project_id"] = !plan.ProjectID.Equal(state.ProjectID)
	r.planNext(ctx, plan, state, record, changed, resp)
}

// planNext plans what becomes of an instance that there is. It leaves a plan that says all as it is.
func (r *pipelineExecutionResource) planNext(
	ctx context.Context, plan, state pipelineExecutionModel, record record, changed map[string]bool,
	resp *resource.ModifyPlanResponse,
) {
	var reasons []string
	if record.Imported {
		resp.Diagnostics.Append(importMismatches(plan, state)...)
	} else {
		reasons = runsAgain(plan, state, record, changed)
	}
	switch {
	case len(reasons) > 0:
		for _, name := range reasons {
			resp.RequiresReplace.Append(path.Root(name))
		}
		plan.ID = types.StringUnknown()
		resp.Diagnostics.Append(r.checks.run(ctx, plan.requestModel)...)
	case state.status().Ended(), !plan.waits() && !plan.WaitForCompletion.IsUnknown():
		return
	}
	plan.forget()
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// planProject fills in the provider's project. One that is not known yet must not look like a change, which would be
// another run.
func (r *pipelineExecutionResource) planProject(plan *pipelineExecutionModel, fallback types.String) diag.Diagnostics {
	project, diags := r.project(plan.ProjectID)
	if project.IsUnknown() && plan.ProjectID.IsNull() {
		project = fallback
	}
	plan.ProjectID = project
	return diags
}

// runsAgain names the attributes because of which a plan is another run.
func runsAgain(plan, state pipelineExecutionModel, record record, changed map[string]bool) []string {
	var reasons []string
	for _, name := range requestNames() {
		if changed[name] {
			reasons = append(reasons, name)
		}
	}
	// A policy that is not known yet is no reason to start anything.
	fails := plan.OnFailure.ValueString() == policyError || record.Cancelled
	if record.VerdictDue && state.status().EndedBadly() && fails {
		reasons = append(reasons, "status")
	}
	return reasons
}

// changedNames returns the names of the attributes whose planned values differ from the state, or may.
func changedNames(plan, state tftypes.Value) map[string]bool {
	var planned, prior map[string]tftypes.Value
	names := map[string]bool{}
	if plan.As(&planned) != nil || state.As(&prior) != nil {
		return names
	}
	for name, value := range planned {
		names[name] = !value.Equal(prior[name])
	}
	return names
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
		matillion.CompareNames(state.PipelineName.ValueString(), plan.PipelineName.ValueString()) != matillion.NamesDiffer)
	return diags
}
