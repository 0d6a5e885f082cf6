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
	policies := plan.policies().with(plan.statefulPolicyModel)
	if r.ReadOnly {
		policies = policies.withoutCancelling()
	}
	return launcher{
		client: r.Client, request: request, policies: policies, keepsState: true,
		missing: checkSecrets(secrets, plan.ScalarVariablesWOVersion),
	}, diags
}

// startOrTakeOver starts a run, unless there is one to take over. A run that has ended badly since it was left is not
// taken over: it is run again, as it would be if Terraform had seen its end.
func (r *pipelineExecutionResource) startOrTakeOver(
	ctx context.Context, plan pipelineExecutionModel, l launcher,
) (startedRun, diag.Diagnostics) {
	key, diags := plan.handoverKey(ctx)
	if diags.HasError() {
		return startedRun{}, diags
	}
	left, found := session.Shared[handover](r.Session).take(key)
	if !found {
		return l.start(ctx)
	}
	run, err := r.Client.Executions.Get(ctx, left)
	if err != nil {
		run = matillion.Execution{ID: left.ID, ProjectID: left.ProjectID}
	}
	if (privateState{VerdictDue: true}).judge(run.Status, l.onFailure) == verdictFailed {
		return l.start(ctx)
	}
	return startedRun{handle: left, run: run, release: func() {}}, nil
}

// mayCancel reports whether the run of an instance that is being deleted is to be cancelled. One that was taken over
// may be somebody else's; with create_before_destroy, it may be its own replacement's.
func (r *pipelineExecutionResource) mayCancel(state pipelineExecutionModel) bool {
	return policyOf(state.OnDestroy, destroyDetach) == destroyCancel && !state.Adopted.ValueBool() &&
		!r.Client.Executions.TookOver(state.ID.ValueString())
}

// setRead fills in what a refresh has read. The arguments of an imported run that the API returns are part of it.
func (m *pipelineExecutionModel) setRead(run matillion.Execution, imported bool) {
	m.setResult(run, nil)
	if imported {
		m.EnvironmentName = nullable.String(run.EnvironmentName)
		m.PipelineName = nullable.String(run.PipelineName)
	}
}

// unread words a refresh that could not read the run. A run that was never seen may not be there yet.
func unread(
	state pipelineExecutionModel, known matillion.Execution, private privateState, err error,
) diag.Diagnostics {
	switch {
	case !matillion.IsNotFound(err):
		doing := "Reading the pipeline execution " + known.ID
		return diag.Diagnostics{diagnose.Subject{}.Failed(doing, err)}
	case private.Imported:
		return diag.Diagnostics{importNotFound(known.Handle(), err)}
	case known.Status != "":
		return diag.Diagnostics{vanished(state.names(), known)}
	default:
		return nil
	}
}

// refreshed remembers, and says, what the end of a run means that a refresh has come upon. A run that was waited for
// and is to be run again is the plan's to show.
func refreshed(
	state pipelineExecutionModel, run matillion.Execution, private *privateState,
) diag.Diagnostics {
	v := private.judge(run.Status, policyOf(state.OnFailure, failureError))
	switch v {
	case verdictSucceeded:
		private.VerdictDue = false
	case verdictKept:
		if !private.Imported {
			return diag.Diagnostics{endedBadlyUnawaited(state.names(), run, v.severity())}
		}
	case verdictAccepted:
		private.VerdictDue = false
		return diag.Diagnostics{endedBadly(state.names(), run, nil, v.severity(), true)}
	case verdictPending, verdictFailed:
	}
	return nil
}

// lookAgain returns how a run that is about to be forgotten stands, or what is known of it.
func (r *pipelineExecutionResource) lookAgain(
	ctx context.Context, handle matillion.Handle, known matillion.Execution,
) matillion.Execution {
	if r.Client == nil {
		return known
	}
	limited, cancel := context.WithTimeout(ctx, courtesyTimeout)
	defer cancel()
	if run, err := r.Client.Executions.Get(limited, handle); err == nil {
		return run
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
	run := state.stored(state.ProjectID)
	stopped, err := r.Client.Executions.Stop(limited, handle)
	if stopped.Status != "" {
		run = stopped
	}
	if err != nil && (!matillion.IsNotFound(err) || stopped.Status != "") {
		diags.Append(stopFailed(state.names(), run, err))
	}
	return diags
}
