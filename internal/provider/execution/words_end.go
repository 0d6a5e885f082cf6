// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

// endedBadly words a run that was waited for and has ended without success. A warning is about what on_failure accepts.
func endedBadly(
	s runSpec, run matillion.Execution, step *matillion.Step, severity diag.Severity,
) diag.Diagnostic {
	m := diagnose.Say("The pipeline was executed, and ended with the status %s.", run.Status)
	failedStep(m, step)
	switch {
	case !s.keepsState:
		m.Say("See the execution in the console.")
	case severity == diag.SeverityWarning:
		m.Say("As on_failure is %q, this counts as done. To run the pipeline again, change triggers.", s.onFailure)
	default:
		m.Say("See the execution in the console. The next apply runs the pipeline again.")
	}
	m.Facts(about(s.request, run.ID)...).Fact("Status", string(run.Status))
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
func (s runSpec) whatNext(m *diagnose.Message, run matillion.Handle) {
	if s.keepsState {
		m.Say("The next apply waits for it, and starts nothing.")
		return
	}
	m.Say("No record is kept of it here. To follow it further, import it into the resource:\n\n%s", importBlock(run))
}

// unfollowed words why a run was not followed to its end, and returns the summary for that.
func (o outcome) unfollowed(subject diagnose.Subject) (*diagnose.Message, string) {
	waited := o.waited.Round(time.Second)
	switch o.why {
	case followTimedOut:
		return diagnose.Say("The pipeline execution has not ended after %s of waiting.", waited),
			"Pipeline execution did not finish in time"
	case followInterrupted:
		summary := "Pipeline execution left running"
		if o.cancelled {
			summary = endedBadlySummary(matillion.StatusCancelled)
		}
		return diagnose.Say("Terraform was interrupted after %s of waiting for the pipeline execution.", waited), summary
	default:
		words := subject.Words(o.err)
		return diagnose.Say("The pipeline was started, but its execution could not be followed to its end. It may be " +
			"running.").Text(words.Advice), words.Summary
	}
}

// notFollowed words a run whose end was not waited for.
func notFollowed(s runSpec, o outcome, severity diag.Severity) diag.Diagnostic {
	m, summary := o.unfollowed(runSubject)
	policy, advice, status := fmt.Sprintf("on_interrupt is %q", s.onInterrupt), "", "Status"
	switch o.why {
	case followTimedOut:
		policy = fmt.Sprintf("on_timeout is %q", s.onTimeout)
		advice = " Set a longer timeout if the pipeline needs more time."
	case followLost:
		status = "Last known status"
	}
	switch {
	case o.cancelled:
		m.Say("As %s, it was cancelled. The next apply runs the pipeline again.", policy)
	case o.stopErr != nil:
		m.Say("As %s, it was to be cancelled, but it has not ended.", policy)
	case o.why != followLost:
		m.Text("The execution keeps running." + advice)
	}
	if !o.cancelled {
		s.whatNext(m, o.run.Handle())
	}
	return m.Facts(about(s.request, o.run.ID)...).Fact(status, string(o.run.Status)).Answer(o.trouble()).
		As(severity, summary)
}
