// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

var _ list.ListResourceWithConfigure = &pipelineExecutionListResource{}

func newPipelineExecutionListResource() list.ListResource { return &pipelineExecutionListResource{} }

// pipelineExecutionListResource finds runs to import into the resource of the same name.
type pipelineExecutionListResource struct{ session.ConfiguredListResource }

func (l *pipelineExecutionListResource) Metadata(
	_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse,
) {
	resp.TypeName = pipelineExecutionType
}

func (l *pipelineExecutionListResource) ListResourceConfigSchema(
	_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse,
) {
	attributes := map[string]listschema.Attribute{}
	for name, attribute := range filterAttributes() {
		attributes[name] = attribute
	}
	resp.Schema = listschema.Schema{
		MarkdownDescription: "Finds pipeline executions to import: those that a schedule or somebody in the designer " +
			"started, or an apply whose outcome was lost. Those that started last come first. It starts nothing, and neither " +
			"does the import. For `terraform query`, which needs Terraform 1.14.",
		Attributes: attributes,
	}
}

// List pushes runs page by page, and asks for no page that is not needed.
func (l *pipelineExecutionListResource) List(
	ctx context.Context, req list.ListRequest, stream *list.ListResultsStream,
) {
	query, diags := l.query(ctx, req.Config)
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		found := foundRuns{ctx: ctx, req: req, push: push}
		runs, err := l.Client.Executions.List(ctx, query, found.send)
		if !found.send(runs) && err != nil {
			push(list.ListResult{Diagnostics: diag.Diagnostics{listFailed(query, err)}})
		}
	}
}

func (l *pipelineExecutionListResource) query(
	ctx context.Context, config tfsdk.Config,
) (matillion.ExecutionsQuery, diag.Diagnostics) {
	filters := filterModel{Status: types.ListNull(types.StringType)}
	var diags diag.Diagnostics
	if !config.Raw.IsNull() { // as it is in a list block without a config block
		diags.Append(config.Get(ctx, &filters)...)
	}
	if diags.HasError() {
		return matillion.ExecutionsQuery{}, diags
	}
	project, projectDiags := l.ReadyIn(filters.ProjectID)
	diags.Append(projectDiags...)
	filters.ProjectID = project
	query, queryDiags := filters.query(ctx)
	diags.Append(queryDiags...)
	return query, diags
}

// foundRuns sends runs to Terraform.
type foundRuns struct {
	ctx  context.Context
	req  list.ListRequest
	push func(list.ListResult) bool

	sent int
	done bool
}

// send sends those of the runs that have not been sent yet, and reports whether Terraform wants no more.
func (f *foundRuns) send(listed []matillion.Execution) (done bool) {
	for !f.done && f.sent < len(listed) {
		result := f.req.NewListResult(f.ctx)
		result.Diagnostics.Append(f.fill(&result, listed[f.sent])...)
		f.sent++
		f.done = !f.push(result) || int64(f.sent) == f.req.Limit
	}
	return f.done
}

// fill fills in what an import would set: all that the API returns, and nothing else.
func (f *foundRuns) fill(result *list.ListResult, run matillion.Execution) diag.Diagnostics {
	result.DisplayName = displayName(run)
	diags := result.Identity.Set(f.ctx, identityModel{
		ProjectID: types.StringValue(run.ProjectID), ID: types.StringValue(run.ID),
	})
	if !f.req.IncludeResource {
		return diags
	}
	// A null object has no model. Setting one attribute makes it an object of nulls.
	diags.Append(result.Resource.SetAttribute(f.ctx, path.Root("project_id"), run.ProjectID)...)
	var model pipelineExecutionModel
	diags.Append(result.Resource.Get(f.ctx, &model)...)
	model.setRead(run, true)
	diags.Append(result.Resource.Set(f.ctx, model)...)
	return diags
}

// displayName names a run for people. Its id stands beside it.
func displayName(run matillion.Execution) string {
	name := run.PipelineName + ", " + run.EnvironmentName + ", " + string(run.Status)
	if !run.StartedAt.IsZero() {
		name += ", " + run.StartedAt.Format(time.RFC3339)
	}
	return name
}
