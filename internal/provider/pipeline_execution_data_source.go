package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

const (
	// requestedBefore and requestedAfter bound how far requested_at may be from now: a plan and the confirmation of it
	// pass in minutes, and clocks differ a little.
	requestedBefore = 15 * time.Minute
	requestedAfter  = 5 * time.Minute
)

var _ datasource.DataSourceWithConfigure = &pipelineExecutionDataSource{}

func newPipelineExecutionDataSource() datasource.DataSource { return &pipelineExecutionDataSource{} }

// pipelineExecutionDataSource is one run per apply. Terraform reads data sources while planning, unless an argument is
// known only when it applies: requested_at = timestamp() is such an argument.
type pipelineExecutionDataSource struct{ configuredDataSource }

type pipelineExecutionDataSourceModel struct {
	requestModel
	resultModel
	policyModel
	RequestedAt types.String   `tfsdk:"requested_at"`
	Timeouts    timeouts.Value `tfsdk:"timeouts"`
}

func (d *pipelineExecutionDataSource) Metadata(
	_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_pipeline_execution"
}

func (d *pipelineExecutionDataSource) Schema(
	ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse,
) {
	attributes := dataSourceAttributes()
	attributes["requested_at"] = schema.StringAttribute{
		Required: true, Validators: []validator.String{requestedNow{}},
		MarkdownDescription: "Always `timestamp()`. Terraform knows its value only while it applies, which is what keeps a " +
			"plan, a refresh or a destroy from executing the pipeline. A value that is known must be an RFC 3339 time of the " +
			"last 15 minutes or the next 5.",
	}
	attributes["timeouts"] = timeouts.AttributesWithOpts(ctx, timeouts.Opts{
		ReadDescription: "Time for starting the run and waiting for it, such as `90m`. Defaults to `1h`.",
	})
	resp.Schema = schema.Schema{
		MarkdownDescription: "Executes a published pipeline once in every apply, and never at any other time, as long as " +
			"`requested_at` is `timestamp()`. It keeps no record of its runs: to run a pipeline once per change, and to have " +
			"its run tracked, use the resource.",
		Attributes: attributes,
	}
}

// Read executes the pipeline. It is not called before requested_at is known.
func (d *pipelineExecutionDataSource) Read(
	ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse,
) {
	var config pipelineExecutionDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	project, diags := d.project(config.ProjectID)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	config.ProjectID = project
	// The validator has seen the value too, but only if it was known then.
	resp.Diagnostics.Append(checkRequestedAt(path.Root("requested_at"), config.RequestedAt.ValueString())...)
	request, diags := config.request(ctx, types.MapNull(types.StringType))
	resp.Diagnostics.Append(diags...)
	timeout, diags := config.Timeouts.Read(ctx, defaultRunTimeout)
	resp.Diagnostics.Append(diags...)
	if d.client == nil {
		resp.Diagnostics.Append(providerUnknown())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	run := run{client: d.client, request: request, policies: config.policies()}
	execution, diags := run.complete(limited, config.waits())
	resp.Diagnostics.Append(diags...)
	config.set(execution)
	resp.Diagnostics.Append(resp.State.Set(ctx, config)...)
}

// policies returns the policies of a form without a state.
func (m policyModel) policies() policies {
	return policies{onConflict: m.OnConflict.ValueString(), onFailure: m.OnFailure.ValueString()}
}

// requestedNow accepts a time that is now, more or less, so that a constant cannot turn a plan into a run.
type requestedNow struct{}

func (requestedNow) Description(context.Context) string { return "value must be timestamp()" }

func (v requestedNow) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v requestedNow) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsUnknown() || req.ConfigValue.IsNull() {
		return
	}
	resp.Diagnostics.Append(checkRequestedAt(req.Path, req.ConfigValue.ValueString())...)
}

func checkRequestedAt(at path.Path, value string) (diags diag.Diagnostics) {
	requested, err := time.Parse(time.RFC3339, value)
	age := time.Since(requested)
	if err != nil || age > requestedBefore || age < -requestedAfter {
		diags.AddAttributeError(at, "Invalid requested_at", fmt.Sprintf("Write requested_at = timestamp(). Terraform knows "+
			"that value only while it applies, so that the pipeline is executed then and not by every plan and refresh. A "+
			"value that is known must be an RFC 3339 time of the last 15 minutes, got: %q.", value))
	}
	return diags
}
