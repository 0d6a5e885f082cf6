package provider

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
)

var _ list.ListResourceWithConfigure = &pipelineExecutionListResource{}

func newPipelineExecutionListResource() list.ListResource { return &pipelineExecutionListResource{} }

// pipelineExecutionListResource finds executions to import into the resource of the same name.
type pipelineExecutionListResource struct{ configuredList }

func (l *pipelineExecutionListResource) Metadata(
	_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_pipeline_execution"
}

func (l *pipelineExecutionListResource) ListResourceConfigSchema(
	_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse,
) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "Finds pipeline executions to import: those that a schedule or somebody in the designer " +
			"started, or an apply whose outcome was lost. Those that started last come first. It starts nothing, and neither " +
			"does the import. For `terraform query`, which needs Terraform 1.14.",
		Attributes: listFilters(),
	}
}

// List pushes executions page by page, and asks for no page that is not needed.
func (l *pipelineExecutionListResource) List(
	ctx context.Context, req list.ListRequest, stream *list.ListResultsStream,
) {
	query, diags := l.query(ctx, req.Config)
	if diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		found := foundExecutions{ctx: ctx, req: req, push: push}
		executions, err := l.client.Executions.List(ctx, query, found.send)
		if !found.send(executions) && err != nil {
			push(list.ListResult{Diagnostics: diag.Diagnostics{readFailed(listingExecutions(query), err)}})
		}
	}
}

func (l *pipelineExecutionListResource) query(
	ctx context.Context, config tfsdk.Config,
) (matillion.ExecutionsQuery, diag.Diagnostics) {
	filter := executionFilterModel{Status: types.ListNull(types.StringType)}
	var diags diag.Diagnostics
	if !config.Raw.IsNull() { // as it is in a list block without a config block
		diags.Append(config.Get(ctx, &filter)...)
	}
	if diags.HasError() {
		return matillion.ExecutionsQuery{}, diags
	}
	project, projectDiags := l.lookIn(filter.ProjectID)
	diags.Append(projectDiags...)
	filter.ProjectID = project
	query, queryDiags := filter.query(ctx)
	diags.Append(queryDiags...)
	return query, diags
}

// foundExecutions sends executions to Terraform.
type foundExecutions struct {
	ctx  context.Context
	req  list.ListRequest
	push func(list.ListResult) bool

	sent int
	done bool
}

// send sends those of the executions that have not been sent yet, and reports whether Terraform wants no more.
func (f *foundExecutions) send(listed []matillion.Execution) (done bool) {
	for !f.done && f.sent < len(listed) {
		result := f.req.NewListResult(f.ctx)
		result.Diagnostics.Append(f.fill(&result, listed[f.sent])...)
		f.sent++
		f.done = !f.push(result) || int64(f.sent) == f.req.Limit
	}
	return f.done
}

func (f *foundExecutions) fill(result *list.ListResult, e matillion.Execution) diag.Diagnostics {
	result.DisplayName = displayName(e)
	diags := result.Identity.Set(f.ctx, executionIdentityModel{
		ProjectID: types.StringValue(e.ProjectID), ID: types.StringValue(e.ID),
	})
	if f.req.IncludeResource {
		diags.Append(fillAsImported(f.ctx, result.Resource, e)...)
	}
	return diags
}

// fillAsImported sets what an import would set: all that the API tells, and nothing else.
func fillAsImported(ctx context.Context, state *tfsdk.Resource, e matillion.Execution) diag.Diagnostics {
	// One attribute turns a null object into an object of nulls, of which there is a model.
	diags := state.SetAttribute(ctx, path.Root("project_id"), e.ProjectID)
	var model pipelineExecutionModel
	diags.Append(state.Get(ctx, &model)...)
	model.EnvironmentName = stringOrNull(e.EnvironmentName)
	model.PipelineName = stringOrNull(e.PipelineName)
	model.set(e)
	diags.Append(state.Set(ctx, model)...)
	return diags
}

// displayName names an execution for people. Its id stands beside it.
func displayName(e matillion.Execution) string {
	name := e.PipelineName + ", " + e.EnvironmentName + ", " + string(e.Status)
	if !e.StartedAt.IsZero() {
		name += ", " + e.StartedAt.Format(time.RFC3339)
	}
	return name
}
