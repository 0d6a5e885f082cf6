// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

const pipelineExecutionType = "matillion_pipeline_execution"

// The timeouts that apply when the configuration sets none.
const (
	defaultRunTimeout    = time.Hour
	defaultDeleteTimeout = 10 * time.Minute
)

var (
	_ resource.ResourceWithConfigure      = &pipelineExecutionResource{}
	_ resource.ResourceWithValidateConfig = &pipelineExecutionResource{}
	_ resource.ResourceWithModifyPlan     = &pipelineExecutionResource{}
	_ resource.ResourceWithImportState    = &pipelineExecutionResource{}
	_ resource.ResourceWithIdentity       = &pipelineExecutionResource{}
)

func newPipelineExecutionResource() resource.Resource { return &pipelineExecutionResource{} }

// pipelineExecutionResource is one run per change of request or triggers.
type pipelineExecutionResource struct{ session.ConfiguredResource }

type pipelineExecutionModel struct {
	requestModel
	judgedResultModel
	statefulPolicyModel
	originModel
	ScalarVariablesWO        types.Map      `tfsdk:"scalar_variables_wo"`
	ScalarVariablesWOVersion types.Int64    `tfsdk:"scalar_variables_wo_version"`
	Triggers                 types.Map      `tfsdk:"triggers"`
	Timeouts                 timeouts.Value `tfsdk:"timeouts"`
}

// identityModel names a run for good.
type identityModel struct {
	ProjectID types.String `tfsdk:"project_id"`
	ID        types.String `tfsdk:"id"`
}

func (r *pipelineExecutionResource) Metadata(
	_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse,
) {
	resp.TypeName = pipelineExecutionType
}

func (r *pipelineExecutionResource) Schema(
	_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse,
) {
	attributes := union(requestAttributes(), secretAttributes(), policyAttributes(), statefulPolicyAttributes(),
		judgedResultAttributes(), originAttributes())
	attributes["triggers"] = schema.MapAttribute{
		Optional: true, ElementType: types.StringType, PlanModifiers: anotherMap(),
		MarkdownDescription: "Arbitrary values; changing any of them runs the pipeline again. For example the time at " +
			"which the pipeline was published.",
	}
	times := map[string]string{
		"create": "How long to start the run and, with `wait_for_completion`, to wait for its end. Defaults to `1h`.",
		"update": "How long to wait for a run that an earlier apply left running. It needs `wait_for_completion`. " +
			"Defaults to `1h`.",
		"delete": "How long to wait for a run cancelled by `on_destroy` to end. Defaults to `10m`.",
	}
	attributes["timeouts"] = timeoutsAttribute(timeouts.Type{ObjectType: timeoutTypes(times)}, times)
	resp.Schema = schema.Schema{
		MarkdownDescription: "Executes a published pipeline: once when the resource is created, and once more whenever a " +
			"request argument or `triggers` change. Other arguments say how Terraform treats the run; changing them starts " +
			"nothing.",
		Attributes: attributes,
	}
}

func (r *pipelineExecutionResource) IdentitySchema(
	_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse,
) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"project_id": identityschema.StringAttribute{
			OptionalForImport: true, Description: "Project of the execution. Defaults to the provider's project_id.",
		},
		"id": identityschema.StringAttribute{RequiredForImport: true, Description: "Id of the execution."},
	}}
}

func (r *pipelineExecutionResource) ValidateConfig(
	ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse,
) {
	var plain, secret types.Map
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("scalar_variables_wo"), &secret)...)
	if len(secret.Elements()) > 0 {
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("scalar_variables"), &plain)...)
		resp.Diagnostics.Append(checkNamesOnce(plain, secret)...)
	}
}

// Create starts a run, or resumes one that a tainted instance has handed over.
func (r *pipelineExecutionResource) Create(
	ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse,
) {
	var plan pipelineExecutionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	launch, diags := r.newLauncher(ctx, plan, req.Config)
	resp.Diagnostics.Append(diags...)
	timeout, diags := plan.Timeouts.Create(ctx, defaultRunTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	started, ok, diags := r.startOrResume(limited, plan, launch)
	resp.Diagnostics.Append(diags...)
	if ok {
		writer := stateWriter{&resp.State, resp.Identity, resp.Private}
		resp.Diagnostics.Append(launch.keep(limited, started, plan, writer)...)
	}
}

// Read looks at a run until it has ended. After that it calls nothing: the history of executions expires, and nothing
// that it says then may restart a pipeline.
func (r *pipelineExecutionResource) Read(
	ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse,
) {
	var state pipelineExecutionModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...) // a CLI before 1.12 does not keep it
	private, _, diags := loadPrivateState(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	writer := stateWriter{&resp.State, resp.Identity, resp.Private}
	if private.HandOverDue {
		state.WaitFailed, private.HandOverDue = types.BoolValue(true), false
		resp.Diagnostics.Append(writer.write(ctx, state, private)...)
	}
	if !state.status().Ended() && r.Client != nil {
		resp.Diagnostics.Append(r.refresh(ctx, &state, private, writer)...)
	}
	if state.isDue() && !resp.Diagnostics.HasError() {
		hash, diags := state.runHash(ctx)
		resp.Diagnostics.Append(diags...)
		session.Shared[handover](r.Session).note(hash, state.lastKnown(state.ProjectID))
	}
}

// Update stores changes of behaviour and waits again for a run that has not ended. It starts nothing.
func (r *pipelineExecutionResource) Update(
	ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse,
) {
	var plan, state pipelineExecutionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	private, _, diags := loadPrivateState(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	launch, diags := r.newLauncher(ctx, plan, req.Config)
	resp.Diagnostics.Append(diags...)
	timeout, diags := plan.Timeouts.Update(ctx, defaultRunTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	known, writer := state.lastKnown(state.ProjectID), stateWriter{&resp.State, resp.Identity, resp.Private}
	waits := plan.waits() && !known.Status.Ended()
	private, v := private.updated(known.Status, launch.onFailure, waits)
	if v == verdictAccepted {
		resp.Diagnostics.Append(endedBadly(launch.runSpec, known, nil, v.severity()))
	}
	plan.judgedResultModel, plan.originModel = state.judgedResultModel, state.originModel
	if state.WaitFailed.ValueBool() { // The instance has been untainted: what failed is made up for.
		plan.WaitFailed = types.BoolValue(false)
	}
	// The state comes first, so that a wait that is cut short leaves the configuration's values in it.
	resp.Diagnostics.Append(writer.write(ctx, plan, private)...)
	if waits && !resp.Diagnostics.HasError() {
		limited, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		launch.policies = launch.detachingIf(state.Adopted.ValueBool())
		resp.Diagnostics.Append(launch.waitAgain(limited, plan, private, writer)...)
	}
}

// Delete forgets the run, cancels it, or hands it over to the instance's replacement.
func (r *pipelineExecutionResource) Delete(
	ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse,
) {
	var state pipelineExecutionModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	private, _, diags := loadPrivateState(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	mark, diags := loadPlanMark(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(removePlanMark(ctx, resp.Private)...)
	hash, diags := state.runHash(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	handsOver, known := state.handsOver(mark, hash), state.lastKnown(state.ProjectID)
	switch {
	case r.ReadOnly && mark.Purpose == planReplaces && !handsOver:
		// Nothing is forgotten: the Create that follows would be refused.
		resp.Diagnostics.Append(replacementRefused(state.target(), known))
	case handsOver:
		resp.Diagnostics.Append(r.handOver(ctx, state, private.handle(known), hash)...)
	case !known.Status.Ended(): // Otherwise there is nothing to ask for, so that the provider need not be configured.
		resp.Diagnostics.Append(r.letGo(ctx, state, private.handle(known))...)
	}
}

// ImportState takes PROJECT_ID/EXECUTION_ID, an execution id of the provider's project, or an identity. Read fills in
// what the API returns.
func (r *pipelineExecutionResource) ImportState(
	ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse,
) {
	identity := identityModel{}
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
	} else if project, id, both := strings.Cut(req.ID, "/"); both {
		identity.ProjectID, identity.ID = types.StringValue(project), types.StringValue(id)
	} else {
		identity.ID = types.StringValue(req.ID)
	}
	project, diags := r.Project(identity.ProjectID)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	id := identity.ID.ValueString()
	if !validate.IsUUID(project.ValueString()) || id == "" || strings.Contains(id, "/") {
		resp.Diagnostics.Append(importIDInvalid(req.ID))
		return
	}
	identity.ProjectID = project
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("project_id"), project)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), identity.ID)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity)...)
	resp.Diagnostics.Append(privateState{Imported: true}.save(ctx, resp.Private)...)
}
