// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

func variableSetTwice(name string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root("scalar_variables_wo").AtMapKey(name), "Variable set twice",
		"The variable "+name+" is in scalar_variables and in scalar_variables_wo. Remove it from one of them.")
}

const secretsMissing = "Missing secret variables"

func secretsNotSet() diag.Diagnostic {
	return diagnose.Say("A run is to be started, and scalar_variables_wo_version is set, but scalar_variables_wo is not.").
		Say("Set scalar_variables_wo, for example by the variable that it comes from. For a run without secret "+
			"variables, remove both.").ErrorOn("scalar_variables_wo_version", secretsMissing)
}

func secretsWithoutValues(names []string) diag.Diagnostic {
	return diagnose.Say("A run is to be started, and scalar_variables_wo has no value for %s: null.",
		strings.Join(names, ", ")).
		Say("Set the value, for example by the variable that it comes from, or leave the name out.").
		ErrorOn("scalar_variables_wo", secretsMissing)
}

// notRequestedNow words a requested_at with which the data source must not run the pipeline.
func notRequestedNow(problem string, at path.Path) diag.Diagnostic {
	return diagnose.Say("%s A value that is known must be a time of the last minute.", problem).
		Say("Write requested_at = timestamp() in the data source itself. Terraform knows that value only while it applies, "+
			"so that the pipeline is executed then and not by every plan and refresh. A local value, a variable of a module or "+
			"an output is evaluated once, perhaps early in the apply.").
		On(at.String(), diag.SeverityError, "Invalid requested_at")
}

// listFailed words a list of runs that could not be read.
func listFailed(query matillion.ExecutionsQuery, err error) diag.Diagnostic {
	doing := fmt.Sprintf("Listing the pipeline executions of the project %s", query.ProjectID)
	return diagnose.Subject{
		matillion.KindNotFound: {
			Summary: "Project not found",
			Advice:  "Check project_id, and that the credentials have access to the project." + diagnose.CheckAddress,
		},
	}.Failed(doing, err)
}
