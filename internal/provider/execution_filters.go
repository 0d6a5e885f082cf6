package provider

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// filter is an argument that chooses executions, said once for the data source and the list resource.
type filter struct {
	name       string
	text       string
	validators []validator.String
	// many filters by a list of values, any of which will do.
	many bool
}

// executionFilters follow https://docs.maia.ai/api-reference/pipeline-execution/pipeline-executions.
func executionFilters() []filter {
	statuses := statusNames()
	return []filter{
		{
			name: "pipeline_name", validators: []validator.String{notEmpty()},
			text: "Only executions of pipelines that have this anywhere in their names, in upper or lower case.",
		},
		{
			name: "environment_name", validators: []validator.String{stringvalidator.UTF8LengthBetween(1, 255)},
			text: "Only executions in the environment of this name. 1 to 255 characters.",
		},
		{
			name: "schedule_id", validators: []validator.String{notEmpty()},
			text: "Only executions that the schedule of this id started.",
		},
		{
			name: "status", many: true, validators: []validator.String{stringvalidator.OneOf(statuses...)},
			text: "Only executions with one of these statuses: `" + strings.Join(statuses, "`, `") + "`.",
		},
		{
			name: "started_after", validators: []validator.String{isTime{}},
			text: "Only executions that started at this time or later. An RFC 3339 time, such as `2026-01-15T09:30:00Z`. The " +
				"API answers narrow windows much faster than wide ones.",
		},
		{
			name: "started_before", validators: []validator.String{isTime{}},
			text: "Only executions that started at this time or earlier. An RFC 3339 time.",
		},
		{
			name: "time_frame", validators: []validator.String{notEmpty()},
			text: "Time frame of the executions, passed on as it is: the API does not document its format.",
		},
	}
}

func statusNames() []string {
	names := make([]string, 0, len(matillion.Statuses()))
	for _, status := range matillion.Statuses() {
		names = append(names, string(status))
	}
	return names
}

func (f filter) lists() []validator.List {
	return []validator.List{
		listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(), listvalidator.ValueStringsAre(f.validators...),
	}
}

// dataSourceFilters renders the filters for the data source.
func dataSourceFilters() map[string]schema.Attribute {
	attributes := map[string]schema.Attribute{"project_id": lookupProject()}
	for _, f := range executionFilters() {
		if f.many {
			attributes[f.name] = schema.ListAttribute{
				Optional: true, ElementType: types.StringType, Validators: f.lists(), MarkdownDescription: f.text,
			}
			continue
		}
		attributes[f.name] = schema.StringAttribute{
			Optional: true, Validators: f.validators, MarkdownDescription: f.text,
		}
	}
	return attributes
}

// listFilters renders the filters for the list resource.
func listFilters() map[string]listschema.Attribute {
	attributes := map[string]listschema.Attribute{"project_id": listschema.StringAttribute{
		Optional: true, Validators: []validator.String{isUUID{}}, MarkdownDescription: projectToLookIn,
	}}
	for _, f := range executionFilters() {
		if f.many {
			attributes[f.name] = listschema.ListAttribute{
				Optional: true, ElementType: types.StringType, Validators: f.lists(), MarkdownDescription: f.text,
			}
			continue
		}
		attributes[f.name] = listschema.StringAttribute{
			Optional: true, Validators: f.validators, MarkdownDescription: f.text,
		}
	}
	return attributes
}

// executionFilterModel holds the filters.
type executionFilterModel struct {
	ProjectID       types.String `tfsdk:"project_id"`
	PipelineName    types.String `tfsdk:"pipeline_name"`
	EnvironmentName types.String `tfsdk:"environment_name"`
	ScheduleID      types.String `tfsdk:"schedule_id"`
	Status          types.List   `tfsdk:"status"`
	StartedAfter    types.String `tfsdk:"started_after"`
	StartedBefore   types.String `tfsdk:"started_before"`
	TimeFrame       types.String `tfsdk:"time_frame"`
}

// query returns the list call that the filters describe. All values must be known.
func (m executionFilterModel) query(ctx context.Context) (query matillion.ExecutionsQuery, diags diag.Diagnostics) {
	query = matillion.ExecutionsQuery{
		ProjectID:       m.ProjectID.ValueString(),
		PipelineName:    m.PipelineName.ValueString(),
		EnvironmentName: m.EnvironmentName.ValueString(),
		ScheduleID:      m.ScheduleID.ValueString(),
		StartedAfter:    timestamp(m.StartedAfter).Time,
		StartedBefore:   timestamp(m.StartedBefore).Time,
		TimeFrame:       m.TimeFrame.ValueString(),
	}
	diags.Append(m.Status.ElementsAs(ctx, &query.Statuses, false)...)
	return query, diags
}

// atLeast stops a listing as soon as there are as many executions. Zero asks for all.
func atLeast(limit int64) func([]matillion.Execution) bool {
	return func(listed []matillion.Execution) bool { return limit > 0 && int64(len(listed)) >= limit }
}
