package execution

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
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
			Optional: true, Validators: []validator.String{validate.UUID()}, PlanModifiers: anotherString(),
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
			Validators: []validator.Map{validate.KeysNotEmpty(), mapvalidator.NoNullValues()},
			MarkdownDescription: "Values for scalar pipeline variables by name, for this execution only. Values are strings; " +
				"numbers are written as Terraform prints them.",
		},
		"grid_variables": schema.MapAttribute{
			Optional: true, ElementType: grid.Type, PlanModifiers: anotherMap(),
			Validators: []validator.Map{validate.KeysNotEmpty(), grid.Rectangular()},
			MarkdownDescription: "Values for grid pipeline variables by name, for this execution only: a list of rows, each a " +
				"list of strings in the order of the variable's columns. All rows of a grid have the same length.",
		},
	}
}

// secretAttributes are merged into the scalar variables of the request. Only a resource can take them write-only.
func secretAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		// It is not sensitive on top of it: there is nothing to hide where there is no value, and Terraform would note the
		// attribute's path in the state of every instance, which it writes whole whenever one instance changes.
		"scalar_variables_wo": schema.MapAttribute{
			Optional: true, WriteOnly: true, ElementType: types.StringType,
			Validators: []validator.Map{
				validate.KeysNotEmpty(), mapvalidator.NoNullValues(),
				mapvalidator.AlsoRequires(path.MatchRoot("scalar_variables_wo_version")),
			},
			MarkdownDescription: "More values for scalar pipeline variables, kept out of state and plan (needs Terraform " +
				"1.11). A name may not be in `scalar_variables` too. Set `scalar_variables_wo_version` with it.",
		},
		"scalar_variables_wo_version": schema.Int64Attribute{
			Optional: true, PlanModifiers: anotherNumber(),
			Validators: []validator.Int64{int64validator.AlsoRequires(path.MatchRoot("scalar_variables_wo"))},
			MarkdownDescription: "Number that stands for the values in `scalar_variables_wo`, which Terraform cannot compare: " +
				"another number is another run.",
		},
	}
}

// names returns the execute call that the model describes, but for the variables. What is null or unknown is empty.
func (m requestModel) names() matillion.ExecuteRequest {
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
// name may be among the variables only once.
func (m requestModel) request(
	ctx context.Context, secrets types.Map,
) (req matillion.ExecuteRequest, diags diag.Diagnostics) {
	req = m.names()
	diags.Append(checkNamesOnce(m.ScalarVariables, secrets)...)
	diags.Append(m.ScalarVariables.ElementsAs(ctx, &req.ScalarVariables, false)...)
	diags.Append(m.GridVariables.ElementsAs(ctx, &req.GridVariables, false)...)
	var hidden map[string]string
	diags.Append(secrets.ElementsAs(ctx, &hidden, false)...)
	if len(hidden) > 0 && req.ScalarVariables == nil {
		req.ScalarVariables = map[string]string{}
	}
	maps.Copy(req.ScalarVariables, hidden)
	return req, diags
}

// checkNamesOnce finds names that are among both the plain and the secret variables.
func checkNamesOnce(plain, secret types.Map) (diags diag.Diagnostics) {
	names := plain.Elements()
	for name := range secret.Elements() {
		if _, both := names[name]; both {
			diags.AddAttributeError(path.Root("scalar_variables_wo").AtMapKey(name), "Variable set twice",
				"The variable "+name+" is in scalar_variables and in scalar_variables_wo. Remove it from one of them.")
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
