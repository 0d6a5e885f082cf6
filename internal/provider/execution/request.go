// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"reflect"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/grid"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// requestModel is what every form says about a run. Null and unknown live here and end here.
type requestModel struct {
	ProjectID       types.String `tfsdk:"project_id"`
	EnvironmentName types.String `tfsdk:"environment_name"`
	PipelineName    types.String `tfsdk:"pipeline_name"`
	VersionName     types.String `tfsdk:"version_name"`
	AgentID         types.String `tfsdk:"agent_id"`
	ExecutionTag    types.String `tfsdk:"execution_tag"`
	ScalarVariables types.Map    `tfsdk:"scalar_variables"`
	GridVariables   types.Map    `tfsdk:"grid_variables"`
}

// requestAttributes are the arguments that make a run: another value is another run. They follow
// https://docs.maia.ai/api-reference/pipeline-execution/execute-published-pipeline.
func requestAttributes() map[string]schema.Attribute {
	return union(targetAttributes(), variableAttributes())
}

// targetAttributes are the part of the request that says what is run, where and how.
func targetAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		// Whether it is another run is for ModifyPlan to say, which knows the provider's project.
		"project_id": schema.StringAttribute{
			Optional: true, Computed: true, Validators: []validator.String{validate.UUID()},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			MarkdownDescription: "Project of the pipeline, as a UUID. Defaults to the provider's `project_id`.",
		},
		"environment_name": schema.StringAttribute{
			Required: true, Validators: []validator.String{validate.EnvironmentName()}, PlanModifiers: anotherString(),
			MarkdownDescription: "Name of the environment to run in, to which the pipeline must be published. 1 to 255 " +
				"characters.",
		},
		"pipeline_name": schema.StringAttribute{
			Required: true, Validators: []validator.String{validate.NotEmpty()}, PlanModifiers: anotherString(),
			MarkdownDescription: "Name of the published pipeline, as the data source `matillion_published_pipelines` lists " +
				"it: often a path with an extension, such as `ingest/orders.orch.yaml`.",
		},
		"version_name": schema.StringAttribute{
			Optional: true, Validators: []validator.String{validate.NotEmpty()}, PlanModifiers: anotherString(),
			MarkdownDescription: "Published version to run. Defaults to the one that was published to the environment last.",
		},
		"agent_id": schema.StringAttribute{
			Optional: true, Validators: []validator.String{validate.UUID()},
			PlanModifiers:       append([]planmodifier.String{keepUUID{}}, anotherString()...),
			MarkdownDescription: "Agent (runner) to run on, as a UUID. Defaults to the environment's default agent.",
		},
		"execution_tag": schema.StringAttribute{
			Optional: true, Validators: []validator.String{stringvalidator.UTF8LengthBetween(1, 255)},
			PlanModifiers: anotherString(),
			MarkdownDescription: "Tag that at most one running execution of an environment may have. While it is in use, " +
				"nothing is started: see `on_conflict`. 1 to 255 characters.",
		},
	}
}

// variableAttributes are the part of the request that the pipeline gets.
func variableAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"scalar_variables": schema.MapAttribute{
			Optional: true, ElementType: types.StringType, PlanModifiers: anotherMap(),
			Validators: []validator.Map{validate.KeysNotEmpty(), validate.NoNulls()},
			MarkdownDescription: "Values for scalar pipeline variables by name, for this execution only. Values are strings; " +
				"numbers are written as Terraform prints them.",
		},
		"grid_variables": schema.MapAttribute{
			Optional: true, ElementType: grid.Type, PlanModifiers: anotherMap(),
			Validators: []validator.Map{validate.KeysNotEmpty(), grid.Rectangular()},
			MarkdownDescription: "Values for grid pipeline variables by name, for this execution only: a list of rows, each a " +
				"list of strings in the order of the variable's columns. All rows of a grid have the same length. A grid is for " +
				"parameters, not for data: to plan 200,000 cells again takes Terraform itself minutes and gigabytes.",
		},
	}
}

// arguments returns the value of every field of the model.
func (m requestModel) arguments() (values []attr.Value) {
	fields := reflect.ValueOf(m)
	for i := range fields.NumField() {
		if value, ok := fields.Field(i).Interface().(attr.Value); ok {
			values = append(values, value)
		}
	}
	return values
}

// target returns the execute call that the model describes, without the variables. What is null or unknown is empty.
func (m requestModel) target() matillion.ExecuteRequest {
	return matillion.ExecuteRequest{
		ProjectID:       m.ProjectID.ValueString(),
		EnvironmentName: m.EnvironmentName.ValueString(),
		PipelineName:    m.PipelineName.ValueString(),
		VersionName:     m.VersionName.ValueString(),
		AgentID:         m.AgentID.ValueString(),
		ExecutionTag:    m.ExecutionTag.ValueString(),
	}
}

// request returns the execute call that the model and the secret variables describe. All values must be known, and a
// name may be among the variables only once. A secret that is null is left out: see [checkSecrets].
func (m requestModel) request(
	ctx context.Context, secrets types.Map,
) (req matillion.ExecuteRequest, diags diag.Diagnostics) {
	req = m.target()
	diags.Append(checkNamesOnce(m.ScalarVariables, secrets)...)
	diags.Append(m.ScalarVariables.ElementsAs(ctx, &req.ScalarVariables, false)...)
	diags.Append(m.GridVariables.ElementsAs(ctx, &req.GridVariables, false)...)
	for name, element := range secrets.Elements() {
		if req.ScalarVariables == nil {
			req.ScalarVariables = map[string]string{}
		}
		if value, ok := element.(types.String); ok && !value.IsNull() {
			req.ScalarVariables[name] = value.ValueString()
		}
	}
	return req, diags
}

// folded returns a request that equals another one if both ask for the same run: ids are the same in either case.
func folded(req matillion.ExecuteRequest) matillion.ExecuteRequest {
	req.ProjectID, req.AgentID = strings.ToLower(req.ProjectID), strings.ToLower(req.AgentID)
	return req
}

// checkNamesOnce finds names that are among both the plain and the secret variables.
func checkNamesOnce(plain, secret types.Map) (diags diag.Diagnostics) {
	names := plain.Elements()
	for name := range secret.Elements() {
		if _, both := names[name]; both {
			diags.Append(variableSetTwice(name))
		}
	}
	return diags
}

// knownStrings returns the values of a map of known strings.
func knownStrings(m types.Map) []string {
	values := make([]string, 0, len(m.Elements()))
	for _, element := range m.Elements() {
		if value, ok := element.(types.String); ok {
			values = append(values, value.ValueString())
		}
	}
	return values
}
