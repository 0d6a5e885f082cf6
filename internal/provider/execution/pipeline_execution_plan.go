// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

// ModifyPlan decides what the next apply does with the run, beside what the schema says of single attributes:
//
//	no instance yet                                           start a run
//	a request argument or a trigger differs (the schema)      start another one
//	the same, on the first plan after an import               store the configuration's values
//	the project is another one, by the provider's default     start another one
//	waited for, ended badly, and that is an error             start another one, because of status
//	waited for and not ended                                  wait again
//	anything else                                             nothing
//
// Terraform plans a replacement a second time, as if there were no instance: that is the plan which asks the API. It
// plans a tainted instance in that way alone.
//
// Each plan that leads to a change leaves a mark for Delete. Where nothing changes, no Delete follows, not even with
// -replace, for which Terraform plans again.
func (r *pipelineExecutionResource) ModifyPlan(
	ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	mark := markOf(req.Config)
	if req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(mark.save(ctx, resp.Private)...)
		return
	}
	var plan pipelineExecutionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("project_id"), &plan.ProjectID)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("scalar_variables_wo"), &plan.ScalarVariablesWO)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if req.State.Raw.IsNull() {
		r.planNew(ctx, plan, mark, resp)
		return
	}
	r.planExisting(ctx, plan, req, resp)
	if len(resp.RequiresReplace) > 0 || !resp.Plan.Raw.Equal(req.State.Raw) {
		resp.Diagnostics.Append(mark.save(ctx, resp.Private)...)
	}
}

// planNew plans a run to start, or one to resume that a tainted instance hands over.
func (r *pipelineExecutionResource) planNew(
	ctx context.Context, plan pipelineExecutionModel, mark planMark, resp *resource.ModifyPlanResponse,
) {
	plan.ProjectID = planProject(ctx, r.Session, plan.ProjectID, types.StringUnknown(), resp)
	var diags diag.Diagnostics
	mark.Hash, diags = r.hashToPlan(ctx, plan, resp.Private)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(mark.save(ctx, resp.Private)...)
	if due, expected := session.Shared[handover](r.Session).expected(mark.Hash); expected {
		if len(due) > 0 {
			resp.Diagnostics.Append(willBeKept(plan.target(), due))
		}
		return // Nothing is started. If that proves wrong, Create asks for the secrets.
	}
	resp.Diagnostics.Append(checkSecrets(plan.ScalarVariablesWO, plan.ScalarVariablesWOVersion)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(preflight{r.Session}.checkStart(ctx, plan.requestModel)...)
}

// hashToPlan returns the hash for the mark of a plan without a prior state. There is none where the plan has prior
// private data: then it replaces an instance that is not tainted.
func (r *pipelineExecutionResource) hashToPlan(
	ctx context.Context, plan pipelineExecutionModel, private privateGetter,
) (string, diag.Diagnostics) {
	_, remembered, diags := loadPrivateState(ctx, private)
	mark, markDiags := loadPlanMark(ctx, private)
	diags.Append(markDiags...)
	if remembered || mark.Purpose != "" || diags.HasError() {
		return "", diags
	}
	return plan.runHash(ctx)
}

// planExisting plans what happens to a run that was started.
func (r *pipelineExecutionResource) planExisting(
	ctx context.Context, plan pipelineExecutionModel, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	var state pipelineExecutionModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	private, _, diags := loadPrivateState(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	plan.ProjectID = planProject(ctx, r.Session, plan.ProjectID, state.ProjectID, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	if private.Imported {
		resp.Diagnostics.Append(importMismatches(plan, state)...)
	} else if !plan.ProjectID.Equal(state.ProjectID) {
		resp.RequiresReplace.Append(path.Root("project_id"))
	}
	if state.WaitFailed.ValueBool() { // The instance has been untainted: what failed is made up for.
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("wait_failed"), false)...)
	}
	waits := plan.waits() || plan.WaitForCompletion.IsUnknown()
	v := private.judge(state.status(), policyOf[failurePolicy](plan.OnFailure))
	if v == verdictFailed {
		resp.RequiresReplace.Append(path.Root("status"))
	}
	if v == verdictFailed || (waits && !state.status().Ended()) {
		resp.Diagnostics.Append(expectResult(ctx, &resp.Plan)...)
	}
}

// planProject plans the project of an instance, and returns it: the argument, or the provider's where it is null. The
// prior one is unknown for a new instance.
func planProject(
	ctx context.Context, s *session.Session, argument, prior types.String, resp *resource.ModifyPlanResponse,
) types.String {
	project, diags := s.PlannedProject(argument, prior)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("project_id"), project)...)
	return project
}

// importMismatches finds arguments that contradict the imported run. A name that means the same pipeline does not.
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
