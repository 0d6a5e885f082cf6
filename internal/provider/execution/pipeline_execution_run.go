// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"time"

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
	missing := checkSecrets(secrets, plan.ScalarVariablesWOVersion)
	return launcher{
		runSpec: runSpec{request: request, policies: plan.policies().detachingIf(r.ReadOnly), keepsState: true},
		follower: follower{
			client: r.Client, hidesMessages: missing.HasError(), progress: loggedProgress(ctx, r.Session),
		},
		missing: missing,
	}, diags
}

// startOrResume starts a run, unless a tainted instance has handed one over. That is resumed whatever its status is:
// the plan has said that nothing is started. If it is ok, there is a run to keep, even with an error.
func (r *pipelineExecutionResource) startOrResume(
	ctx context.Context, plan pipelineExecutionModel, l launcher,
) (started startedRun, ok bool, diags diag.Diagnostics) {
	hash, diags := plan.runHash(ctx)
	if diags.HasError() {
		return startedRun{}, false, diags
	}
	left, found := session.Shared[handover](r.Session).pop(hash)
	if !found {
		return l.start(ctx)
	}
	run := left.run
	read, err := r.Client.Executions.Get(ctx, run.Handle())
	if err == nil {
		run = read
	}
	run = l.withoutSecrets(run)
	started = startedRun{
		Started: matillion.Started{Handle: run.Handle(), Adopted: left.adopted}, run: run, kept: true,
		gone: matillion.IsNotFound(err) && plan.waits(),
	}
	if started.gone {
		return started, true, diag.Diagnostics{keptUnknown(l.request, run, err)}
	}
	diags.Append(keptByReplacement(l.request, run))
	if run.Status.EndedBadly() && !plan.waits() {
		diags.Append(endedBadlyUnawaited(l.request, run, diag.SeverityWarning))
	}
	return started, true, diags
}

// keep saves a run that has just been started or resumed, and follows it if the plan waits for it.
func (l launcher) keep(
	ctx context.Context, started startedRun, instance pipelineExecutionModel, writer stateWriter,
) (diags diag.Diagnostics) {
	defer started.freeTag()
	defer l.survive(started.Handle, &diags)
	l.policies = l.detachingIf(started.Adopted)
	// The state comes first, complete, so that no return and no panic from here on can leave the run out.
	instance.setResult(started.run, nil)
	instance.Adopted = types.BoolValue(started.Adopted)
	instance.WaitFailed = types.BoolValue(started.gone) // so that it is handed over again
	private := privateState{VerdictDue: instance.waits(), SentAt: started.StartedAt.UTC().Truncate(time.Second)}
	diags.Append(writer.write(ctx, instance, private)...)
	l.progress.begin(started.how(), started.run)
	if !instance.waits() || started.gone || diags.HasError() {
		return diags
	}
	followed := l.follow(ctx, started.Handle, started.run, l.policies)
	// An error of Create taints the instance. Delete reads in the state whether the replacement is to have the run.
	instance.WaitFailed = types.BoolValue(!followed.run.Status.Ended() && l.severity(followed) == diag.SeverityError)
	diags.Append(writer.writeFollowed(ctx, instance, private.after(followed, l.onFailure), followed)...)
	diags.Append(l.explain(followed)...)
	return diags
}

// waitAgain follows a run that the state has already, and saves what it has seen.
func (l launcher) waitAgain(
	ctx context.Context, instance pipelineExecutionModel, private privateState, writer stateWriter,
) (diags diag.Diagnostics) {
	known := instance.lastKnown(instance.ProjectID)
	defer l.survive(known.Handle(), &diags)
	l.progress.begin("Waiting for", known)
	followed := l.follow(ctx, private.handle(known), known, l.policies)
	diags.Append(writer.writeFollowed(ctx, instance, private.after(followed, l.onFailure), followed)...)
	diags.Append(l.explain(followed)...)
	return diags
}

// refresh reads a run that has not ended, and saves what it finds in the state that it is given.
func (r *pipelineExecutionResource) refresh(
	ctx context.Context, state *pipelineExecutionModel, private privateState, writer stateWriter,
) diag.Diagnostics {
	known := state.lastKnown(state.ProjectID)
	run, err := r.Client.Executions.Get(ctx, private.handle(known))
	switch {
	case err == nil:
	case !matillion.IsNotFound(err):
		return diag.Diagnostics{diagnose.Subject{}.Failed("Reading the pipeline execution "+known.ID, err)}
	case private.Imported:
		return diag.Diagnostics{importNotFound(known.Handle(), err)}
	case known.Status != "":
		return diag.Diagnostics{vanished(state.target(), known)}
	default: // One that was never seen may not be there yet.
		return nil
	}
	if !state.ScalarVariablesWOVersion.IsNull() {
		// The values of the secret variables are not known here, so they could not be taken out of it.
		run.Message = ""
	}
	spec := runSpec{request: state.target(), policies: state.policies(), keepsState: true}
	v := private.judge(run.Status, spec.onFailure)
	var diags diag.Diagnostics
	switch { // A run that was waited for and is to be run again is the plan's to show.
	case v == verdictKept && !private.Imported:
		diags.Append(endedBadlyUnawaited(spec.request, run, v.severity()))
	case v == verdictAccepted:
		diags.Append(endedBadly(spec, run, nil, v.severity()))
	}
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

// handOver leaves the run of an instance that is being deleted to its replacement.
func (r *pipelineExecutionResource) handOver(
	ctx context.Context, state pipelineExecutionModel, handle matillion.Handle, hash string,
) diag.Diagnostics {
	if diags := r.Ready(); diags.HasError() {
		return diags
	}
	run := r.lookAgain(ctx, handle, state.lastKnown(state.ProjectID))
	session.Shared[handover](r.Session).push(hash, leftRun{run: run, adopted: state.Adopted.ValueBool()})
	return diag.Diagnostics{handedOver(state.target(), run)}
}

// letGo cancels the run of an instance that is being deleted, or leaves it running, as on_destroy says.
func (r *pipelineExecutionResource) letGo(
	ctx context.Context, state pipelineExecutionModel, handle matillion.Handle,
) diag.Diagnostics {
	if diags := r.Ready(); diags.HasError() {
		return diags
	}
	onDestroy := policyOf[destroyPolicy](state.OnDestroy)
	// What this process has adopted may be the run of the replacement, with create_before_destroy.
	adopted := state.Adopted.ValueBool() || r.Client.Executions.Adopted(handle.ID)
	if onDestroy == destroyCancel && !adopted {
		return r.cancel(ctx, state, handle)
	}
	run := r.lookAgain(ctx, handle, state.lastKnown(state.ProjectID))
	if run.Status.Ended() {
		return nil
	}
	r.Client.Executions.Release(run.Handle())
	return diag.Diagnostics{leftRunning(state.target(), run, onDestroy, adopted)}
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
