package execution

import (
	"context"
	"errors"
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
	// keepsState is whether the form keeps a state of its run, from which the next apply resumes.
	keepsState bool
	// report is called with every state of the run that is read. It may be nil.
	report func(matillion.Execution)
}

// startedRun is a run that is there to be followed.
type startedRun struct {
	handle matillion.Handle
	// run is what is known of it, perhaps only its name.
	run matillion.Execution
	// release is called when the run is no longer followed. Until then, other runs of this process that wait for the same
	// tag stand in line. It is never nil.
	release func()
}

// start starts the run.
func (l launcher) start(ctx context.Context) (startedRun, diag.Diagnostics) {
	started := startedRun{release: func() {}}
	waits := l.onConflict == conflictWait
	if waits {
		release, err := l.client.Executions.ReserveTag(ctx, l.request)
		if err != nil {
			return started, l.explainStart(ctx, err)
		}
		started.release = release
	}
	answer, err := l.client.Executions.Start(ctx, l.request, matillion.StartOptions{WaitForTag: waits})
	if err != nil {
		started.release()
		return startedRun{release: func() {}}, l.explainStart(ctx, err)
	}
	started.handle = answer.Handle
	started.run = matillion.Execution{ID: answer.ID, ProjectID: answer.ProjectID}
	if answer.Adopted {
		return started, diag.Diagnostics{adopted(l.request, answer)}
	}
	return started, nil
}

// explainStart words a start that failed, after asking for what helps.
func (l launcher) explainStart(ctx context.Context, err error) diag.Diagnostics {
	if _, ok := errors.AsType[*matillion.TagInUseError](err); !ok {
		return diag.Diagnostics{startFailed(l.request, err, nil)}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), courtesyTimeout)
	defer cancel()
	holders, listErr := l.client.Executions.List(ctx, matillion.ExecutionsQuery{
		ProjectID:       l.request.ProjectID,
		EnvironmentName: l.request.EnvironmentName,
		Statuses:        []matillion.Status{matillion.StatusRunning, matillion.StatusCancelling},
	}, nil)
	if listErr != nil {
		holders = nil
	}
	return diag.Diagnostics{startFailed(l.request, err, holders)}
}

// complete starts the run, follows it if it is waited for, and says what it means, for the forms that keep no state.
func (l launcher) complete(ctx context.Context, waits bool) (matillion.Execution, diag.Diagnostics) {
	started, diags := l.start(ctx)
	defer started.release()
	if diags.HasError() {
		return started.run, diags
	}
	if l.report != nil {
		l.report(started.run)
	}
	if !waits {
		return started.run, diags
	}
	followed := l.follow(ctx, started.handle, started.run)
	diags.Append(l.explain(ctx, followed)...)
	return followed.run, diags
}
