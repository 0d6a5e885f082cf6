// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// followEnd is why following a run came to an end.
type followEnd int

const (
	// followedToEnd: the run itself has ended.
	followedToEnd followEnd = iota
	followTimedOut
	followInterrupted
	// followLost: reading failed for good. The run may keep running.
	followLost
	// followBroken: a bug of the provider ended it.
	followBroken
)

// outcome is what following a run led to.
type outcome struct {
	// run is the last that is known of it.
	run matillion.Execution
	// observed is whether the run was read at all.
	observed bool
	why      followEnd
	// err is what ended the following; nil when the run has ended.
	err error
	// stopErr is why the run could not be cancelled as a policy said.
	stopErr error
	// cancelled is whether the run was cancelled, as on_timeout or on_interrupt says.
	cancelled bool
	// failedStep is the first step that failed, if the run ended badly and that could be read.
	failedStep *matillion.Step
	// waited is for how long the run was followed.
	waited time.Duration
}

// follower follows runs to their ends.
type follower struct {
	client *matillion.Client
	// hidesMessages is whether secrets of the run are not known here, so that they cannot be taken out of what the API
	// says of it. None of that is kept.
	hidesMessages bool
	// progress reports how the run is getting on. It may be nil.
	progress *progress
}

// follow waits until a run has ended or the context has. In the second case it cancels the run where a policy says so.
func (f follower) follow(
	ctx context.Context, handle matillion.Handle, known matillion.Execution, how policies,
) outcome {
	began := time.Now()
	o := outcome{run: known}
	report := func(run matillion.Execution) { f.progress.report(ctx, run) }
	read, err := f.client.Executions.Wait(ctx, handle, report)
	o.observe(read)
	o.err = err
	cancels := false
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		o.why, cancels = followInterrupted, how.onInterrupt == interruptCancel
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil:
		o.why, cancels = followTimedOut, how.onTimeout == timeoutCancel
	default:
		o.why = followLost
	}
	if cancels {
		f.stop(ctx, handle, &o)
	}
	if o.why == followedToEnd && o.run.Status.EndedBadly() {
		o.failedStep = f.failingStep(ctx, o.run)
	}
	o.run = f.withoutSecrets(o.run)
	o.waited = time.Since(began)
	return o
}

// observe keeps what was read, if anything.
func (o *outcome) observe(read matillion.Execution) {
	if read.Status != "" {
		o.run, o.observed = read, true
	}
}

// withoutSecrets returns a run without what the API says of it, if that may hold secrets which are not known here.
func (f follower) withoutSecrets(run matillion.Execution) matillion.Execution {
	if f.hidesMessages {
		run.Message = ""
	}
	return run
}

// trouble returns what the API answered that kept the run from being followed or cancelled, or nil.
func (o outcome) trouble() error {
	if o.why == followLost {
		return o.err
	}
	return o.stopErr
}

// stop cancels the run, on a context of its own because the given one has ended.
func (f follower) stop(ctx context.Context, handle matillion.Handle, o *outcome) {
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	read, err := f.client.Executions.Stop(detached, handle)
	o.observe(read)
	o.stopErr = err
	o.cancelled = o.run.Status == matillion.StatusCancelled
	if o.run.Status.Ended() && !o.cancelled {
		o.why = followedToEnd // it was faster than the cancellation
	}
}

// explain says what an outcome means to the user.
func (s runSpec) explain(o outcome) diag.Diagnostics {
	severity := s.severity(o)
	switch {
	case o.why == followedToEnd && s.onFailure.verdict(o.run.Status) == verdictSucceeded:
		return nil
	case o.why == followedToEnd:
		return diag.Diagnostics{endedBadly(s, o.run, o.failedStep, severity)}
	default:
		return diag.Diagnostics{notFollowed(s, o, severity)}
	}
}

// failingStep returns the first step that failed, or nil if the steps cannot be read or none failed.
func (f follower) failingStep(ctx context.Context, run matillion.Execution) *matillion.Step {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), courtesyTimeout)
	defer cancel()
	steps, err := f.client.Executions.Steps(ctx, run.Handle())
	if err != nil {
		return nil
	}
	for _, step := range steps {
		if step.Result.Status == matillion.StatusFailed {
			if f.hidesMessages {
				step.Result.Message = ""
			}
			return &step
		}
	}
	return nil
}
