package provider

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// The time-outs that apply when the configuration sets none.
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
type pipelineExecutionResource struct{ configuredResource }

type pipelineExecutionModel struct {
	requestModel
	resultModel
	policyModel
	ScalarVariablesWO        types.Map      `tfsdk:"scalar_variables_wo"`
	ScalarVariablesWOVersion types.Int64    `tfsdk:"scalar_variables_wo_version"`
	Triggers                 types.Map      `tfsdk:"triggers"`
	OnTimeout                types.String   `tfsdk:"on_timeout"`
	OnInterrupt              types.String   `tfsdk:"on_interrupt"`
	OnDestroy                types.String   `tfsdk:"on_destroy"`
	Timeouts                 timeouts.Value `tfsdk:"timeouts"`
}

// executionIdentityModel names an execution for good.
type executionIdentityModel struct {
	ProjectID types.String `tfsdk:"project_id"`
	ID        types.String `tfsdk:"id"`
}

func (r *pipelineExecutionResource) Metadata(
	_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse,
) {
	resp.TypeName = executionTypeName
}

func (r *pipelineExecutionResource) Schema(
	ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse,
) {
	attributes := resourceAttributes()
	attributes["triggers"] = schema.MapAttribute{
		Optional: true, ElementType: types.StringType,
		MarkdownDescription: "Values of any meaning, any change of which is another run: for example the time at which the " +
			"pipeline was published.",
	}
	attributes["timeouts"] = timeouts.Attributes(ctx, timeouts.Opts{
		Create: true, CreateDescription: "Time for starting the run and waiting for it, such as `90m`. Defaults to `1h`.",
		Update: true, UpdateDescription: "Time for waiting for a run again that an earlier apply left running. Defaults to " +
			"`1h`.",
		Delete: true, DeleteDescription: "Time for a run to end that is cancelled because of `on_destroy`. Defaults to `10m`.",
	})
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

// Create starts a run, or takes over one that a tainted instance was waiting for.
func (r *pipelineExecutionResource) Create(
	ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse,
) {
	var plan pipelineExecutionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	run, diags := r.run(ctx, plan, req.Config)
	resp.Diagnostics.Append(diags...)
	timeout, diags := plan.Timeouts.Create(ctx, defaultRunTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	handle, execution, release, diags := r.startOrTakeOver(limited, plan, run)
	resp.Diagnostics.Append(diags...)
	if diags.HasError() {
		return
	}
	defer release()
	tflog.Info(ctx, "Pipeline execution started", map[string]any{"execution_id": execution.ID})

	// The state comes first, complete, so that no return from here on can leave the run out.
	slot := slot{arguments: req.Plan.Raw, state: &resp.State, identity: resp.Identity, private: resp.Private}
	sentAt := handle.StartedAt.UTC().Truncate(time.Second)
	resp.Diagnostics.Append(slot.save(ctx, execution, record{VerdictDue: plan.waits(), SentAt: sentAt})...)
	if !plan.waits() || resp.Diagnostics.HasError() {
		return
	}
	outcome := run.follow(limited, handle, execution)
	verdict := run.judge(ctx, outcome)
	resp.Diagnostics.Append(slot.save(ctx, outcome.execution, record{
		VerdictDue:  run.verdictDue(outcome),
		Cancelled:   outcome.cancelled,
		HandOverDue: verdict.HasError() && !outcome.execution.Status.Ended(),
		SentAt:      sentAt,
	})...)
	resp.Diagnostics.Append(verdict...)
}

// Read looks at a run until it has ended. After that it calls nothing: the history of executions expires, and nothing
// that it says then may restart a pipeline.
func (r *pipelineExecutionResource) Read(
	ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse,
) {
	resp.Identity.Raw = identityOf(req.State.Raw) // a CLI before 1.12 does not keep it
	if statusOf(req.State.Raw).Ended() {
		return
	}
	var state pipelineExecutionModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	record, _, diags := loadRecord(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || r.client == nil || record.HandOverDue {
		return
	}
	before := state.execution()
	execution, err := r.client.Executions.Get(ctx, record.handle(before))
	switch {
	case matillion.IsNotFound(err) && record.Imported:
		resp.Diagnostics.Append(importNotFound(before.Handle(), err))
	case matillion.IsNotFound(err):
		if before.Status != "" {
			resp.Diagnostics.Append(vanished(state.facts(), before))
		}
	case err != nil:
		resp.Diagnostics.Append(readFailed("Reading the pipeline execution "+before.ID, err))
	default:
		if !state.ScalarVariablesWOVersion.IsNull() {
			// The values of the secret variables are not known here, so they could not be taken out of it.
			execution.Message = ""
		}
		arguments := req.State.Raw
		if record.Imported {
			arguments = withStrings(arguments, map[string]types.String{
				"environment_name": stringOrNull(execution.EnvironmentName),
				"pipeline_name":    stringOrNull(execution.PipelineName),
			})
		}
		resp.Diagnostics.Append(r.refreshed(state, execution, &record)...)
		slot := slot{arguments: arguments, state: &resp.State, identity: resp.Identity, private: resp.Private}
		resp.Diagnostics.Append(slot.save(ctx, execution, record)...)
	}
}

// refreshed notes in the record, and says, what the end of a run means that a refresh has come upon. A run that was
// waited for and is to be run again is the plan's to show.
func (r *pipelineExecutionResource) refreshed(
	state pipelineExecutionModel, execution matillion.Execution, record *record,
) diag.Diagnostics {
	switch {
	case !execution.Status.Ended() || record.Imported:
		return nil
	case execution.Status.Succeeded():
		record.VerdictDue = false
		return nil
	case !record.VerdictDue:
		return diag.Diagnostics{endedBadlyUnawaited(state.facts(), execution)}
	case record.accepts(state.OnFailure):
		record.VerdictDue = false
		return diag.Diagnostics{endedBadly(state.facts(), execution, nil, policyWarn, keepsState)}
	default:
		return nil
	}
}

// Update adopts changes of behaviour and waits again for a run that has not ended. It starts nothing.
func (r *pipelineExecutionResource) Update(
	ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse,
) {
	var plan, state pipelineExecutionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	record, _, diags := loadRecord(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	run, diags := r.run(ctx, plan, req.Config)
	resp.Diagnostics.Append(diags...)
	timeout, diags := plan.Timeouts.Update(ctx, defaultRunTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	execution := state.execution()
	waits := plan.waits() && !execution.Status.Ended()
	record.Imported, record.HandOverDue = false, false
	record.VerdictDue = record.VerdictDue || waits
	if record.VerdictDue && execution.Status.EndedBadly() && record.accepts(plan.OnFailure) {
		// Once accepted, it stays so: a policy that changes back starts nothing.
		record.VerdictDue = false
		resp.Diagnostics.Append(endedBadly(state.facts(), execution, nil, policyWarn, keepsState))
	}
	slot := slot{arguments: req.Plan.Raw, state: &resp.State, identity: resp.Identity, private: resp.Private}
	resp.Diagnostics.Append(slot.save(ctx, execution, record)...)
	if !waits || resp.Diagnostics.HasError() {
		return
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	outcome := run.follow(limited, record.handle(execution), execution)
	record.VerdictDue, record.Cancelled = run.verdictDue(outcome), outcome.cancelled
	resp.Diagnostics.Append(slot.save(ctx, outcome.execution, record)...)
	resp.Diagnostics.Append(run.judge(ctx, outcome)...)
}

// Delete forgets the run, cancels it, or hands it over to the instance's replacement.
func (r *pipelineExecutionResource) Delete(
	ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse,
) {
	if statusOf(req.State.Raw).Ended() {
		return
	}
	var state pipelineExecutionModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	record, recorded, diags := loadRecord(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	execution := state.execution()
	if !recorded {
		key, diags := state.handoverKey(ctx)
		resp.Diagnostics.Append(diags...)
		r.handover.give(key, execution.Handle())
		resp.Diagnostics.Append(handedOn(state.facts(), r.lookAgain(ctx, execution.Handle(), execution)))
		return
	}
	if r.client == nil {
		resp.Diagnostics.Append(providerUnknown())
		return
	}
	if state.OnDestroy.ValueString() == policyCancel {
		resp.Diagnostics.Append(r.cancel(ctx, state, record.handle(execution))...)
		return
	}
	if execution = r.lookAgain(ctx, record.handle(execution), execution); !execution.Status.Ended() {
		resp.Diagnostics.Append(leftRunning(state.facts(), execution))
	}
}

// lookAgain returns where an execution stands that is about to be forgotten, or what is known of it.
func (r *pipelineExecutionResource) lookAgain(
	ctx context.Context, handle matillion.Handle, known matillion.Execution,
) matillion.Execution {
	if r.client == nil {
		return known
	}
	limited, cancel := context.WithTimeout(ctx, lookAroundTimeout)
	defer cancel()
	if current, err := r.client.Executions.Get(limited, handle); err == nil {
		return current
	}
	return known
}

// cancel ends the run of an instance that is being deleted. A run that the API does not know any more has ended.
func (r *pipelineExecutionResource) cancel(
	ctx context.Context, state pipelineExecutionModel, handle matillion.Handle,
) diag.Diagnostics {
	timeout, diags := state.Timeouts.Delete(ctx, defaultDeleteTimeout)
	if diags.HasError() {
		return diags
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	execution := state.execution()
	stopped, err := r.client.Executions.Stop(limited, handle)
	if stopped.Status != "" {
		execution = stopped
	}
	if err != nil && (!matillion.IsNotFound(err) || stopped.Status != "") {
		diags.Append(stopFailed(state.facts(), execution, err))
	}
	return diags
}

// ImportState takes PROJECT_ID/EXECUTION_ID, an execution id of the provider's project, or an identity. Read fills in
// what the API tells.
func (r *pipelineExecutionResource) ImportState(
	ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse,
) {
	identity := executionIdentityModel{}
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
	} else if project, id, both := strings.Cut(req.ID, "/"); both {
		identity.ProjectID, identity.ID = types.StringValue(project), types.StringValue(id)
	} else {
		identity.ID = types.StringValue(req.ID)
	}
	project, diags := r.project(identity.ProjectID)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !validUUID(project.ValueString()) || identity.ID.ValueString() == "" ||
		strings.Contains(identity.ID.ValueString(), "/") {
		resp.Diagnostics.AddError("Invalid import id",
			"The id must be PROJECT_ID/EXECUTION_ID, or EXECUTION_ID where the provider has a project_id. "+
				"The project id is a UUID. Got: "+req.ID)
		return
	}
	identity.ProjectID = project
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("project_id"), project)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), identity.ID)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity)...)
	resp.Diagnostics.Append(record{Imported: true}.save(ctx, resp.Private)...)
}

// run returns the run that a plan and its configuration describe, and makes its secret variables known as such.
func (r *pipelineExecutionResource) run(
	ctx context.Context, plan pipelineExecutionModel, config tfsdk.Config,
) (run, diag.Diagnostics) {
	if r.client == nil {
		return run{}, diag.Diagnostics{providerUnknown()}
	}
	var secrets types.Map
	diags := config.GetAttribute(ctx, path.Root("scalar_variables_wo"), &secrets)
	diags.Append(checkNamesOnce(plan.ScalarVariables, secrets)...)
	request, requestDiags := plan.request(ctx, secrets)
	diags.Append(requestDiags...)
	r.client.KeepSecret(values(secrets)...)
	return run{client: r.client, request: request, keeping: keepsState, policies: policies{
		onConflict:  plan.OnConflict.ValueString(),
		onFailure:   plan.OnFailure.ValueString(),
		onTimeout:   plan.OnTimeout.ValueString(),
		onInterrupt: plan.OnInterrupt.ValueString(),
	}}, diags
}

// startOrTakeOver starts a run, unless there is one to take over. A run that has ended badly since it was left is not
// taken over: it is run again, as it would be if Terraform had seen its end.
func (r *pipelineExecutionResource) startOrTakeOver(
	ctx context.Context, plan pipelineExecutionModel, run run,
) (handle matillion.Handle, execution matillion.Execution, release func(), diags diag.Diagnostics) {
	key, diags := plan.handoverKey(ctx)
	if diags.HasError() {
		return handle, execution, nil, diags
	}
	if left, found := r.handover.take(key); found {
		execution, err := r.client.Executions.Get(ctx, left)
		if err != nil {
			execution = matillion.Execution{ID: left.ID, ProjectID: left.ProjectID}
		}
		if !execution.Status.EndedBadly() || run.onFailure == policyWarn {
			return left, execution, func() {}, diags
		}
	}
	started, release, diags := run.start(ctx)
	execution = matillion.Execution{ID: started.ID, ProjectID: started.ProjectID}
	return started.Handle, execution, release, diags
}

// facts returns what diagnostics say of the request.
func (m pipelineExecutionModel) facts() matillion.ExecuteRequest {
	return matillion.ExecuteRequest{
		ProjectID: m.ProjectID.ValueString(), EnvironmentName: m.EnvironmentName.ValueString(),
		PipelineName: m.PipelineName.ValueString(), VersionName: m.VersionName.ValueString(),
		ExecutionTag: m.ExecutionTag.ValueString(),
	}
}

// execution returns what the state knows of its execution.
func (m pipelineExecutionModel) execution() matillion.Execution {
	return m.resultModel.execution(m.ProjectID.ValueString())
}

// slot is where an instance is kept between two calls.
type slot struct {
	// arguments is a plan or a state, of which all but the result is kept.
	arguments tftypes.Value
	state     *tfsdk.State
	identity  *tfsdk.ResourceIdentity
	private   privateSetter
}

// save writes a complete state: every computed value is known. (Write-only values are null in every plan and state.)
// Terraform drops a state that is anything less when the call that wrote it fails.
func (s slot) save(ctx context.Context, execution matillion.Execution, record record) diag.Diagnostics {
	if !execution.StartedAt.IsZero() {
		record.SentAt = time.Time{} // The state says it, and better.
	}
	s.state.Raw = withResult(s.arguments, execution)
	s.identity.Raw = identityOf(s.state.Raw)
	return record.save(ctx, s.private)
}
