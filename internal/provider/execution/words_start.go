// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

// startFailed words a run that was not started, or may not have been.
func startFailed(request matillion.ExecuteRequest, policy conflictPolicy, err error) diag.Diagnostic {
	if maybe, ok := errors.AsType[*matillion.MaybeStartedError](err); ok {
		return maybeStarted(request, maybe)
	}
	if inUse, ok := errors.AsType[*matillion.TagInUseError](err); ok {
		return tagInUse(request, policy, inUse)
	}
	if matillion.IsDisabled(err) {
		return diagnose.Say("The pipeline was not started, because the published pipeline, or the version that was to run, "+
			"is disabled.").
			Say("Publish it to the environment again, or set version_name to a version that is enabled.").
			Facts(about(request, "")...).Answer(err).ErrorOn("pipeline_name", "Pipeline is disabled")
	}
	if notStarted, ok := errors.AsType[*matillion.NotStartedError](err); ok {
		why := "Terraform was interrupted"
		if errors.Is(notStarted.Err, context.DeadlineExceeded) {
			why = "the start timed out"
		}
		return diagnose.Say("The pipeline was not started: %s before the request was sent.", why).
			Facts(about(request, "")...).Answer(notStarted.Last).Error("Pipeline was not started")
	}
	if twice, ok := errors.AsType[*matillion.ClaimedTwiceError](err); ok {
		return claimedTwice(request, twice)
	}
	words := startSubject.Words(err)
	return diagnose.Say("The pipeline was not started.").Text(words.Advice).
		Facts(about(request, "")...).Answer(err).Error(words.Summary)
}

func tagInUse(
	request matillion.ExecuteRequest, policy conflictPolicy, inUse *matillion.TagInUseError,
) diag.Diagnostic {
	m := diagnose.Say("The pipeline was not started, because another execution with the tag %q is running in the "+
		"environment.", request.ExecutionTag)
	orAttach := ", or set on_conflict = \"attach\""
	switch {
	case policy == conflictAttach:
		orAttach = ""
		m.Say("As on_conflict is \"attach\", it was to be taken over. That takes exactly one execution that can hold the " +
			"tag, of the same pipeline and started through the API.").
			Say("Apply again when that execution has ended, or use another execution_tag.")
	case inUse.Waited >= time.Second:
		m.Say("Waited %s for it to end.", inUse.Waited.Round(time.Second)).
			Say("Apply again when that execution has ended, set a longer timeout, or use another execution_tag.")
	default:
		m.Say("Apply again when that execution has ended, set on_conflict = \"wait\" to wait for it, or use another " +
			"execution_tag.")
	}
	if len(inUse.Holders) > 0 {
		m.Say("If an apply that was cut off has started the other execution, do not start a second one: import it%s.",
			orAttach)
	}
	listToImport(m, inUse.Holders)
	m.Facts(about(request, "")...).Answer(inUse.Err)
	return m.ErrorOn("execution_tag", "Execution tag already in use")
}

// answerLost begins the words of a start whose answer was lost, and says what looking for the run has come to.
func answerLost(maybe *matillion.MaybeStartedError, more string) *diagnose.Message {
	m := diagnose.Say("The request to start the pipeline was sent, but its answer was lost, so the pipeline may be "+
		"running. Nothing is sent again that could start the pipeline twice.%s", more)
	switch {
	case maybe.LookErr != nil:
		m.Say("Looking for the execution in the list of executions failed: %s.", maybe.LookErr)
	case len(maybe.Candidates) == 0:
		m.Say("No matching execution was listed within %s. It may be listed later.", maybe.Looked)
	}
	return m
}

func maybeStarted(request matillion.ExecuteRequest, maybe *matillion.MaybeStartedError) diag.Diagnostic {
	m := answerLost(maybe, "")
	if len(maybe.Candidates) > 0 {
		m.Say("It is not known whether one of these executions is the one that was started here:")
	}
	listToImport(m, maybe.Candidates)
	m.Say("Look in the console for an execution of this pipeline in the time given below. If there is one, import it " +
		"into the resource, which starts nothing. If there is none, apply again.")
	if len(maybe.Candidates) == 0 {
		m.Text(importBlock(matillion.Handle{ProjectID: request.ProjectID, ID: "EXECUTION_ID"}))
	}
	return m.Facts(about(request, "")...).
		Facts(startedBetween(matillion.Window{From: maybe.From, Until: maybe.Until})).
		Answer(maybe.Cause).Error("Pipeline may have been started")
}

// startedWith words what is remarkable about a start that succeeded.
func startedWith(request matillion.ExecuteRequest, started matillion.Started) (diags diag.Diagnostics) {
	switch {
	case started.Adopted && matillion.KindOf(started.Cause) == matillion.KindConflict:
		diags.Append(attached(request, started))
	case started.Adopted:
		diags.Append(adopted(request, started))
	}
	if len(started.WaitedFor) > 0 {
		diags.Append(waitedFor(request, started, "apply", "If an apply that was cut off has started the other execution, "+
			"the pipeline has run twice. To take such an execution over instead, set on_conflict = \"attach\", or import it."))
	}
	return diags
}

// adopted words a run whose answer was lost, and which was found in the list.
func adopted(request matillion.ExecuteRequest, started matillion.Started) diag.Diagnostic {
	return diagnose.Say("The request to start the pipeline was sent, but its answer was lost. Exactly one execution " +
		"matches it: same environment, pipeline and trigger, started between the request and the loss of its answer. The " +
		"provider has adopted it.").
		Say("The API does not return variables, so these cannot be compared. If somebody else started the same pipeline in " +
			"that moment, compare the execution in the console.").
		Facts(about(request, started.ID)...).Answer(started.Cause).Warning("Pipeline execution was adopted")
}

// attached words a run that holds the tag, and was adopted.
func attached(request matillion.ExecuteRequest, started matillion.Started) diag.Diagnostic {
	return diagnose.Say("The execution tag %q is in use, and exactly one execution in the environment can hold it. As "+
		"on_conflict is \"attach\", that execution is taken over, and nothing was started.", request.ExecutionTag).
		Say("The API does not return variables, so these cannot be compared. No policy cancels the execution, because it " +
			"may be somebody else's.").
		Facts(about(request, started.ID)...).Answer(started.Cause).Warning("Pipeline execution was taken over")
}

// waitedFor words executions of others that had the tag before. The advice is for one that an earlier try has left.
func waitedFor(request matillion.ExecuteRequest, started matillion.Started, by, advice string) diag.Diagnostic {
	m := diagnose.Say("The execution tag %q was in use by an execution that was not started by this %s. The pipeline was "+
		"started after that had ended.", request.ExecutionTag, by).Text(advice)
	for _, run := range started.WaitedFor {
		m.Fact("Waited for", describe(run))
	}
	return m.Facts(about(request, started.ID)...).Warning("Waited for another pipeline execution")
}

// claimedTwice words a start that was answered with a run that is known already.
func claimedTwice(request matillion.ExecuteRequest, twice *matillion.ClaimedTwiceError) diag.Diagnostic {
	return diagnose.Say("The API answered the start of the pipeline with an execution that belongs to another resource, " +
		"so it is not kept here too. Whether another execution was started cannot be told.").
		Say("Look in the console for a second execution of this pipeline, and import it if there is one.").
		Facts(about(request, twice.ID)...).Error("Pipeline may have been started")
}

const providerFailed = "Provider failed"

// panicked words a bug of the provider behind the start of a run.
func panicked(request matillion.ExecuteRequest, run matillion.Handle, failure any) diag.Diagnostic {
	return diagnose.Say("The pipeline was started, and then the provider failed. This is a bug in the provider.").
		Say("The execution keeps running. If the resource is not in the state, import it, which starts nothing:\n\n%s",
			importBlock(run)).
		Facts(about(request, run.ID)...).Fact("Failure", fmt.Sprint(failure)).Error(providerFailed)
}
