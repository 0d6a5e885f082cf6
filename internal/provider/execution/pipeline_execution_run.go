// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/nullable"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

// newLauncher returns the run that a plan and its configuration describe, and makes its secret variables known as such.
func (r *pipelineExecutionResource) newLauncher(
	ctx context.Context, plan pipelineExecutionModel, config tfsdk.Config,
) (launcher, diag.Diagnostics) {
	if diags := r.Ready(); diags.HasError() {
		return launcher{}, diags
	}
	var secrets types.Map
	diags := config.GetAttribute(ctx, path.Root("scalar_variables_wo"), &secrets)
	request, requestDiags := plan.request(ctx, secrets)
	diags.Append(requestDiags...)
	r.Client.KeepSecret(knownStrings(secrets)...)
	how := plan.policies().with(plan.statefulPolicyModel)
	if r.ReadOnly {
		how = how.withoutCancelling()
	}
	missing := checkSecrets(secrets, plan.ScalarVariablesWOVersion)
	return launcher{
		runSpec: runSpec{request: request, policies: how, keepsState: true},
		follower: follower{
			client: r.Client, hidesMessages: missing.HasError(), progress: loggedProgress(ctx, r.Session),
		},
		missing: missing,
	}, diags
}

// startOrResume starts a run, unless a tainted instance has handed one over. That is resumed whatever its status is:
// the plan has said that nothing is started. With an error, the run that is returned is kept too, if it has an id.
func (r *pipelineExecutionResource) startOrResume(
	ctx context.Context, plan pipelineExecutionModel, l launcher,
) (startedRun, diag.Diagnostics) {
	hash, diags := plan.runHash(ctx)
	if diags.HasError() {
		return startedRun{}, diags
	}
	left, found := session.Shared[handover](r.Session).pop(hash)
	if !found {
		return l.start(ctx)
	}
	run := left.run
	read, err := r.Client.Executions.Get(ctx, run.Handle())
	switch {
	case err == nil:
		run = read
	case matillion.IsNotFound(err) && plan.waits():
		diags.Append(keptUnknown(l.request, run, err))
	}
	run = l.withoutSecrets(run)
	if !diags.HasError() {
		diags.Append(keptByReplacement(l.request, run))
	}
	if run.Status.EndedBadly() && !plan.waits() {
		diags.Append(endedBadlyUnawaited(l.request, run, diag.SeverityWarning))
	}
	return startedRun{Started: matillion.Started{Handle: run.Handle(), Adopted: left.adopted}, run: run, kept: true}, diags
}

// isAdopted reports whether the run of an instance that is being deleted may be somebody else's; with
// create_before_destroy, it may be that of the instance's own replacement.
func (r *pipelineExecutionResource) isAdopted(state pipelineExecutionModel) bool {
	return state.Adopted.ValueBool() || r.Client.Executions.Adopted(state.ID.ValueString())
}

// refresh reads a run that has not ended, and saves what it finds in the state that it is given.
func (r *pipelineExecutionResource) refresh(
	ctx context.Context, state *pipelineExecutionModel, private privateState, writer stateWriter,
) diag.Diagnostics {
	known := state.lastKnown(state.ProjectID)
	run, err := r.Client.Executions.Get(ctx, private.handle(known))
	if err != nil {
		return explainUnread(*state, known, private, err)
	}
	if !state.ScalarVariablesWOVersion.IsNull() {
		// The values of the secret variables are not known here, so they could not be taken out of it.
		run.Message = ""
	}
	v := private.judge(run.Status, policyOf[failurePolicy](state.OnFailure))
	diags := explainRead(*state, run, v, private)
	state.setRead(run, private.Imported)
	diags.Append(writer.write(ctx, *state, private.settled(v))...)
	return diags
}

// setRead fills in what a refresh has read. The arguments of an imported run that the API returns are part of it.
func (m *pipelineExecutionModel) setRead(run matillion.Execution, imported bool) {
	m.setResult(run, nil)
	if imported {
		m.EnvironmentName = nullable.String(run.EnvironmentName)
		m.PipelineName = nullable.String(run.PipelineName)
	}
}

// explainUnread says what it means that a refresh could not read a run. One that was never seen may not be there yet.
func explainUnread(
	state pipelineExecutionModel, known matillion.Execution, private privateState, err error,
) diag.Diagnostics {
	switch {
	case !matillion.IsNotFound(err):
		doing := "Reading the pipeline execution " + known.ID
		return diag.Diagnostics{diagnose.Subject{}.Failed(doing, err)}
	case private.Imported:
		return diag.Diagnostics{importNotFound(known.Handle(), err)}
	case known.Status != "":
		return diag.Diagnostics{vanished(state.target(), known)}
	default:
		return nil
	}
}

// explainRead says what the end of a run means that a refresh has come upon. A run that was waited for and is to be run
// again is the plan's to show.
func explainRead(
	state pipelineExecutionModel, run matillion.Execution, v verdict, private privateState,
) diag.Diagnostics {
	switch {
	case v == verdictKept && !private.Imported:
		return diag.Diagnostics{endedBadlyUnawaited(state.target(), run, v.severity())}
	case v == verdictAccepted:
		spec := runSpec{request: state.target(), policies: state.policies(), keepsState: true}
		return diag.Diagnostics{endedBadly(spec, run, nil, v.severity())}
	default:
		return nil
	}
}

// lookAgain returns how a run that is about to be forgotten stands, or what is known of it.
func (r *pipelineExecutionResource) lookAgain(
	ctx context.Context, handle matillion.Handle, known matillion.Execution,
) matillion.Execution {
	limited, cancel := context.WithTimeout(ctx, courtesyTimeout)
	defer cancel()
	if run, err := r.Client.Executions.Get(limited, handle); err == nil {
		return run
	}
	return known
}

// cancel ends the run of an instance that is being deleted. A run that the API no longer knows has ended.
func (r *pipelineExecutionResource) cancel(
	ctx context.Context, state pipelineExecutionModel, handle matillion.Handle,
) diag.Diagnostics {
	timeout, diags := state.Timeouts.Delete(ctx, defaultDeleteTimeout)
	if diags.HasError() {
		return diags
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	run := state.lastKnown(state.ProjectID)
	stopped, err := r.Client.Executions.Stop(limited, handle)
	if stopped.Status != "" {
		run = stopped
	}
	if err != nil && (!matillion.IsNotFound(err) || stopped.Status != "") {
		diags.Append(stopFailed(state.target(), run, err))
	}
	return diags
}
