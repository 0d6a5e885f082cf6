// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

// The words about runs are in the files words_*.go, sorted by what happens. They get the severity and decide none.

// consoleURL is where the console shows an execution. It is known from public clients of the API.
const consoleURL = "https://app.matillion.com/observability-dashboard/pipeline/"

// about returns the facts that name a run. The id may be empty.
func about(request matillion.ExecuteRequest, id string) []diagnose.Fact {
	return []diagnose.Fact{
		{Name: "Project", Value: request.ProjectID},
		{Name: "Environment", Value: request.EnvironmentName},
		{Name: "Pipeline", Value: request.PipelineName},
		{Name: "Version", Value: request.VersionName},
		{Name: "Execution tag", Value: request.ExecutionTag},
		{Name: "Execution", Value: id},
		{Name: "Console", Value: consoleAddress(id)},
	}
}

// consoleAddress returns where the console shows a run, or "" for one that has no id.
func consoleAddress(id string) string {
	if id == "" {
		return ""
	}
	return consoleURL + id
}

// describe names a run in one line.
func describe(run matillion.Execution) string {
	parts := []string{run.ID}
	if run.PipelineName != "" {
		parts = append(parts, fmt.Sprintf("pipeline %q", run.PipelineName))
	}
	if run.Status != "" {
		parts = append(parts, string(run.Status))
	}
	if run.Trigger != "" {
		parts = append(parts, "trigger "+run.Trigger)
	}
	if !run.StartedAt.IsZero() {
		parts = append(parts, "started "+run.StartedAt.Format(time.RFC3339))
	}
	return strings.Join(parts, ", ")
}

// failedStep says which step a run has failed in, if that is known.
func failedStep(m *diagnose.Message, step *matillion.Step) {
	if step != nil {
		m.Say("The first step that failed is %q: %s", step.Name, orNothing(step.Result.Message))
	}
}

// startedBetween is when a run may have started whose start is not known.
func startedBetween(w matillion.Window) diagnose.Fact {
	return diagnose.Fact{
		Name: "Started between", Value: w.From.Format(time.RFC3339) + " and " + w.Until.Format(time.RFC3339),
	}
}

// listToImport names runs, each with its import block.
func listToImport(m *diagnose.Message, runs []matillion.Execution) {
	for _, run := range runs {
		m.Say("- %s\n\n%s", describe(run), importBlock(run.Handle()))
	}
}

// importBlock is ready to be pasted, but for the resource's name.
func importBlock(run matillion.Handle) string {
	return fmt.Sprintf("  import {\n    to = %s.NAME\n    id = \"%s/%s\"\n  }",
		pipelineExecutionType, run.ProjectID, run.ID)
}

// startSubject is the call that starts a run.
var startSubject = diagnose.Subject{
	matillion.KindNotFound: {
		Summary: targetNotFound,
		Advice: "Check project_id, environment_name, pipeline_name (which is often a path with an extension), version_name " +
			"and agent_id, and that the pipeline is published to the environment." + diagnose.CheckAddress,
	},
	matillion.KindConflict: {
		Summary: "Execution tag already in use",
		Advice:  "Another execution with the same tag is running in the environment.",
	},
	matillion.KindDisabled: {
		Summary: "Pipeline is disabled",
		Advice:  "Publish it to the environment again.",
	},
}

const targetNotFound = "Pipeline, environment or version not found"

// runSubject is a call about a run that exists, or did.
var runSubject = diagnose.Subject{
	matillion.KindNotFound: {
		Summary: runNotFound,
		Advice: "The API does not know the execution. It may have expired from the history. To stop waiting " +
			"for it, set wait_for_completion = false. To run the pipeline again, change triggers.",
	},
}

const runNotFound = "Pipeline execution not found"

func privateDataUnreadable(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Unreadable private data",
		"The private data of the resource cannot be read: "+err.Error())
}

func privateDataUnwritable(err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Unwritable private data", err.Error())
}
