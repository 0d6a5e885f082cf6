// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

const (
	// heartbeat is how often a line says that a run is still being waited for, when there is nothing else to say.
	heartbeat = time.Minute
	// maxStepFailures is after how many failures in a row the steps of a run are not asked for again.
	maxStepFailures = 3
)

// progress reports how a run is getting on: first its id, then a line when the status or the current step changes, and
// one every minute in any case. A nil progress reports nothing and asks for nothing.
type progress struct {
	client *matillion.Client
	// send takes a line about an execution.
	send func(executionID, line string)
	// withoutSteps is whether the steps are not asked for.
	withoutSteps bool

	id           string
	began        time.Time
	status       matillion.Status
	step         string
	stepFailures int
	lastLine     time.Time
}

// loggedProgress returns a progress whose lines go to the provider's log, or nil if nobody reads them: the steps cost a
// call each time. Terraform has no other channel for the progress of a resource or a data source.
func loggedProgress(ctx context.Context, s *session.Session) *progress {
	if !s.LogsProgress {
		return nil
	}
	return &progress{client: s.Client, send: func(executionID, line string) {
		tflog.Info(ctx, line, map[string]any{"execution_id": executionID})
	}}
}

// begin names the run. What is done with it comes first in the line, such as "Started".
func (p *progress) begin(doing string, run matillion.Execution) {
	if p == nil {
		return
	}
	p.id, p.began = run.ID, time.Now()
	p.line("%s execution %s: %s", doing, run.ID, consoleAddress(run.ID))
}

// report takes every state of the run that is read.
func (p *progress) report(ctx context.Context, run matillion.Execution) {
	if p == nil {
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
	if p.withoutSteps || p.stepFailures == maxStepFailures {
		return p.step
	}
	ctx, cancel := context.WithTimeout(ctx, courtesyTimeout)
	defer cancel()
	steps, err := p.client.Executions.Steps(ctx, run.Handle())
	p.stepFailures++
	if err == nil {
		p.stepFailures = 0
	}
	current := p.step
	for _, step := range steps {
		if !step.Result.Status.Ended() {
			current = string(step.Name)
		}
	}
	return current
}

func (p *progress) line(format string, args ...any) {
	p.lastLine = time.Now()
	p.send(p.id, fmt.Sprintf(format, args...))
}
