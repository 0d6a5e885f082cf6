// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

// vanished words a run that was seen running and that the API does not know any more.
func vanished(request matillion.ExecuteRequest, run matillion.Execution) diag.Diagnostic {
	return diagnose.Say("The pipeline execution was running when it was last observed, and the API no longer knows it. "+
		"It may have expired from the history, or the credentials may have lost access to the project.").
		Say("The resource is kept as it is, and nothing is started again because of it.").
		Facts(about(request, run.ID)...).Fact("Last known status", string(run.Status)).Warning(runNotFound)
}

func importNotFound(run matillion.Handle, err error) diag.Diagnostic {
	return diagnose.Say("The pipeline execution to import was not found.").
		Text("Check that the id is PROJECT_ID/EXECUTION_ID, and that the credentials have access to the project."+
			diagnose.CheckAddress).
		Fact("Project", run.ProjectID).Fact("Execution", run.ID).Answer(err).Error(runNotFound)
}

// importMismatch stops the first plan after an import from starting a run, which is what a changed request would mean.
func importMismatch(argument, imported, configured string) diag.Diagnostic {
	return diagnose.Say("The imported execution has %s = %q, and the configuration says %q. Importing never leads to a "+
		"run, so this is not taken for a change.", argument, imported, configured).
		Say("Import the execution that the configuration describes, or change the configuration to match.").
		ErrorOn(argument, "Imported execution does not match")
}

// leftRunning words a run that Terraform forgets as on_destroy = "detach" says, or because it was adopted.
func leftRunning(request matillion.ExecuteRequest, run matillion.Execution, adopted bool) diag.Diagnostic {
	why := "on_destroy is \"detach\""
	if adopted {
		why = "it was taken over and not started here"
	}
	return diagnose.Say("The resource is destroyed or replaced while its pipeline execution is running. As %s, the "+
		"execution keeps running, and Terraform forgets it.", why).
		Say("Cancel it in the console if it should not keep running, or set on_destroy = \"cancel\" before the next time.").
		Facts(about(request, run.ID)...).Fact("Status", string(run.Status)).Warning("Pipeline execution left running")
}

// handedOver words a run that a replacement may take over.
func handedOver(request matillion.ExecuteRequest, run matillion.Execution) diag.Diagnostic {
	const summary = "Pipeline execution handed over"
	if run.Status.Ended() {
		return diagnose.Say("The pipeline execution had not ended when an earlier apply stopped waiting for it, and has "+
			"ended with the status %s since.", run.Status).
			Say("A replacement with the same request and triggers keeps it, and starts nothing, if it succeeded or if "+
				"on_failure is \"warn\". Otherwise the replacement runs the pipeline again.").
			Facts(about(request, run.ID)...).Fact("Status", string(run.Status)).Warning(summary)
	}
	return diagnose.Say("The pipeline execution had not ended when its resource was marked for replacement. A "+
		"replacement with the same request and triggers takes it over and starts nothing. Otherwise the execution goes on, "+
		"whatever on_destroy says, and Terraform forgets it.").
		Say("To run the pipeline afresh, change triggers, and cancel this execution in the console if it should not go on.").
		Facts(about(request, run.ID)...).Fact("Status", string(run.Status)).Warning(summary)
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
			Advice: "It was asked to end, but did not end before the time-out or the interrupt. Apply again, " +
				"or raise timeouts.delete.",
		}
	}
	return diagnose.Say("The resource is destroyed or replaced, and as on_destroy is \"cancel\", its pipeline execution "+
		"was to be cancelled. That failed, and the resource is kept.").
		Text(words.Advice).Say("To forget the execution and leave it running, set on_destroy = \"detach\" and apply first.").
		Facts(about(request, run.ID)...).Fact("Status", string(run.Status)).Answer(err).Error(words.Summary)
}
