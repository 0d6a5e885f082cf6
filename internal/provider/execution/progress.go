// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// heartbeat is how often an action says that it is still waiting, when there is nothing else to say.
const heartbeat = time.Minute

// progress reports how a run is getting on: first its id, then a line when the status or the current step changes, and
// one every minute in any case.
type progress struct {
	client *matillion.Client
	send   func(action.InvokeProgressEvent)
	began  time.Time

	started  bool
	status   matillion.Status
	step     string
	noSteps  bool // they could not be read, and are not asked for again
	lastLine time.Time
}

func (p *progress) report(ctx context.Context, run matillion.Execution) {
	if !p.started {
		p.started = true
		p.line("Started execution %s: %s", run.ID, consoleAddress(run.ID))
		return
	}
	step := p.step
	if !run.Status.Ended() {
		step = p.currentStep(ctx, run)
	}
	quiet := time.Since(p.lastLine)
	if run.Status == p.status && step == p.step && quiet < heartbeat {
		return
	}
	p.status, p.step = run.Status, step
	text := string(run.Status)
	if step != "" && !run.Status.Ended() {
		text += fmt.Sprintf(", step %q", step)
	}
	p.line("%s after %s", text, time.Since(p.began).Round(time.Second))
}

// currentStep returns the step that is running, or the last one known.
func (p *progress) currentStep(ctx context.Context, run matillion.Execution) string {
	if p.noSteps {
		return p.step
	}
	ctx, cancel := context.WithTimeout(ctx, courtesyTimeout)
	defer cancel()
	steps, err := p.client.Executions.Steps(ctx, run.Handle())
	p.noSteps = err != nil
	current := p.step
	for _, step := range steps {
		if !step.Result.Status.Ended() {
			current = step.Name
		}
	}
	return current
}

func (p *progress) line(format string, args ...any) {
	p.lastLine = time.Now()
	p.send(action.InvokeProgressEvent{Message: fmt.Sprintf(format, args...)})
}
