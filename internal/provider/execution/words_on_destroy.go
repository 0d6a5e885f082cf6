// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

// keptText ends the words of what keeps an instance.
const keptText = "The resource is kept, and so is what it depends on."

// destroyNotStarted words a run before a destroy that was not started, or may not have been.
func destroyNotStarted(request matillion.ExecuteRequest, err error) diag.Diagnostic {
	if maybe, ok := errors.AsType[*matillion.MaybeStartedError](err); ok {
		return destroyMaybeStarted(request, maybe)
	}
	inUse, ok := errors.AsType[*matillion.TagInUseError](err)
	if !ok {
		return startFailed(request, conflictFail, err)
	}
	m := diagnose.Say("The pipeline was not started, because another execution with the tag %q is running in the "+
		"environment. It may have other variables, so the provider does not treat it as the run of this resource. %s",
		request.ExecutionTag, keptText)
	if inUse.Waited >= time.Second {
		m.Say("Waited %s for it to end.", inUse.Waited.Round(time.Second)).
			Say("Destroy again when that execution has ended, or set a longer timeouts.delete.")
	} else {
		m.Say("Destroy again when that execution has ended, or set on_conflict = \"wait\" and apply first.")
	}
	listRuns(m, inUse.Holders)
	return m.Facts(about(request, "")...).Answer(inUse.Err).
		ErrorOn("execution_tag", "Execution tag already in use")
}

func destroyMaybeStarted(request matillion.ExecuteRequest, maybe *matillion.MaybeStartedError) diag.Diagnostic {
	m := answerLost(maybe, " "+keptText)
	window := matillion.Window{From: maybe.From, Until: maybe.Until}
	return unsettled(m, request, window, maybe.Candidates).Answer(maybe.Cause).Error("Pipeline may have been started")
}

// unsettledDestroy words a destroy that starts nothing, because an earlier one may have started the run.
func unsettledDestroy(
	request matillion.ExecuteRequest, left unfinishedRun, candidates []matillion.Execution, err error,
) diag.Diagnostic {
	m := diagnose.Say("The answer to the start of the pipeline was lost when the resource was to be destroyed before, "+
		"so the pipeline may have run. Nothing was started now. %s", keptText)
	if err != nil {
		m.Say("It is not known whether there is such an execution.")
	}
	return unsettled(m, request, left.window, candidates).Answer(err).Error("Pipeline may have been started")
}

// unsettled adds what may have been started, and the ways out.
func unsettled(
	m *diagnose.Message, request matillion.ExecuteRequest, window matillion.Window, candidates []matillion.Execution,
) *diagnose.Message {
	if len(candidates) > 0 {
		m.Say("It is not known whether one of these executions was started here:")
	}
	listRuns(m, candidates)
	m.Say("Look in the console for an execution of this pipeline in the time given below.")
	m.Say("- If it has done what this resource is for, remove the resource from the state, which runs nothing: " +
		"terraform state rm ADDRESS. Then destroy the rest.")
	m.Say("- If there is none, destroy again: the next destroy looks for it first, and starts nothing while one is " +
		"listed.")
	m.Say("- To run the pipeline anyway, wait until no such execution is running, and apply once with the " +
		"resource in the configuration, which forgets this (terraform apply -target=ADDRESS). Then destroy again.")
	return m.Facts(about(request, "")...).Facts(startedBetween(window))
}

func listRuns(m *diagnose.Message, runs []matillion.Execution) {
	for _, run := range runs {
		m.Say("- %s\n  %s", describe(run), consoleAddress(run.ID))
	}
}

// destroyEndedBadly words a run before a destroy that has ended without success.
func destroyEndedBadly(s runSpec, o outcome, severity diag.Severity) diag.Diagnostic {
	m := diagnose.Say("The pipeline was executed because the resource is destroyed, and ended with the status %s.",
		o.run.Status)
	failedStep(m, o.failedStep)
	if severity == diag.SeverityWarning {
		m.Say("As on_failure is %q, the resource is destroyed anyway.", s.onFailure)
	} else {
		m.Say("%s See the execution in the console. The next destroy runs the pipeline again.", keptText)
	}
	return m.Facts(about(s.request, o.run.ID)...).Fact("Status", string(o.run.Status)).
		Fact("Matillion says", o.run.Message).As(severity, endedBadlySummary(o.run.Status))
}

// destroySubject is a call about a run that an earlier destroy, or this one, has started.
var destroySubject = diagnose.Subject{
	matillion.KindNotFound: {
		Summary: runNotFound,
		Advice: "The API does not know the execution. It may have expired from the history. If it has succeeded, remove " +
			"the resource from the state: terraform state rm ADDRESS. To run the pipeline again, apply once with the " +
			"resource in the configuration, which forgets the execution (terraform apply -target=ADDRESS), and destroy again.",
	},
}

// destroyNotFollowed words a run before a destroy whose end was not seen, or which was cancelled.
func destroyNotFollowed(s runSpec, o outcome) diag.Diagnostic {
	m, summary := o.unfollowed(destroySubject)
	if o.why == followTimedOut {
		m.Say("Set a longer timeouts.delete, and apply, if the pipeline needs more time.")
	}
	switch {
	case o.cancelled:
		m.Say("As on_interrupt is %q, it was cancelled. %s The next destroy runs the pipeline again.",
			s.onInterrupt, keptText)
	case o.stopErr != nil:
		m.Say("As on_interrupt is %q, it was to be cancelled, but it has not ended. %s The next destroy waits for it, and "+
			"starts nothing.", s.onInterrupt, keptText)
	default:
		m.Say("%s The next destroy waits for this execution, and starts nothing.", keptText)
	}
	return m.Facts(about(s.request, o.run.ID)...).Fact("Last known status", string(o.run.Status)).Answer(o.trouble()).
		Error(summary)
}

// unmarkedDestroy words a Delete that was not planned.
func unmarkedDestroy(request matillion.ExecuteRequest) diag.Diagnostic {
	return diagnose.Say("It is not known whether the resource is destroyed or replaced, because this client does not " +
		"pass on what the provider has planned. Terraform and OpenTofu do; bridges to other tools do not. Nothing was " +
		"started, and the resource is kept.").
		Say("Run the pipeline by other means, and remove the resource from the state.").
		Facts(about(request, "")...).Error("Pipeline cannot be run on destroy")
}

// runningBeforeDestroy words an execution of the pipeline that is running when its destroy is planned.
func runningBeforeDestroy(request matillion.ExecuteRequest, run matillion.Execution) diag.Diagnostic {
	m := diagnose.Say("The destroy runs the pipeline, and an execution of it is running already. It may be somebody "+
		"else's, or a destroy that was killed may have started it. The destroy does not wait for it, and starts another "+
		"one.").
		Say("If it was started for this destroy, wait until it has succeeded. Then remove the resource from the state, "+
			"which runs nothing: terraform state rm ADDRESS. To follow it with Terraform, import it:\n\n%s",
			importBlock(run.Handle()))
	if !run.StartedAt.IsZero() {
		m.Fact("Started", run.StartedAt.Format(time.RFC3339))
	}
	return m.Facts(about(request, run.ID)...).Fact("Trigger", run.Trigger).Warning("Pipeline is running")
}

// unfinishedForgotten words what a destroy has left, and Terraform forgets.
func unfinishedForgotten(request matillion.ExecuteRequest, left unfinishedRun) diag.Diagnostic {
	m := diagnose.Say("A destroy that failed has left an execution of the pipeline, or may have. Now the resource is " +
		"replaced, or its request has changed. Terraform forgets that execution and starts nothing. It may be running.").
		Say("Cancel it in the console if it should not keep running.")
	return aboutUnfinished(m, request, left).Warning("Pipeline execution is forgotten")
}

// unfinishedKept words what a destroy has left, and an update keeps. The error is why nothing is known of it.
func unfinishedKept(request matillion.ExecuteRequest, left unfinishedRun, err error) diag.Diagnostic {
	m := diagnose.Say("A destroy that failed has left an execution of the pipeline, or may have.")
	if err == nil {
		m.Say("It is running.")
	} else {
		m.Say("It is not known whether it is running.")
	}
	m.Say("So it is kept: the next destroy does not start another one. An apply after its end forgets it.")
	return aboutUnfinished(m, request, left).Answer(err).Warning("Pipeline execution is kept")
}

func aboutUnfinished(m *diagnose.Message, request matillion.ExecuteRequest, left unfinishedRun) *diagnose.Message {
	m.Facts(about(request, left.id)...)
	if left.id == "" {
		m.Facts(startedBetween(left.window))
	}
	return m
}
