// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// defaultCompletionTimeout applies where the configuration sets no timeout.
const defaultCompletionTimeout = time.Hour

var (
	_ resource.ResourceWithConfigure  = &pipelineExecutionCompletionResource{}
	_ resource.ResourceWithModifyPlan = &pipelineExecutionCompletionResource{}
)

func newPipelineExecutionCompletionResource() resource.Resource {
	return &pipelineExecutionCompletionResource{}
}

// pipelineExecutionCompletionResource waits until executions have ended, whoever started them. It starts nothing. An
// instance that is tainted, because an execution ended badly or the wait was cut short, waits again.
type pipelineExecutionCompletionResource struct{ session.ConfiguredResource }

type pipelineExecutionCompletionModel struct {
	ProjectID    types.String   `tfsdk:"project_id"`
	ExecutionIDs types.List     `tfsdk:"execution_ids"`
	OnFailure    types.String   `tfsdk:"on_failure"`
	Executions   types.List     `tfsdk:"executions"`
	Timeouts     timeouts.Value `tfsdk:"timeouts"`
}

func (r *pipelineExecutionCompletionResource) Metadata(
	_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse,
) {
	resp.TypeName = pipelineExecutionType + "_completion"
}

func (r *pipelineExecutionCompletionResource) Schema(
	_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse,
) {
	times := map[string]string{
		"create": "How long to wait for the executions to end, such as `90m`. Defaults to `1h`.",
		"update": "How long to wait for them when `execution_ids` have changed. Defaults to `1h`.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Waits until pipeline executions have ended, and fails unless all of them ended in " +
			"`SUCCESS`. It starts nothing, ever: after an error or an interrupt, the next apply waits again for the same " +
			"executions.",
		Attributes: map[string]schema.Attribute{
			"project_id": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{validate.UUID()},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Project of the executions, as a UUID. Defaults to the provider's `project_id`.",
			},
			"execution_ids": schema.ListAttribute{
				Required: true, ElementType: types.StringType, PlanModifiers: []planmodifier.List{keepUUIDs{}},
				Validators: []validator.List{
					listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(),
					listvalidator.ValueStringsAre(validate.NotEmpty()),
				},
				MarkdownDescription: "Ids of the executions to wait for, such as the `id` of a `matillion_pipeline_execution` " +
					"without `wait_for_completion`. An id may be repeated. Executions that have ended in the state are not " +
					"asked for again when this changes.",
			},
			"on_failure": policyAttribute[failurePolicy]("How to report an execution that failed, was cancelled or was " +
				"skipped: as an `error` (default), or with `warn` as a warning."),
			"executions": schema.ListNestedAttribute{
				Computed: true, NestedObject: schema.NestedAttributeObject{Attributes: endAttributes()},
				MarkdownDescription: "How the executions ended, in the order of `execution_ids`.",
			},
			"timeouts": timeoutsAttribute(timeouts.Type{ObjectType: timeoutTypes(times)}, times),
		},
	}
}

// ModifyPlan plans what is known of the executions: what the state says, if all have ended in it, and nothing
// otherwise.
func (r *pipelineExecutionCompletionResource) ModifyPlan(
	ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	if req.Plan.Raw.IsNull() {
		return
	}
	plan, state := pipelineExecutionCompletionModel{}, pipelineExecutionCompletionModel{ProjectID: types.StringUnknown()}
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("project_id"), &plan.ProjectID)...)
	isNew := req.State.Raw.IsNull()
	if !isNew {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	project := planProject(ctx, r.Session, plan.ProjectID, state.ProjectID, resp)
	if isNew || resp.Diagnostics.HasError() {
		return
	}
	executions := types.ListUnknown(endType())
	if project.Equal(state.ProjectID) {
		var diags diag.Diagnostics
		executions, diags = plan.ended(ctx, state)
		resp.Diagnostics.Append(diags...)
	} else {
		resp.RequiresReplace.Append(path.Root("project_id"))
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("executions"), executions)...)
}

// Create waits for all executions. The state comes first, complete, so that no return from here on can leave it out.
func (r *pipelineExecutionCompletionResource) Create(
	ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse,
) {
	var plan pipelineExecutionCompletionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(r.Ready()...)
	timeout, diags := plan.Timeouts.Create(ctx, defaultCompletionTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	results, diags := plan.results(ctx, nil)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(plan.setExecutions(ctx, results)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	outcomes := r.await(ctx, timeout, plan, results)
	resp.Diagnostics.Append(plan.setExecutions(ctx, results)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(outcomes.explain(policyOf[failurePolicy](plan.OnFailure))...)
}

// Read keeps what the state says. What has ended no longer changes, and what has not is the next apply's to
// judge.
func (r *pipelineExecutionCompletionResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {
}

// Update waits for the executions that have not ended in the state. If that ends in an error, the state stays as it
// was, so that the next plan has the same changes, and the next apply waits again.
func (r *pipelineExecutionCompletionResource) Update(
	ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse,
) {
	var plan, state pipelineExecutionCompletionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(r.Ready()...)
	timeout, diags := plan.Timeouts.Update(ctx, defaultCompletionTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	known, diags := state.endedResults(ctx)
	resp.Diagnostics.Append(diags...)
	results, diags := plan.results(ctx, known)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	outcomes := r.await(ctx, timeout, plan, results)
	resp.Diagnostics.Append(outcomes.explain(policyOf[failurePolicy](plan.OnFailure))...)
	resp.Diagnostics.Append(plan.setExecutions(ctx, results)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	}
}

// Delete forgets the executions.
func (r *pipelineExecutionCompletionResource) Delete(
	context.Context, resource.DeleteRequest, *resource.DeleteResponse,
) {
}
