// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package serve

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// stopDelay bounds how long the answer to Terraform's request to stop waits for actions that are interrupted before
// they have sent anything: longer than a start takes that is interrupted.
const stopDelay = 15 * time.Second

// actionEvents sends the events of an action to Terraform.
//
// Once the request to stop has been answered, terraform-plugin-go sends no more events. An action that is interrupted
// before its first event may have started a run that nobody would hear of, so it sends one event before that: the
// error that it ends in, or else its progress. It sends no second one, by which Terraform 1.15 would crash.
type actionEvents struct {
	send func(tfprotov6.InvokeActionEvent) bool
	// unread says that Terraform is gone.
	unread bool
	// sent is closed when an event has been sent, or there are no more.
	sent chan struct{}

	mu        sync.Mutex
	begun     bool // an event has been sent, or is being sent
	stopping  bool
	unsent    []string // the progress since the request to stop
	closeSent sync.Once
}

// pass sends an event, keeps it, or drops it.
func (a *actionEvents) pass(event tfprotov6.InvokeActionEvent) {
	event, due := a.next(event)
	if !due {
		return
	}
	a.unread = !a.send(event)
	a.end()
}

func (a *actionEvents) next(event tfprotov6.InvokeActionEvent) (next tfprotov6.InvokeActionEvent, due bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	progress, isProgress := event.Type.(tfprotov6.ProgressInvokeActionEventType)
	switch {
	case a.unread, a.stopping && a.begun:
		return event, false
	case a.stopping && isProgress:
		a.unsent = append(a.unsent, progress.Message)
		return event, false
	case a.stopping && len(a.unsent) > 0 && !hasError(event):
		event.Type = tfprotov6.ProgressInvokeActionEventType{Message: strings.Join(a.unsent, "\n")}
	}
	a.begun = true
	return event, true
}

func hasError(event tfprotov6.InvokeActionEvent) bool {
	completed, ok := event.Type.(tfprotov6.CompletedInvokeActionEventType)
	return ok && slices.ContainsFunc(completed.Diagnostics, func(d *tfprotov6.Diagnostic) bool {
		return d.Severity == tfprotov6.DiagnosticSeverityError
	})
}

// end says that an event has been sent, or that none follows.
func (a *actionEvents) end() { a.closeSent.Do(func() { close(a.sent) }) }

func (a *actionEvents) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopping = true
}

// awaitFirst waits until each of the actions has sent an event or ended, or the context ends.
func awaitFirst(ctx context.Context, actions []*actionEvents) {
	for _, action := range actions {
		select {
		case <-action.sent:
		case <-ctx.Done():
			return
		}
	}
}
