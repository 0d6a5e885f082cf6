// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/nullable"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// filterModel holds the arguments that choose among runs.
type filterModel struct {
	ProjectID       types.String `tfsdk:"project_id"`
	PipelineName    types.String `tfsdk:"pipeline_name"`
	EnvironmentName types.String `tfsdk:"environment_name"`
	ScheduleID      types.String `tfsdk:"schedule_id"`
	Status          types.List   `tfsdk:"status"`
	StartedAfter    types.String `tfsdk:"started_after"`
	StartedBefore   types.String `tfsdk:"started_before"`
	TimeFrame       types.String `tfsdk:"time_frame"`
}

// filterAttributes serve the data source and the list resource: to the framework, their attributes are the same
// interface. They follow https://docs.maia.ai/api-reference/pipeline-execution/pipeline-executions.
func filterAttributes() map[string]schema.Attribute {
	var statuses []string
	for _, status := range matillion.Statuses() {
		statuses = append(statuses, string(status))
	}
	return map[string]schema.Attribute{
		"project_id": schema.StringAttribute{
			Optional: true, Validators: []validator.String{validate.UUID()}, MarkdownDescription: session.LookupProjectText,
		},
		"pipeline_name": filter("Only executions of pipelines whose names contain this, in upper or lower "+
			"case.", validate.NotEmpty()),
		"environment_name": filter("Only executions in the environment of this name. 1 to 255 characters.",
			validate.EnvironmentName()),
		"schedule_id": filter("Only executions that the schedule of this id started.", validate.NotEmpty()),
		"status": schema.ListAttribute{
			Optional: true, ElementType: types.StringType,
			Validators: []validator.List{
				listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(),
				listvalidator.ValueStringsAre(stringvalidator.OneOf(statuses...)),
			},
			MarkdownDescription: "Only executions with one of these statuses: `" + strings.Join(statuses, "`, `") + "`.",
		},
		"started_after": filter("Only executions that started at this time or later. An RFC 3339 time, such as "+
			"`2026-01-15T09:30:00Z`. The API answers narrow windows much faster than wide ones.", validate.Time()),
		"started_before": filter("Only executions that started at this time or earlier. An RFC 3339 time.", validate.Time()),
		"time_frame": filter("Time frame of the executions, passed to the API as it is: its format is not documented.",
			validate.NotEmpty()),
	}
}

func filter(text string, validators ...validator.String) schema.Attribute {
	return schema.StringAttribute{Optional: true, Validators: validators, MarkdownDescription: text}
}

// query returns the list call that the filters describe. All values must be known.
func (m filterModel) query(ctx context.Context) (query matillion.ExecutionsQuery, diags diag.Diagnostics) {
	query = matillion.ExecutionsQuery{
		ProjectID:       m.ProjectID.ValueString(),
		PipelineName:    m.PipelineName.ValueString(),
		EnvironmentName: m.EnvironmentName.ValueString(),
		ScheduleID:      m.ScheduleID.ValueString(),
		StartedAfter:    nullable.ParseTime(m.StartedAfter),
		StartedBefore:   nullable.ParseTime(m.StartedBefore),
		TimeFrame:       m.TimeFrame.ValueString(),
	}
	diags.Append(m.Status.ElementsAs(ctx, &query.Statuses, false)...)
	return query, diags
}
