package provider

import (
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// role says what an attribute is to an execution.
type role int

const (
	// roleRequest defines the execution: another value is another run.
	roleRequest role = iota + 1
	// roleBehaviour says how the provider treats the execution. Changing it starts nothing.
	roleBehaviour
	// roleResult is what the API tells of the execution.
	roleResult
)

// form is a kind of thing that executes pipelines.
type form int

const (
	formResource form = 1 << iota
	formDataSource
	formAction

	everyForm = formResource | formDataSource | formAction
)

// field is an attribute of an execution, said once for every form that has it.
type field struct {
	name  string
	role  role
	forms form
	kind  attr.Type
	text  string

	required bool
	// fallback is the default. The forms whose schemas cannot have defaults apply it when they read the value.
	fallback attr.Value
	// computed is an argument that the provider fills in when it is not set.
	computed bool
	// secret is an argument that the resource takes write-only.
	secret bool

	strings []validator.String
	maps    []validator.Map
	numbers []validator.Int64
}

// The values of the policies.
const (
	policyFail   = "fail"
	policyWait   = "wait"
	policyAttach = "attach"
	policyError  = "error"
	policyWarn   = "warn"
	policyDetach = "detach"
	policyCancel = "cancel"
)

var gridType = types.ListType{ElemType: types.ListType{ElemType: types.StringType}}

// executionFields are the attributes of an execution. A form adds only what it alone has.
func executionFields() []field {
	return slices.Concat(
		withRole(roleRequest, requestFields()), withRole(roleRequest, secretFields()),
		withRole(roleBehaviour, behaviourFields()), withRole(roleResult, resultFields()),
	)
}

// requestFields follow https://docs.maia.ai/api-reference/pipeline-execution/execute-published-pipeline.
func requestFields() []field {
	return []field{
		{
			name: "project_id", kind: types.StringType, computed: true, strings: []validator.String{isUUID{}},
			text: "Project of the pipeline, as a UUID. Defaults to the provider's `project_id`.",
		},
		{
			name: "environment_name", kind: types.StringType, required: true,
			strings: []validator.String{stringvalidator.UTF8LengthBetween(1, 255)},
			text:    "Name of the environment to run in, to which the pipeline must be published. 1 to 255 characters.",
		},
		{
			name: "pipeline_name", kind: types.StringType, required: true, strings: []validator.String{notEmpty()},
			text: "Name of the published pipeline, as the data source `matillion_published_pipelines` lists it: " +
				"often a path with an extension, such as `ingest/orders.orch.yaml`.",
		},
		{
			name: "version_name", kind: types.StringType, strings: []validator.String{notEmpty()},
			text: "Published version to run. Defaults to the one that was published to the environment last.",
		},
		{
			name: "agent_id", kind: types.StringType, strings: []validator.String{isUUID{}},
			text: "Agent (runner) to run on, as a UUID. Defaults to the environment's default agent.",
		},
		{
			name: "execution_tag", kind: types.StringType,
			strings: []validator.String{stringvalidator.UTF8LengthBetween(1, 255)},
			text: "Tag that at most one running execution of an environment may have. While it is in use, nothing is " +
				"started: see `on_conflict`. 1 to 255 characters.",
		},
		{
			name: "scalar_variables", kind: types.MapType{ElemType: types.StringType},
			maps: []validator.Map{keysNotEmpty(), mapvalidator.NoNullValues()},
			text: "Values for scalar pipeline variables by name, for this execution only. Values are strings; " +
				"numbers are written as Terraform prints them.",
		},
		{
			name: "grid_variables", kind: types.MapType{ElemType: gridType},
			maps: []validator.Map{keysNotEmpty(), rectangularGrids{}},
			text: "Values for grid pipeline variables by name, for this execution only: a list of rows, each a list " +
				"of strings in the order of the variable's columns. All rows of a grid have the same length.",
		},
	}
}

// secretFields are merged into the scalar variables of the request. An action has no state to keep them out of.
func secretFields() []field {
	return []field{
		{
			name: "scalar_variables_wo", kind: types.MapType{ElemType: types.StringType},
			forms: formResource, secret: true,
			maps: []validator.Map{
				keysNotEmpty(), mapvalidator.NoNullValues(),
				mapvalidator.AlsoRequires(path.MatchRoot("scalar_variables_wo_version")),
			},
			text: "More values for scalar pipeline variables, kept out of state and plan (needs Terraform 1.11). " +
				"A name may not be in `scalar_variables` too. Set `scalar_variables_wo_version` with it.",
		},
		{
			name: "scalar_variables_wo", kind: types.MapType{ElemType: types.StringType},
			forms: formAction, secret: true,
			maps: []validator.Map{keysNotEmpty(), mapvalidator.NoNullValues()},
			text: "More values for scalar pipeline variables, kept out of messages and logs. Terraform shows them in the " +
				"plan unless they come from sensitive values, and keeps them in a saved plan. A name may not be in " +
				"`scalar_variables` too.",
		},
		{
			name: "scalar_variables_wo_version", kind: types.Int64Type, forms: formResource,
			numbers: []validator.Int64{int64validator.AlsoRequires(path.MatchRoot("scalar_variables_wo"))},
			text: "Number that stands for the values in `scalar_variables_wo`, which Terraform cannot compare: " +
				"another number is another run.",
		},
	}
}

// resultFields follow https://docs.maia.ai/api-reference/pipeline-execution/pipeline-execution-details.
func resultFields() []field {
	fields := []field{
		{name: "id", text: "Id of the execution."},
		{name: "status", text: "Status when the execution was last looked at: `RUNNING`, `CANCELLING`, `SUCCESS`, " +
			"`FAILED`, `CANCELLED`, `SKIPPED`, `UNKNOWN`, or another word of the API. Null until it has been looked at."},
		{name: "message", text: "What the API says about the status."},
		{name: "pipeline_type", text: "Type of the pipeline, such as `ORCHESTRATION`."},
		{name: "trigger", text: "What started the execution: `API` for those that Terraform started."},
		{name: "started_at", text: "When the execution started, as an RFC 3339 time in UTC."},
		{name: "finished_at", text: "When the execution ended, as an RFC 3339 time in UTC. Null until then."},
	}
	for i := range fields {
		fields[i].kind, fields[i].forms = types.StringType, formResource|formDataSource
	}
	return fields
}

func behaviourFields() []field {
	return []field{
		{
			name: "wait_for_completion", kind: types.BoolType, fallback: types.BoolValue(false),
			text: "Whether to wait until the execution has ended. Defaults to `false`: the pipeline is started, and " +
				"Terraform goes on.",
		},
		policyField("on_conflict", everyForm, []string{policyFail, policyWait, policyAttach},
			"What to do while `execution_tag` is in use: `fail` (default), or `wait` until it is free or the time is up."),
		policyField("on_failure", everyForm, []string{policyError, policyWarn},
			"What an awaited execution that failed, was cancelled or was skipped is: an `error` (default) or a `warn`ing."),
		policyField("on_timeout", formResource, []string{policyError, policyDetach, policyCancel},
			"What to do when the time is up and the execution is still running: `error` (default; the next apply waits "+
				"for the same execution again), `detach` (leave it running, warn, and wait again with the next apply), "+
				"or `cancel` (cancel it and fail)."),
		policyField("on_interrupt", formResource, []string{policyDetach, policyCancel},
			"What to do when Terraform is interrupted (Ctrl-C) while waiting: `detach` (default; leave the execution "+
				"running, the next apply waits again) or `cancel`."),
		policyField("on_destroy", formResource, []string{policyDetach, policyCancel},
			"What to do when the resource is destroyed or replaced while the execution is running: `detach` (default; "+
				"leave it running, and say so) or `cancel`."),
	}
}

func policyField(name string, forms form, values []string, text string) field {
	return field{
		name: name, forms: forms, kind: types.StringType, text: text,
		fallback: types.StringValue(values[0]),
		strings:  []validator.String{stringvalidator.OneOf(values...)},
	}
}

// withRole completes fields: a field that names no form is in all of them.
func withRole(role role, fields []field) []field {
	for i := range fields {
		fields[i].role = role
		if fields[i].forms == 0 {
			fields[i].forms = everyForm
		}
	}
	return fields
}

// requestNames are the attributes of the resource a change of which is another run.
var requestNames = sync.OnceValue(func() []string {
	names := []string{"triggers"}
	for _, field := range fieldsOf(formResource) {
		if field.role == roleRequest {
			names = append(names, field.name)
		}
	}
	return names
})

// fieldsOf returns the fields that a form has.
func fieldsOf(f form) []field {
	return slices.DeleteFunc(executionFields(), func(field field) bool { return field.forms&f == 0 })
}
