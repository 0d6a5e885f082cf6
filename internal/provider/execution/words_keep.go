// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

// vanished words a run that was seen running and that the API no longer knows.
func vanished(request matillion.ExecuteRequest, run matillion.Execution) diag.Diagnostic {
	return diagnose.Say("The pipeline execution was running when it was last observed, and the API no longer knows it. "+
		"It may have expired from the history, or the credentials may have lost access to the project.").
		Say("The resource is kept as it is, and nothing is started again because of it.").
		Facts(about(request, run.ID)...).Fact("Last known status", string(run.Status)).Warning(runNotFound)
}

func importIDInvalid(id string) diag.Diagnostic {
	return diagnose.Say("The id must be PROJECT_ID/EXECUTION_ID, or EXECUTION_ID where the provider has a project_id. "+
		"The project id is a UUID. Got: %s", id).Error("Invalid import id")
}

func importNotFound(run matillion.Handle, err error) diag.Diagnostic {
	return diagnose.Say("The pipeline execution to import was not found.").
		Text("Check that the id is PROJECT_ID/EXECUTION_ID, and that the credentials have access to the project."+
			diagnose.CheckAddress).
		Fact("Project", run.ProjectID).Fact("Execution", run.ID).Answer(err).Error(runNotFound)
}

// importMismatch stops the first plan after an import from starting a run, which is what a changed request would mean.
func importMismatch(argument, imported, configured string) diag.Diagnostic {
	return diagnose.Say("The imported execution has %s = %q, and the configuration says %q. Importing never starts "+
		"a run, so the provider does not treat this as a change.", argument, imported, configured).
		Say("Import the execution that the configuration describes, or change the configuration to match.").
		ErrorOn(argument, "Imported execution does not match")
}

// leftRunning words a run that Terraform forgets as on_destroy says, or because it was adopted.
func leftRunning(
	request matillion.ExecuteRequest, run matillion.Execution, onDestroy destroyPolicy, adopted bool,
) diag.Diagnostic {
	why := fmt.Sprintf("on_destroy is %q", onDestroy)
	if adopted {
		why = "it was taken over and not started here"
	}
	return diagnose.Say("The resource is destroyed or replaced while its pipeline execution is running. As %s, the "+
		"execution keeps running, and Terraform forgets it.", why).
		Say("Cancel it in the console if it should not keep running, or set on_destroy = \"cancel\" before the next time.").
		Facts(about(request, run.ID)...).Fact("Status", string(run.Status)).Warning("Pipeline execution left running")
}

// howToRunAgain is for an instance that is tainted, and whose run is kept. Terraform plans -replace of a tainted
// instance as it plans the instance without it.
const howToRunAgain = "To run the pipeline again instead, change triggers, or run terraform untaint, and then apply " +
	"with -replace. (-replace alone makes no difference to a tainted resource.)"

// willBeKept words a plan whose apply resumes a run that a refresh has seen: one of these, where alike instances
// cannot be told apart.
func willBeKept(request matillion.ExecuteRequest, due []matillion.Execution) diag.Diagnostic {
	which := "this execution"
	if len(due) > 1 {
		which = "one of these executions"
	}
	m := diagnose.Say("Waiting for %s ended in an error in an earlier apply, and its resource is tainted because of it. "+
		"The replacement keeps the execution: the apply waits for it if it has not ended, and starts nothing.", which).
		Say("Each execution is kept once: if this plan creates more resources with the same request and triggers, the " +
			"others start executions of their own. With create_before_destroy or lifecycle { destroy = false }, nothing can " +
			"be kept, and a new execution starts beside this one.").
		Text(howToRunAgain).Facts(about(request, "")...)
	for _, run := range due {
		m.Fact("Execution", run.ID+", "+orNothing(string(run.Status))+", "+consoleAddress(run.ID))
	}
	return m.Warning("Pipeline execution will be kept")
}

// handedOver words a run that Delete has left for the instance's replacement.
func handedOver(request matillion.ExecuteRequest, run matillion.Execution) diag.Diagnostic {
	return diagnose.Say("The tainted resource has been removed from the state, and its pipeline execution is left to the "+
		"replacement. Nothing was started or cancelled.").
		Say("If this apply does not create the replacement, because something that it depends on fails, import the "+
			"execution before the next apply. Importing starts nothing:\n\n%s", importBlock(run.Handle())).
		Facts(about(request, run.ID)...).Fact("Status", string(run.Status)).Warning("Pipeline execution handed over")
}

// keptByReplacement words a run that a replacement has resumed.
func keptByReplacement(request matillion.ExecuteRequest, run matillion.Execution) diag.Diagnostic {
	return diagnose.Say("The resource was tainted because waiting for its pipeline execution ended in an error. The "+
		"replacement keeps this execution: nothing was started, and the id stays the same.").
		Text(howToRunAgain).
		Facts(about(request, run.ID)...).Fact("Status", string(run.Status)).Warning("Pipeline execution kept")
}

// keptUnknown words a run that a replacement has resumed, and that the API no longer knows.
func keptUnknown(request matillion.ExecuteRequest, run matillion.Execution, err error) diag.Diagnostic {
	return diagnose.Say("The apply was to wait for this pipeline execution, and the API no longer knows it. It "+
		"may have expired from the history, or the credentials may have lost access to the project. Nothing was started, "+
		"and the resource keeps the execution.").
		Text(howToRunAgain).
		Say("To keep the record as it is, set wait_for_completion = false.").
		Facts(about(request, run.ID)...).Fact("Last known status", string(run.Status)).Answer(err).Error(runNotFound)
}

// replacementRefused words a replacement that would start a run while the provider is read-only.
func replacementRefused(request matillion.ExecuteRequest, run matillion.Execution) diag.Diagnostic {
	words := diagnose.Subject{}.Words(matillion.ErrReadOnly)
	return diagnose.Say("The resource was to be replaced, which would start an execution. It is kept as it is, with the "+
		"execution that it has.").Text(words.Advice).
		Facts(about(request, run.ID)...).Fact("Last known status", string(run.Status)).Error(words.Summary)
}

// stopSubject is the call that cancels a run which can be read.
var stopSubject = diagnose.Subject{
	matillion.KindNotFound: {
		Summary: "Pipeline execution cannot be cancelled",
		Advice:  "The API does not know the execution as one that it can cancel. Cancel it in the console, and apply again.",
	},
}

// stopFailed words a run that on_destroy = "cancel" should have ended.
func stopFailed(request matillion.ExecuteRequest, run matillion.Execution, err error) diag.Diagnostic {
	words := stopSubject.Words(err)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		words = diagnose.Words{
			Summary: "Pipeline execution did not finish in time",
			Advice: "It was asked to end, but did not end before the timeout or the interrupt. Apply again, " +
				"or raise timeouts.delete.",
		}
	}
	return diagnose.Say("The resource is destroyed or replaced, and as on_destroy is \"cancel\", its pipeline execution "+
		"was to be cancelled. That failed, and the resource is kept.").
		Text(words.Advice).Say("To forget the execution and leave it running, set on_destroy = \"detach\" and apply first.").
		Facts(about(request, run.ID)...).Fact("Status", string(run.Status)).Answer(err).Error(words.Summary)
}
