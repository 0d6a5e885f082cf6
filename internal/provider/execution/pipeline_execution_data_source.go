// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

var _ datasource.DataSourceWithConfigure = &pipelineExecutionDataSource{}

func newPipelineExecutionDataSource() datasource.DataSource { return &pipelineExecutionDataSource{} }

// pipelineExecutionDataSource is one run per apply. Terraform reads data sources while planning, unless an argument is
// known only when it applies: requested_at = timestamp() is such an argument.
type pipelineExecutionDataSource struct{ session.ConfiguredDataSource }

type pipelineExecutionDataSourceModel struct {
	requestModel
	judgedResultModel
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
	_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse,
) {
	attributes := dataSourceAttributes(requestAttributes(), policyAttributes(), judgedResultAttributes())
	attributes["requested_at"] = schema.StringAttribute{
		Required: true, Validators: []validator.String{requestedNow{}},
		MarkdownDescription: "Always `timestamp()`. Terraform knows its value only while it applies, which is what keeps a " +
			"plan, a refresh or a destroy from executing the pipeline. A value that is known must be an RFC 3339 time of the " +
			"last minute.",
	}
	times := map[string]string{
		"read": "How long to start the run and, with `wait_for_completion`, to wait for its end. Defaults to `1h`.",
	}
	attributes["timeouts"] = timeoutsAttribute(timeouts.Type{ObjectType: timeoutTypes(times)}, times)
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
	if resp.Diagnostics.HasError() {
		return
	}
	project, diags := d.ReadyIn(config.ProjectID)
	resp.Diagnostics.Append(diags...)
	config.ProjectID = project
	// The validator has seen the value too, but only if it was known then.
	resp.Diagnostics.Append(checkRequestedAt(path.Root("requested_at"), config.RequestedAt.ValueString())...)
	request, diags := config.request(ctx, types.MapNull(types.StringType))
	resp.Diagnostics.Append(diags...)
	timeout, diags := config.Timeouts.Read(ctx, defaultRunTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	launch := launcher{
		runSpec:  runSpec{request: request, policies: config.policies()},
		follower: follower{client: d.Client, progress: loggedProgress(ctx, d.Session)},
	}
	followed, diags := launch.complete(limited, config.waits())
	resp.Diagnostics.Append(diags...)
	config.setResult(followed.run, followed.failedStep)
	resp.Diagnostics.Append(resp.State.Set(ctx, config)...)
}
