// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

const (
	// courtesyTimeout bounds what is asked only to say more.
	courtesyTimeout = 5 * time.Second
	// stopTimeout bounds a cancellation by policy: a minute softly, and another by force.
	stopTimeout = 2 * time.Minute
)

// runSpec is what a form says of its run. It is all that words about the run take from the form.
type runSpec struct {
	request matillion.ExecuteRequest
	policies
	// keepsState is whether the form keeps a state of its run, from which the next apply resumes.
	keepsState bool
}

// launcher starts a run as a form asks for it, follows it, and says what became of it.
type launcher struct {
	runSpec
	follower
	// missing is what the request lacks, so that it must not be sent. A run that is resumed needs no request.
	missing diag.Diagnostics
}

// startedRun is a run that is there to be followed.
type startedRun struct {
	matillion.Started
	// run is what is known of it, perhaps only its name.
	run matillion.Execution
	// kept is whether an earlier apply left the run.
	kept bool
	// gone is whether the API does not know a kept run any more that was to be waited for.
	gone bool
	// tagged ends the reservation of the run's tag. It is nil if there is none.
	tagged func()
}

// freeTag is called when the run is no longer followed. Until then, other runs of this process that wait for the same
// tag stand in line.
func (s startedRun) freeTag() {
	if s.tagged != nil {
		s.tagged()
	}
}

// how says in a word how the run was come by.
func (s startedRun) how() string {
	if s.Adopted || s.kept {
		return "Took over"
	}
	return "Started"
}

// start starts the run. If that is ok, there is a run, which nothing may lose from then on.
func (l launcher) start(ctx context.Context) (started startedRun, ok bool, diags diag.Diagnostics) {
	if l.missing.HasError() {
		return startedRun{}, false, l.missing
	}
	started, err := l.send(ctx, matillion.StartOptions{})
	if err != nil {
		return startedRun{}, false, diag.Diagnostics{startFailed(l.request, l.onConflict, err)}
	}
	return started, true, startedWith(l.request, started.Started)
}

// send starts the run, and leaves the words to the caller. What it does about a tag in use, on_conflict says.
func (l launcher) send(ctx context.Context, opts matillion.StartOptions) (started startedRun, err error) {
	opts.OnConflict = l.onConflict.option()
	if opts.OnConflict == matillion.ConflictWaits {
		if started.tagged, err = l.client.Executions.ReserveTag(ctx, l.request); err != nil {
			return startedRun{}, err
		}
	}
	if started.Started, err = l.client.Executions.Start(ctx, l.request, opts); err != nil {
		started.freeTag()
		return startedRun{}, err
	}
	started.run = matillion.Execution{ID: started.ID, ProjectID: started.ProjectID}
	return started, nil
}

// complete starts the run, follows it if it is waited for, and says what it means, for the forms that keep no state.
func (l launcher) complete(ctx context.Context, waits bool) (o outcome, diags diag.Diagnostics) {
	started, ok, diags := l.start(ctx)
	if !ok {
		return o, diags
	}
	defer started.freeTag()
	defer l.survive(started.Handle, &diags)
	o.run = started.run
	l.policies = l.detachingIf(started.Adopted)
	l.progress.begin(started.how(), started.run)
	if waits {
		o = l.follow(ctx, started.Handle, started.run, l.policies)
		diags.Append(l.explain(o)...)
	}
	return o, diags
}

// survive turns a panic into an error that names the run: once a run is started, nothing may lose it. It is deferred.
func (s runSpec) survive(run matillion.Handle, diags *diag.Diagnostics) {
	if failure := recover(); failure != nil {
		diags.Append(panicked(s.request, run, failure))
	}
}
