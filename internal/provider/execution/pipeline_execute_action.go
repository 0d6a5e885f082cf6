// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/action/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

var (
	_ action.ActionWithConfigure      = &pipelineExecuteAction{}
	_ action.ActionWithValidateConfig = &pipelineExecuteAction{}
)

func newPipelineExecuteAction() action.Action { return &pipelineExecuteAction{} }

// pipelineExecuteAction is one run per invocation. Terraform keeps no record of actions: a failed one is not tried
// again by the next apply.
type pipelineExecuteAction struct{ session.ConfiguredAction }

type pipelineExecuteActionModel struct {
	requestModel
	policyModel
	ScalarVariablesWO types.Map      `tfsdk:"scalar_variables_wo"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

func (a *pipelineExecuteAction) Metadata(
	_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse,
) {
	resp.TypeName = req.ProviderTypeName + "_pipeline_execute"
}

func (a *pipelineExecuteAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	attributes := actionAttributes(requestAttributes(), policyAttributes())
	attributes["scalar_variables_wo"] = schema.MapAttribute{
		Optional: true, WriteOnly: true, ElementType: types.StringType,
		Validators: []validator.Map{validate.KeysNotEmpty(), validate.NoNulls()},
		MarkdownDescription: "More values for scalar pipeline variables, kept out of messages and logs. Ephemeral values " +
			"are kept out of saved plans too. Terraform writes others to a saved plan, and prints them unless they are " +
			"sensitive. A name may not be in `scalar_variables` too.",
	}
	times := map[string]string{
		"invoke": "How long to start the run and, with `wait_for_completion`, to wait for its end. Defaults to `1h`.",
	}
	attributes["timeouts"] = timeoutsAttribute(timeouts.Type{ObjectType: timeoutTypes(times)}, times)
	resp.Schema = schema.Schema{
		MarkdownDescription: "Executes a published pipeline whenever it is invoked: by an `action_trigger`, or by " +
			"`terraform apply -invoke`. Terraform keeps no record of actions and does not try a failed one again: for a run " +
			"that must happen, use the resource.",
		Attributes: attributes,
	}
}

func (a *pipelineExecuteAction) ValidateConfig(
	ctx context.Context, req action.ValidateConfigRequest, resp *action.ValidateConfigResponse,
) {
	var config pipelineExecuteActionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(checkNamesOnce(config.ScalarVariables, config.ScalarVariablesWO)...)
	}
}

// Invoke executes the pipeline. Its first progress line has the execution's id: when Terraform is interrupted it drops
// an action's error, but not its progress.
func (a *pipelineExecuteAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config pipelineExecuteActionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	project, diags := a.ReadyIn(config.ProjectID)
	resp.Diagnostics.Append(diags...)
	config.ProjectID = project
	request, diags := config.request(ctx, config.ScalarVariablesWO)
	resp.Diagnostics.Append(diags...)
	timeout, diags := config.Timeouts.Invoke(ctx, defaultRunTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	a.Client.KeepSecret(knownStrings(config.ScalarVariablesWO)...)
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	events := &progress{client: a.Client, send: func(_, line string) {
		resp.SendProgress(action.InvokeProgressEvent{Message: line})
	}}
	launch := launcher{
		runSpec:  runSpec{request: request, policies: config.policies()},
		follower: follower{client: a.Client, progress: events},
	}
	_, diags = launch.complete(limited, config.waits())
	for _, problem := range diags.Errors() {
		events.line("%s\n\n%s", problem.Summary(), problem.Detail()) // Terraform drops an action's errors on Ctrl-C.
	}
	resp.Diagnostics.Append(diags...)
}
