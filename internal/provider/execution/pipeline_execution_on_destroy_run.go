// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// settleTimeout bounds the questions of an update about an unfinished run: the last answer may have been lost a moment
// ago, and looking for it takes half a minute.
const settleTimeout = time.Minute

// planInPlace plans a creation or an update, neither of which starts anything.
func (r *pipelineExecutionOnDestroyResource) planInPlace(
	ctx context.Context, req resource.ModifyPlanRequest, plan, state pipelineExecutionOnDestroyModel,
	resp *resource.ModifyPlanResponse,
) {
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("project_id"), &plan.ProjectID)...)
	plan.ProjectID = planProject(ctx, r.Session, plan.ProjectID, state.ProjectID, resp)
	unfinished := types.ObjectNull(unfinishedRunTypes())
	if !state.UnfinishedRun.IsNull() {
		unfinished = types.ObjectUnknown(unfinishedRunTypes())
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("unfinished_run"), unfinished)...)
	if validate.SameUUID(plan.AgentID.ValueString(), state.AgentID.ValueString()) {
		plan.AgentID = state.AgentID
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("agent_id"), plan.AgentID)...)
	}
	if resp.Diagnostics.HasError() || reflect.DeepEqual(plan.target(), state.target()) {
		return
	}
	resp.Diagnostics.Append(preflight{r.Session}.check(ctx, plan.requestModel)...)
}

// warnOfRunning names the executions of the pipeline that are running when its destroy is planned: an earlier destroy
// may have started one of them, and been killed.
func (r *pipelineExecutionOnDestroyResource) warnOfRunning(
	ctx context.Context, state pipelineExecutionOnDestroyModel,
) diag.Diagnostics {
	left, diags := unfinishedRunIn(ctx, state.UnfinishedRun)
	request := state.target()
	running, runningDiags := preflight{r.Session}.running(ctx, request)
	diags.Append(runningDiags...)
	for _, run := range running {
		if run.ID != left.id {
			diags.Append(runningBeforeDestroy(request, run))
		}
	}
	return diags
}

// stillWanted returns what an update keeps of what a destroy has left. It is forgotten if the request has changed, or
// if nothing of it is running.
func (r *pipelineExecutionOnDestroyResource) stillWanted(
	ctx context.Context, plan, state pipelineExecutionOnDestroyModel,
) (unfinishedRun, diag.Diagnostics) {
	left, diags := unfinishedRunIn(ctx, state.UnfinishedRun)
	if !left.exists() || diags.HasError() {
		return unfinishedRun{}, diags
	}
	before, diags := state.request(ctx, types.MapNull(types.StringType))
	after, afterDiags := plan.request(ctx, types.MapNull(types.StringType))
	diags.Append(afterDiags...)
	if !reflect.DeepEqual(folded(before), folded(after)) {
		diags.Append(unfinishedForgotten(before, left))
		return unfinishedRun{}, diags
	}
	diags.Append(r.Ready()...)
	if diags.HasError() {
		return left, diags
	}
	running, err := r.isRunning(ctx, before, left)
	if !running && err == nil {
		return unfinishedRun{}, diags
	}
	diags.Append(unfinishedKept(before, left, err))
	return left, diags
}

// isRunning reports whether an unfinished run, or one that may be it, is running. A run that the API does not know any
// more has ended.
func (r *pipelineExecutionOnDestroyResource) isRunning(
	ctx context.Context, request matillion.ExecuteRequest, left unfinishedRun,
) (bool, error) {
	limited, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	if left.id == "" {
		candidates, err := r.Client.Executions.Candidates(limited, request, left.window)
		return slices.ContainsFunc(candidates, func(e matillion.Execution) bool { return !e.Status.Ended() }), err
	}
	run, err := r.Client.Executions.Get(limited, left.handle(request.ProjectID))
	if matillion.IsNotFound(err) {
		return false, nil
	}
	return !run.Status.Ended(), err
}

// runBefore runs the pipeline before the instance goes, or waits for a run that an earlier destroy has left.
func (r *pipelineExecutionOnDestroyResource) runBefore(
	ctx context.Context, state pipelineExecutionOnDestroyModel, left unfinishedRun, resp *resource.DeleteResponse,
) {
	launch, diags := r.newLauncher(ctx, state)
	resp.Diagnostics.Append(diags...)
	timeout, diags := state.Timeouts.Delete(ctx, defaultRunTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	started, left, ok, diags := launch.startOnce(limited, left)
	resp.Diagnostics.Append(diags...)
	keep := func(kept unfinishedRun) {
		state.UnfinishedRun = kept.object()
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
	// What is kept comes first, whether a run was started or may have been, so that no return can leave it out.
	keep(left)
	if !ok {
		return
	}
	defer started.freeTag()
	defer launch.survive(started.Handle, &resp.Diagnostics)
	launch.progress.begin(started.how(), started.run)
	followed := launch.follow(limited, started.Handle, started.run, launch.policies)
	if followed.run.Status.Ended() {
		keep(unfinishedRun{}) // What has ended badly is run again.
	}
	resp.Diagnostics.Append(launch.explain(followed)...)
}

// destroyLauncher is a launcher whose run must have ended in a success before something is destroyed.
type destroyLauncher struct{ launcher }

func (r *pipelineExecutionOnDestroyResource) newLauncher(
	ctx context.Context, state pipelineExecutionOnDestroyModel,
) (destroyLauncher, diag.Diagnostics) {
	request, diags := state.request(ctx, types.MapNull(types.StringType))
	diags.Append(r.Ready()...)
	how := policies{
		onConflict:  policyOf[conflictPolicy](state.OnConflict),
		onFailure:   policyOf[failurePolicy](state.OnFailure),
		onTimeout:   timeoutError,
		onInterrupt: policyOf[interruptPolicy](state.OnInterrupt),
	}
	return destroyLauncher{launcher{
		runSpec:  runSpec{request: request, policies: how.detachingIf(r.ReadOnly), keepsState: true},
		follower: follower{client: r.Client, progress: loggedProgress(ctx, r.Session)},
	}}, diags
}

// startOnce starts the run, unless an earlier destroy has started it, or may have. If it is ok, there is a run to wait
// for. It returns what the next destroy must know if this one fails, in any case.
func (l destroyLauncher) startOnce(
	ctx context.Context, left unfinishedRun,
) (started startedRun, kept unfinishedRun, ok bool, diags diag.Diagnostics) {
	switch {
	case left.id != "":
		handle := left.handle(l.request.ProjectID)
		run := matillion.Execution{ID: handle.ID, ProjectID: handle.ProjectID}
		return startedRun{Started: matillion.Started{Handle: handle}, run: run, kept: true}, left, true, nil
	case left.exists():
		candidates, err := l.client.Executions.Candidates(ctx, l.request, left.window)
		if err != nil || len(candidates) > 0 {
			return startedRun{}, left, false, diag.Diagnostics{unsettledDestroy(l.request, left, candidates, err)}
		}
	}
	// Somebody else's run, with other variables, must not let go of what is being destroyed: none is adopted.
	started, err := l.send(ctx, matillion.StartOptions{NeverAdopt: true})
	if err != nil {
		return startedRun{}, left.after(err), false, diag.Diagnostics{destroyNotStarted(l.request, err)}
	}
	if len(started.WaitedFor) > 0 {
		diags.Append(waitedFor(l.request, started.Started, "destroy",
			"If a destroy that was killed has started the other execution, the pipeline has run twice."))
	}
	kept = unfinishedRun{id: started.ID, window: matillion.Window{From: started.StartedAt}}
	return started, kept, true, diags
}

// explain says what an outcome means for what is being destroyed.
func (l destroyLauncher) explain(o outcome) diag.Diagnostics {
	switch {
	case o.why == followedToEnd && l.onFailure.verdict(o.run.Status) == verdictSucceeded:
		return nil
	case o.why == followedToEnd:
		return diag.Diagnostics{destroyEndedBadly(l.runSpec, o, l.severity(o))}
	default:
		return diag.Diagnostics{destroyNotFollowed(l.runSpec, o)}
	}
}
