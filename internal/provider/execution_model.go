package provider

import (
	"context"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// requestModel is what every form says about an execution. Null and unknown live here and end here.
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

// policyModel is how every form treats an execution.
type policyModel struct {
	WaitForCompletion types.Bool   `tfsdk:"wait_for_completion"`
	OnConflict        types.String `tfsdk:"on_conflict"`
	OnFailure         types.String `tfsdk:"on_failure"`
}

// resultModel is what the API tells of an execution.
type resultModel struct {
	ID           types.String `tfsdk:"id"`
	Status       types.String `tfsdk:"status"`
	Message      types.String `tfsdk:"message"`
	PipelineType types.String `tfsdk:"pipeline_type"`
	Trigger      types.String `tfsdk:"trigger"`
	StartedAt    types.String `tfsdk:"started_at"`
	FinishedAt   types.String `tfsdk:"finished_at"`
}

// request returns the execute call that the model and the secret variables describe. All values must be known.
func (m requestModel) request(
	ctx context.Context, secrets types.Map,
) (req matillion.ExecuteRequest, diags diag.Diagnostics) {
	req = matillion.ExecuteRequest{
		ProjectID:       m.ProjectID.ValueString(),
		EnvironmentName: m.EnvironmentName.ValueString(),
		PipelineName:    m.PipelineName.ValueString(),
		VersionName:     m.VersionName.ValueString(),
		AgentID:         m.AgentID.ValueString(),
		ExecutionTag:    m.ExecutionTag.ValueString(),
	}
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

// values returns the values of a map of strings. They are known when this is called.
func values(m types.Map) []string {
	list := make([]string, 0, len(m.Elements()))
	for _, element := range m.Elements() {
		if text, ok := element.(types.String); ok {
			list = append(list, text.ValueString())
		}
	}
	return list
}

func (m policyModel) waits() bool { return m.WaitForCompletion.ValueBool() }

// set fills in what is known of an execution. What has not been observed is null.
func (m *resultModel) set(e matillion.Execution) {
	m.ID = types.StringValue(e.ID)
	m.Status = stringOrNull(string(e.Status))
	m.Message = stringOrNull(e.Message)
	m.PipelineType = stringOrNull(e.PipelineType)
	m.Trigger = stringOrNull(e.Trigger)
	m.StartedAt = timeOrNull(e.StartedAt.Time)
	m.FinishedAt = timeOrNull(e.FinishedAt.Time)
}

// fields returns where the model keeps each result, by the attribute's name.
func (m *resultModel) fields() map[string]*types.String {
	return map[string]*types.String{
		"id": &m.ID, "status": &m.Status, "message": &m.Message, "pipeline_type": &m.PipelineType, "trigger": &m.Trigger,
		"started_at": &m.StartedAt, "finished_at": &m.FinishedAt,
	}
}

// forget makes the result, but for the id, one that only the next apply will know.
func (m *resultModel) forget() {
	for name, field := range m.fields() {
		if name != "id" {
			*field = types.StringUnknown()
		}
	}
}

// execution returns what the model knows of its execution.
func (m resultModel) execution(projectID string) matillion.Execution {
	return matillion.Execution{
		ID:           m.ID.ValueString(),
		ProjectID:    projectID,
		Status:       matillion.Status(m.Status.ValueString()),
		Message:      m.Message.ValueString(),
		PipelineType: m.PipelineType.ValueString(),
		Trigger:      m.Trigger.ValueString(),
		StartedAt:    timestamp(m.StartedAt),
		FinishedAt:   timestamp(m.FinishedAt),
	}
}

func (m resultModel) status() matillion.Status { return matillion.Status(m.Status.ValueString()) }

func stringOrNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

func timeOrNull(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339Nano))
}

func timestamp(s types.String) matillion.Timestamp {
	t, err := time.Parse(time.RFC3339Nano, s.ValueString())
	if err != nil {
		return matillion.Timestamp{}
	}
	return matillion.Timestamp{Time: t}
}
