package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/action/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// heartbeat is how often an action says that it is still waiting, when there is nothing else to say.
const heartbeat = time.Minute

var (
	_ action.ActionWithConfigure      = &pipelineExecuteAction{}
	_ action.ActionWithValidateConfig = &pipelineExecuteAction{}
)

func newPipelineExecuteAction() action.Action { return &pipelineExecuteAction{} }

// pipelineExecuteAction is one run per invocation. Terraform keeps no record of actions: a failed one is not tried again
// by the next apply.
type pipelineExecuteAction struct{ configuredAction }

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

func (a *pipelineExecuteAction) Schema(ctx context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	attributes := actionAttributes()
	attributes["timeouts"] = timeouts.AttributesWithOpts(ctx, timeouts.Opts{
		InvokeDescription: "Time for starting the run and waiting for it, such as `90m`. Defaults to `1h`.",
	})
	resp.Schema = schema.Schema{
		MarkdownDescription: "Executes a published pipeline whenever it is invoked: by an `action_trigger`, or by `terraform " +
			"apply -invoke`. Terraform keeps no record of actions and does not try a failed one again: for a run that must " +
			"happen, use the resource.",
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
	project, diags := a.project(config.ProjectID)
	resp.Diagnostics.Append(diags...)
	config.ProjectID = project
	resp.Diagnostics.Append(checkNamesOnce(config.ScalarVariables, config.ScalarVariablesWO)...)
	request, diags := config.request(ctx, config.ScalarVariablesWO)
	resp.Diagnostics.Append(diags...)
	timeout, diags := config.Timeouts.Invoke(ctx, defaultRunTimeout)
	resp.Diagnostics.Append(diags...)
	if a.client == nil {
		resp.Diagnostics.Append(providerUnknown())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	a.client.KeepSecret(values(config.ScalarVariablesWO)...)
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	progress := &progress{client: a.client, send: resp.SendProgress, began: time.Now()}
	run := run{client: a.client, request: request, policies: config.policies()}
	run.report = func(e matillion.Execution) { progress.report(limited, e) }
	_, diags = run.complete(limited, config.waits())
	resp.Diagnostics.Append(diags...)
}

// progress tells how a run is getting on: first its id, then a line when the status or the current step changes, and one
// every minute in any case.
type progress struct {
	client *matillion.Client
	send   func(action.InvokeProgressEvent)
	began  time.Time

	started  bool
	status   matillion.Status
	step     string
	noSteps  bool // they could not be read, and are not asked for again
	lastLine time.Time
}

func (p *progress) report(ctx context.Context, e matillion.Execution) {
	if !p.started {
		p.started = true
		p.say("Started execution %s: %s", e.ID, consoleURL+e.ID)
		return
	}
	step := p.step
	if !e.Status.Ended() {
		step = p.currentStep(ctx, e)
	}
	quiet := time.Since(p.lastLine)
	if e.Status == p.status && step == p.step && quiet < heartbeat {
		return
	}
	p.status, p.step = e.Status, step
	line := string(e.Status)
	if step != "" && !e.Status.Ended() {
		line += fmt.Sprintf(", step %q", step)
	}
	p.say("%s after %s", line, time.Since(p.began).Round(time.Second))
}

// currentStep returns the step that is running, or the last one known.
func (p *progress) currentStep(ctx context.Context, e matillion.Execution) string {
	if p.noSteps {
		return p.step
	}
	ctx, cancel := context.WithTimeout(ctx, lookAroundTimeout)
	defer cancel()
	steps, err := p.client.Executions.Steps(ctx, e.Handle())
	p.noSteps = err != nil
	current := p.step
	for _, step := range steps {
		if !step.Result.Status.Ended() {
			current = step.Name
		}
	}
	return current
}

func (p *progress) say(format string, args ...any) {
	p.lastLine = time.Now()
	p.send(action.InvokeProgressEvent{Message: fmt.Sprintf(format, args...)})
}
