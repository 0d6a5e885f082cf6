// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

var (
	_ resource.ResourceWithConfigure  = &pipelineExecutionOnDestroyResource{}
	_ resource.ResourceWithModifyPlan = &pipelineExecutionOnDestroyResource{}
)

func newPipelineExecutionOnDestroyResource() resource.Resource {
	return &pipelineExecutionOnDestroyResource{}
}

// pipelineExecutionOnDestroyResource is one run when the resource is destroyed, and none before.
type pipelineExecutionOnDestroyResource struct{ session.ConfiguredResource }

type pipelineExecutionOnDestroyModel struct {
	requestModel
	OnConflict    types.String   `tfsdk:"on_conflict"`
	OnFailure     types.String   `tfsdk:"on_failure"`
	OnInterrupt   types.String   `tfsdk:"on_interrupt"`
	Timeouts      timeouts.Value `tfsdk:"timeouts"`
	UnfinishedRun types.Object   `tfsdk:"unfinished_run"`
}

func (r *pipelineExecutionOnDestroyResource) Metadata(
	_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse,
) {
	resp.TypeName = pipelineExecutionType + "_on_destroy"
}

func (r *pipelineExecutionOnDestroyResource) Schema(
	_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse,
) {
	attributes := bareAttributes(requestAttributes())
	attributes["on_conflict"] = policyAttribute("What to do while `execution_tag` is in use: `fail` (default) or `wait` "+
		"until it is free or `timeouts.delete` is over. It needs an `execution_tag`.", conflictFail, conflictWait)
	attributes["on_failure"] = policyAttribute[failurePolicy]("How to report an execution that failed, was cancelled or " +
		"was skipped: as an `error` (default), which keeps the resource, or with `warn` as a warning, which destroys it.")
	attributes["on_interrupt"] = policyAttribute[interruptPolicy]("What to do when Terraform is interrupted (Ctrl-C) " +
		"while waiting: `detach` (default; leave the execution running, the next destroy waits for it) or `cancel`. Both " +
		"keep the resource.")
	times := map[string]string{
		"delete": "How long to wait for the execution to start and to end, such as `90m`. Defaults to `1h`.",
	}
	attributes["timeouts"] = timeoutsAttribute(timeouts.Type{ObjectType: timeoutTypes(times)}, times)
	attributes["unfinished_run"] = unfinishedRunAttribute()
	resp.Schema = schema.Schema{
		MarkdownDescription: "Executes a published pipeline when the resource is destroyed, and waits for its end. " +
			"Creating and updating the resource starts nothing. If the execution does not succeed, destroying the resource " +
			"fails, so that nothing is destroyed that it depends on.",
		Attributes: attributes,
	}
}

// ModifyPlan marks the plan for Delete, and shows in it what a destroy that failed has left.
func (r *pipelineExecutionOnDestroyResource) ModifyPlan(
	ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	resp.Diagnostics.Append(markOf(req.Config).save(ctx, resp.Private)...)
	var plan, state pipelineExecutionOnDestroyModel
	state.ProjectID = types.StringUnknown()
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if !req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	}
	switch {
	case resp.Diagnostics.HasError():
	case req.Plan.Raw.IsNull():
		resp.Diagnostics.Append(r.warnOfRunning(ctx, state)...)
	default:
		r.planInPlace(ctx, req, plan, state, resp)
	}
}

// Create starts nothing.
func (r *pipelineExecutionOnDestroyResource) Create(
	ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse,
) {
	var plan pipelineExecutionOnDestroyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(removePlanMark(ctx, resp.Private)...)
}

// Read has nothing to read: there is no run before the resource is destroyed.
func (r *pipelineExecutionOnDestroyResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {
}

// Update starts nothing. It forgets what a destroy that failed has left, unless that is the run which is still wanted.
func (r *pipelineExecutionOnDestroyResource) Update(
	ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse,
) {
	var plan, state pipelineExecutionOnDestroyModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	kept, diags := r.stillWanted(ctx, plan, state)
	resp.Diagnostics.Append(diags...)
	plan.UnfinishedRun = kept.object()
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(removePlanMark(ctx, resp.Private)...)
}

// Delete runs the pipeline and waits for it, unless the resource is being replaced. Without an error Terraform removes
// the instance and destroys what it depends on, so anything but a success is one.
func (r *pipelineExecutionOnDestroyResource) Delete(
	ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse,
) {
	var state pipelineExecutionOnDestroyModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	mark, diags := loadPlanMark(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(removePlanMark(ctx, resp.Private)...)
	left, diags := unfinishedRunIn(ctx, state.UnfinishedRun)
	resp.Diagnostics.Append(diags...)
	switch {
	case resp.Diagnostics.HasError():
	case mark.Purpose == planDestroys:
		r.runBefore(ctx, state, left, resp)
	case mark.Purpose == planReplaces:
		if left.exists() {
			resp.Diagnostics.Append(unfinishedForgotten(state.target(), left))
		}
	default:
		resp.Diagnostics.Append(unmarkedDestroy(state.target()))
	}
}
