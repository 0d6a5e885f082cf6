// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

// endedBadly words a run that was waited for and has ended without success. A warning is one that on_failure accepts.
func endedBadly(
	request matillion.ExecuteRequest, run matillion.Execution, step *matillion.Step, severity diag.Severity,
	keepsState bool,
) diag.Diagnostic {
	m := diagnose.Say("The pipeline was executed, and ended with the status %s.", run.Status)
	if step != nil {
		m.Say("The first step that failed is %q: %s", step.Name, orNothing(step.Result.Message))
	}
	switch {
	case !keepsState:
		m.Say("See the execution in the console.")
	case severity == diag.SeverityWarning:
		m.Say("As on_failure is \"warn\", this counts as done. To run the pipeline again, change triggers.")
	default:
		m.Say("See the execution in the console. The next apply runs the pipeline again.")
	}
	m.Facts(about(request, run.ID)...).Fact("Status", string(run.Status))
	if !run.StartedAt.IsZero() && !run.FinishedAt.IsZero() {
		m.Fact("Duration", run.FinishedAt.Sub(run.StartedAt.Time).Round(time.Second).String())
	}
	return m.Fact("Matillion says", run.Message).As(severity, endedBadlySummary(run.Status))
}

func endedBadlySummary(status matillion.Status) string {
	switch status {
	case matillion.StatusCancelled:
		return "Pipeline execution cancelled"
	case matillion.StatusSkipped:
		return "Pipeline execution skipped"
	default:
		return "Pipeline execution failed"
	}
}

func orNothing(text string) string {
	if text == "" {
		return "(no message)"
	}
	return text
}

// endedBadlyUnawaited words a run that nobody waited for, and that a refresh finds ended.
func endedBadlyUnawaited(
	request matillion.ExecuteRequest, run matillion.Execution, severity diag.Severity,
) diag.Diagnostic {
	return diagnose.Say("The pipeline was executed without waiting for it, and has ended with the status %s since.",
		run.Status).
		Say("Nothing is started again because of it. To run the pipeline again, replace the resource (terraform apply "+
			"-replace=ADDRESS), or change triggers. To have a failure of the next run stop the apply, set "+
			"wait_for_completion = true as well; by itself that starts nothing.").
		Facts(about(request, run.ID)...).Fact("Status", string(run.Status)).Fact("Matillion says", run.Message).
		As(severity, endedBadlySummary(run.Status))
}

// whatNext says what happens to a run that keeps running.
func whatNext(m *diagnose.Message, keepsState bool, run matillion.Handle) {
	if keepsState {
		m.Say("The next apply waits for it, and starts nothing.")
		return
	}
	m.Say("No record is kept of it here. To follow it further, import it into the resource:\n\n%s", importBlock(run))
}

func waitInterrupted(
	request matillion.ExecuteRequest, o outcome, severity diag.Severity, keepsState bool,
) diag.Diagnostic {
	summary := "Pipeline execution left running"
	m := diagnose.Say("Terraform was interrupted after %s of waiting for the pipeline execution.",
		o.waited.Round(time.Second))
	switch {
	case o.cancelled:
		summary = "Pipeline execution cancelled"
		m.Say("As on_interrupt is \"cancel\", it was cancelled. The next apply runs the pipeline again.")
	case o.stopErr != nil:
		m.Say("As on_interrupt is \"cancel\", it was to be cancelled, but it has not ended.")
		whatNext(m, keepsState, o.run.Handle())
	default:
		m.Say("The execution keeps running.")
		whatNext(m, keepsState, o.run.Handle())
	}
	return m.Facts(about(request, o.run.ID)...).Fact("Status", string(o.run.Status)).Answer(o.stopErr).
		As(severity, summary)
}

func waitTimedOut(
	request matillion.ExecuteRequest, o outcome, severity diag.Severity, keepsState bool,
) diag.Diagnostic {
	m := diagnose.Say("The pipeline execution has not ended after %s of waiting.", o.waited.Round(time.Second))
	switch {
	case o.cancelled:
		m.Say("As on_timeout is \"cancel\", it was cancelled. The next apply runs the pipeline again.")
	case o.stopErr != nil:
		m.Say("As on_timeout is \"cancel\", it was to be cancelled, but it has not ended.")
		whatNext(m, keepsState, o.run.Handle())
	default:
		m.Say("The execution keeps running. Set a longer timeout if the pipeline needs more time.")
		whatNext(m, keepsState, o.run.Handle())
	}
	return m.Facts(about(request, o.run.ID)...).Fact("Status", string(o.run.Status)).Answer(o.stopErr).
		As(severity, "Pipeline execution did not finish in time")
}

// sightLost words a run that could not be read any more while it was waited for.
func sightLost(
	request matillion.ExecuteRequest, o outcome, severity diag.Severity, keepsState bool,
) diag.Diagnostic {
	words := runSubject.Words(o.err)
	m := diagnose.Say("The pipeline was started, but its execution could not be followed to its end. It may be running.").
		Text(words.Advice)
	whatNext(m, keepsState, o.run.Handle())
	return m.Facts(about(request, o.run.ID)...).Fact("Last known status", string(o.run.Status)).Answer(o.err).
		As(severity, words.Summary)
}
