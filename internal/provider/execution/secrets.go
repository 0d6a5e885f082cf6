// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// secretAttributes are merged into the scalar variables of the request. That they have values is not for the schema to
// demand, which knows no state: see [checkSecrets].
func secretAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		// It is not sensitive on top of it: there is nothing to hide where there is no value, and Terraform would note the
		// attribute's path in the state of every instance, which it writes whole whenever one instance changes.
		"scalar_variables_wo": schema.MapAttribute{
			Optional: true, WriteOnly: true, ElementType: types.StringType,
			Validators: []validator.Map{
				validate.KeysNotEmpty(), mapvalidator.AlsoRequires(path.MatchRoot("scalar_variables_wo_version")),
			},
			MarkdownDescription: "More values for scalar pipeline variables, kept out of state and plan (needs Terraform " +
				"1.11). A name may not be in `scalar_variables` too. Set `scalar_variables_wo_version` with it. Only a plan that " +
				"starts a run needs the values: later plans and a destroy work without them.",
		},
		"scalar_variables_wo_version": schema.Int64Attribute{
			Optional: true, PlanModifiers: anotherNumber(),
			MarkdownDescription: "Change this number when you change `scalar_variables_wo`: Terraform cannot compare " +
				"write-only values, and a new number runs the pipeline again.",
		},
	}
}

// checkSecrets returns what is missing of the secret variables that a start needs. What is not known yet is not
// missing.
func checkSecrets(secrets types.Map, version types.Int64) (diags diag.Diagnostics) {
	if secrets.IsNull() && !version.IsNull() {
		diags.Append(secretsNotSet())
	}
	if names := validate.NullNames(secrets); len(names) > 0 {
		diags.Append(secretsWithoutValues(names))
	}
	return diags
}
