package execution

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

// startFailed words a run that was not started, or may not have been. The holders are running executions that may have
// the tag.
func startFailed(request matillion.ExecuteRequest, err error, holders []matillion.Execution) diag.Diagnostic {
	if maybe, ok := errors.AsType[*matillion.MaybeStartedError](err); ok {
		return maybeStarted(request, maybe)
	}
	if inUse, ok := errors.AsType[*matillion.TagInUseError](err); ok {
		return tagInUse(request, inUse, holders)
	}
	if matillion.IsDisabled(err) {
		return diagnose.Say("The pipeline was not started, because it has been disabled: somebody has switched off the "+
			"published pipeline, or the version that was to run.").
			Say("Publish it to the environment again, or set version_name to a version that is enabled.").
			Facts(about(request, "")...).Answer(err).ErrorOn("pipeline_name", "Pipeline is disabled")
	}
	if notStarted, ok := errors.AsType[*matillion.NotStartedError](err); ok {
		why := "Terraform was interrupted"
		if errors.Is(notStarted.Err, context.DeadlineExceeded) {
			why = "the time was up"
		}
		return diagnose.Say("The pipeline was not started: %s before the request was sent.", why).
			Facts(about(request, "")...).Answer(notStarted.Last).Error("Pipeline was not started")
	}
	words := startSubject.Words(err)
	return diagnose.Say("The pipeline was not started.").Text(words.Advice).
		Facts(about(request, "")...).Answer(err).Error(words.Summary)
}

func tagInUse(
	request matillion.ExecuteRequest, inUse *matillion.TagInUseError, holders []matillion.Execution,
) diag.Diagnostic {
	m := diagnose.Say("The pipeline was not started, because another execution with the tag %q is running in the "+
		"environment.", request.ExecutionTag)
	if inUse.Waited >= time.Second {
		m.Say("Waited %s for it to end.", inUse.Waited.Round(time.Second)).
			Say("Apply again when that execution has ended, set a longer timeout, or use another execution_tag.")
	} else {
		m.Say("Apply again when that execution has ended, set on_conflict = \"wait\" to wait for it, or use another " +
			"execution_tag.")
	}
	m.Facts(about(request, "")...).Answer(inUse.Err)
	for _, holder := range holders {
		m.Fact("May hold the tag", describe(holder))
	}
	return m.ErrorOn("execution_tag", "Execution tag already in use")
}

func maybeStarted(request matillion.ExecuteRequest, maybe *matillion.MaybeStartedError) diag.Diagnostic {
	m := diagnose.Say("The request to start the pipeline was sent, but its answer was lost, so that the pipeline may be " +
		"running. Nothing is sent again that could start the pipeline twice.")
	switch {
	case maybe.LookErr != nil:
		m.Say("Looking for the execution in the list of executions failed: %s.", maybe.LookErr)
	case len(maybe.Candidates) == 0:
		m.Say("No matching execution was listed within about ten seconds.")
	default:
		m.Say("These executions match, and it cannot be told whether one of them is the one that was started here:")
	}
	for _, candidate := range maybe.Candidates {
		m.Say("- %s\n\n%s", describe(candidate), importBlock(candidate.Handle()))
	}
	m.Say("Look in the console for an execution of this pipeline in the time given below. If there is one, import it " +
		"into the resource, which starts nothing. If there is none, apply again.")
	if len(maybe.Candidates) == 0 {
		m.Text(importBlock(matillion.Handle{ProjectID: request.ProjectID, ID: "EXECUTION_ID"}))
	}
	return m.Facts(about(request, "")...).
		Fact("Started between", maybe.From.Format(time.RFC3339)+" and "+maybe.Until.Format(time.RFC3339)).
		Answer(maybe.Cause).Error("Pipeline may have been started")
}

// adopted words a run whose answer was lost, and which was found in the list.
func adopted(request matillion.ExecuteRequest, started matillion.Started) diag.Diagnostic {
	return diagnose.Say("The request to start the pipeline was sent, but its answer was lost. Exactly one execution " +
		"matches it: same environment, pipeline and trigger, started since. It is taken for the one that was started here.").
		Say("Nothing needs to be done. If somebody else started the same pipeline in that moment, compare the execution in " +
			"the console.").
		Facts(about(request, started.ID)...).Answer(started.Cause).Warning("Pipeline execution was adopted")
}
