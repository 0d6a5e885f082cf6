// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

// checkedByPlan ends the words of every finding.
const checkedByPlan = "This is checked before anything is started. See the provider's plan_checks."

func environmentMissing(
	request matillion.ExecuteRequest, environments []string, severity diag.Severity,
) diag.Diagnostic {
	return diagnose.Say("The environment in which the pipeline would run is not among those of the project, as far as "+
		"the credentials can see.").DidYouMean(request.EnvironmentName, environments).
		Say("Correct environment_name, or project_id.").Text(checkedByPlan).
		Facts(about(request, "")...).On("environment_name", severity, targetNotFound)
}

func pipelineMissing(request matillion.ExecuteRequest, pipelines []string, severity diag.Severity) diag.Diagnostic {
	where := "environment"
	if request.VersionName != "" {
		where = "environment in this version"
	}
	return diagnose.Say("The pipeline that would run is not published to the %s, as far as the credentials can see.",
		where).
		DidYouMean(request.PipelineName, pipelines).
		Say("Publish it, or correct pipeline_name. The data source matillion_published_pipelines lists what is published.").
		Text(checkedByPlan).Facts(about(request, "")...).On("pipeline_name", severity, targetNotFound)
}

func versionMissing(request matillion.ExecuteRequest, latest string, severity diag.Severity) diag.Diagnostic {
	m := diagnose.Say("The version that would run is not published to the environment.")
	if latest != "" {
		m.Say("The latest version there is %q.", latest)
	}
	return m.Say("Correct version_name, or leave it out to run the latest version.").Text(checkedByPlan).
		Facts(about(request, "")...).On("version_name", severity, targetNotFound)
}

func versionDisabled(request matillion.ExecuteRequest, version string, severity diag.Severity) diag.Diagnostic {
	argument, which := "version_name", "version"
	if request.VersionName == "" {
		argument, which = "pipeline_name", "latest version"
	}
	return diagnose.Say("The %s that would run is disabled.", which).
		Say("Publish the pipeline to the environment again, or set version_name to a version that is enabled.").
		Text(checkedByPlan).
		Facts(about(request, "")...).Fact("Disabled version", version).On(argument, severity, "Pipeline is disabled")
}

// mostShown is how many executions a message shows.
const mostShown = 5

// runningAlready words executions of a pipeline that are running while a plan is about to start another.
func runningAlready(request matillion.ExecuteRequest, others []matillion.Execution) diag.Diagnostic {
	m := diagnose.Say("This plan starts the pipeline, and it is running already. Unless the execution is in this state, " +
		"it may be somebody else's, or an apply that was killed may have left it behind.").
		Say("If an earlier apply of this configuration has started it, import it instead of starting another one. " +
			"Importing starts nothing.")
	listToImport(m, others[:min(len(others), mostShown)])
	if more := len(others) - mostShown; more > 0 {
		m.Say("%d more are running.", more)
	}
	return m.Text(checkedByPlan).Facts(about(request, "")...).Warning("Pipeline is running")
}
