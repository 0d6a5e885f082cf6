package provider

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

const (
	// lookAroundTimeout bounds what is asked only to explain an error better.
	lookAroundTimeout = 5 * time.Second
	// stopTimeout bounds a cancellation by policy: a minute softly, and another by force.
	stopTimeout = 2 * time.Minute
)

// run is one execution as a form starts it, follows it and judges it.
type run struct {
	client  *matillion.Client
	request matillion.ExecuteRequest
	policies
	keeping keeping
	// report is called with every state of the execution that is read; it may be nil.
	report func(matillion.Execution)
}

// policies say how a form treats its run. A policy that a form does not have is empty, and means what stands first in
// its list of values; see [behaviourFields].
type policies struct {
	onConflict  string
	onFailure   string
	onTimeout   string
	onInterrupt string
}

// start starts the run. The caller releases it when the run is no longer followed: until then, other runs of this
// process that wait for the same tag stand in line.
func (r run) start(ctx context.Context) (started matillion.Started, release func(), diags diag.Diagnostics) {
	release = func() {}
	waits := r.onConflict == policyWait
	if waits {
		reserved, err := r.client.Executions.ReserveTag(ctx, r.request)
		if err != nil {
			return started, release, diag.Diagnostics{startFailed(r.request, err)}
		}
		release = reserved
	}
	started, err := r.client.Executions.Start(ctx, r.request, matillion.StartOptions{OnConflict: r.conflict()})
	if err != nil {
		release()
		return started, func() {}, diag.Diagnostics{startFailed(r.request, err)}
	}
	if started.Adopted {
		diags.Append(warnAdopted(r.request, started))
	}
	return started, release, diags
}

// conflict returns what the start does about a tag in use.
func (r run) conflict() matillion.Conflict {
	switch r.onConflict {
	case policyWait:
		return matillion.ConflictWaits
	case policyAttach:
		return matillion.ConflictAttaches
	default:
		return matillion.ConflictFails
	}
}

// ending is why following a run came to an end.
type ending int

const (
	// endingOver: the run itself has ended.
	endingOver ending = iota
	endingTimeout
	endingInterrupt
	// endingLostSight: reading failed for good. The run may go on.
	endingLostSight
)

// outcome is what following a run led to.
type outcome struct {
	execution matillion.Execution
	ending    ending
	// err is what ended the following; nil when the run has ended.
	err error
	// stopErr is why the run could not be cancelled as a policy said.
	stopErr error
	// cancelled tells that the run was cancelled as on_timeout or on_interrupt said.
	cancelled bool
	// waited is for how long the run was followed.
	waited time.Duration
}

// follow waits for the end of a run, of which something is known, until the context ends, and then cancels it where a
// policy says so.
func (r run) follow(ctx context.Context, handle matillion.Handle, known matillion.Execution) outcome {
	began := time.Now()
	execution, err := r.client.Executions.Wait(ctx, handle, r.report)
	if execution.Status == "" {
		execution = known // nothing was read
	}
	o := outcome{execution: execution, err: err}
	policy := ""
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		o.ending, policy = endingInterrupt, r.onInterrupt
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil:
		o.ending, policy = endingTimeout, r.onTimeout
	default:
		o.ending = endingLostSight
	}
	if policy == policyCancel {
		o = r.stop(ctx, handle, o)
	}
	o.waited = time.Since(began)
	return o
}

// stop cancels the run, on a context of its own because the given one has ended.
func (r run) stop(ctx context.Context, handle matillion.Handle, o outcome) outcome {
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	execution, err := r.client.Executions.Stop(detached, handle)
	if execution.Status != "" {
		o.execution = execution
	}
	o.stopErr = err
	o.cancelled = o.execution.Status == matillion.StatusCancelled
	if o.execution.Status.Ended() && !o.cancelled {
		o.ending = endingOver // it was faster than the cancellation
	}
	return o
}

// judge returns what an outcome means to the user.
func (r run) judge(ctx context.Context, o outcome) diag.Diagnostics {
	switch {
	case o.ending == endingOver && o.execution.Status.Succeeded():
		return nil
	case o.ending == endingOver:
		return diag.Diagnostics{endedBadly(r.request, o.execution, r.failingStep(ctx, o.execution), r.onFailure, r.keeping)}
	case o.ending == endingInterrupt:
		return diag.Diagnostics{waitInterrupted(r.request, o, r.keeping)}
	case o.ending == endingTimeout:
		return diag.Diagnostics{waitTimedOut(r.request, o, r.onTimeout, r.keeping)}
	default:
		return diag.Diagnostics{sightLost(r.request, o, r.keeping)}
	}
}

// verdictDue reports whether an outcome leaves something to be judged later: the run goes on, or is to be run again.
func (r run) verdictDue(o outcome) bool {
	accepted := o.execution.Status.Succeeded() || (o.execution.Status.Ended() && r.onFailure == policyWarn)
	return o.cancelled || !accepted
}

// failingStep returns the first step that failed, or nil where that cannot be told.
func (r run) failingStep(ctx context.Context, e matillion.Execution) *matillion.Step {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookAroundTimeout)
	defer cancel()
	steps, err := r.client.Executions.Steps(ctx, e.Handle())
	if err != nil {
		return nil
	}
	for _, step := range steps {
		if step.Result.Status == matillion.StatusFailed {
			return &step
		}
	}
	return nil
}

// complete starts the run, follows it if it is waited for, and judges it, for the forms that keep no state.
func (r run) complete(ctx context.Context, waits bool) (matillion.Execution, diag.Diagnostics) {
	started, release, diags := r.start(ctx)
	defer release()
	execution := matillion.Execution{ID: started.ID, ProjectID: started.ProjectID}
	if diags.HasError() {
		return execution, diags
	}
	if r.report != nil {
		r.report(execution)
	}
	if !waits {
		return execution, diags
	}
	outcome := r.follow(ctx, started.Handle, execution)
	diags.Append(r.judge(ctx, outcome)...)
	return outcome.execution, diags
}
