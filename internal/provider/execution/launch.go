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

// launcher starts a run as a form asks for it, follows it, and says what became of it.
type launcher struct {
	client  *matillion.Client
	request matillion.ExecuteRequest
	policies
	// missing is what the request lacks, so that it must not be sent. A run that is resumed needs no request, but what the
	// API says of it may hold the secrets that are missing: see [launcher.withoutSecrets].
	missing diag.Diagnostics
	// keepsState is whether the form keeps a state of its run, from which the next apply resumes.
	keepsState bool
	// neverAdopt makes a lost answer an error, even if exactly one run matches.
	neverAdopt bool
	// progress reports how the run is getting on. It may be nil.
	progress *progress
}

// startedRun is a run that is there to be followed.
type startedRun struct {
	handle matillion.Handle
	// run is what is known of it, perhaps only its name.
	run matillion.Execution
	// adopted is whether the run was adopted: see [matillion.Started].
	adopted bool
	// kept is whether an earlier apply left the run.
	kept bool
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
	if s.adopted || s.kept {
		return "Took over"
	}
	return "Started"
}

// start starts the run.
func (l launcher) start(ctx context.Context) (startedRun, diag.Diagnostics) {
	if l.missing.HasError() {
		return startedRun{}, l.missing
	}
	started, answer, err := l.send(ctx)
	if err != nil {
		return started, diag.Diagnostics{startFailed(l.request, l.onConflict, err)}
	}
	return started, startedWith(l.request, answer)
}

// send starts the run, and leaves the words to the caller.
func (l launcher) send(ctx context.Context) (startedRun, matillion.Started, error) {
	var started startedRun
	if l.onConflict == conflictWait {
		var err error
		if started.tagged, err = l.client.Executions.ReserveTag(ctx, l.request); err != nil {
			return startedRun{}, matillion.Started{}, err
		}
	}
	answer, err := l.client.Executions.Start(ctx, l.request, matillion.StartOptions{
		OnConflict: l.onConflict.option(), NeverAdopt: l.neverAdopt,
	})
	if err != nil {
		started.freeTag()
		return startedRun{}, answer, err
	}
	started.handle, started.adopted = answer.Handle, answer.Adopted
	started.run = matillion.Execution{ID: answer.ID, ProjectID: answer.ProjectID}
	return started, answer, nil
}

// withoutSecrets returns a run without what the API says of it, if that may hold secrets which are not known here, so
// that they cannot be taken out of it.
func (l launcher) withoutSecrets(run matillion.Execution) matillion.Execution {
	if l.missing.HasError() {
		run.Message = ""
	}
	return run
}

// complete starts the run, follows it if it is waited for, and says what it means, for the forms that keep no state.
func (l launcher) complete(ctx context.Context, waits bool) (o outcome, diags diag.Diagnostics) {
	started, diags := l.start(ctx)
	defer started.freeTag()
	o.run = started.run
	if diags.HasError() {
		return o, diags
	}
	defer l.survive(started.handle, &diags)
	l.policies = l.policiesFor(started.adopted)
	l.progress.begin(started.how(), started.run)
	if waits {
		o = l.follow(ctx, started.handle, started.run)
		diags.Append(l.explain(o)...)
	}
	return o, diags
}

// survive turns a panic into an error that names the run: once a run is started, nothing may lose it. It is deferred.
func (l launcher) survive(run matillion.Handle, diags *diag.Diagnostics) {
	if failure := recover(); failure != nil {
		diags.Append(panicked(l.request, run, failure))
	}
}
