package provider

import (
	"context"
	"maps"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// The framework takes a state apart by reflection, which costs more than everything else that is done for a run. What is
// done for each instance in each plan, and for each state that is saved, is therefore done to the state as it comes.

// executionTypeName is the name of the resource's type.
const executionTypeName = "matillion_pipeline_execution"

// executionType is the type of the resource's state.
var executionType = sync.OnceValue(func() tftypes.Type {
	ctx, described := context.Background(), resource.SchemaResponse{}
	newPipelineExecutionResource().Schema(ctx, resource.SchemaRequest{}, &described)
	return described.Schema.Type().TerraformType(ctx)
})

// identityType is the type of the resource's identity.
var identityType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
	"project_id": tftypes.String, "id": tftypes.String,
}}

// attributesOf takes a state or a configuration apart. There is nothing in one that is null.
func attributesOf(value tftypes.Value) map[string]tftypes.Value {
	var attributes map[string]tftypes.Value
	if value.IsNull() || value.As(&attributes) != nil {
		return nil
	}
	return attributes
}

// textOf returns a string attribute of a state; "" for null and unknown.
func textOf(state tftypes.Value, name string) string {
	var value *string
	attribute := attributesOf(state)[name]
	if !attribute.IsKnown() || attribute.As(&value) != nil || value == nil {
		return ""
	}
	return *value
}

// statusOf returns the status that a state says.
func statusOf(state tftypes.Value) matillion.Status { return matillion.Status(textOf(state, "status")) }

// identityOf returns the identity of the instance with a state.
func identityOf(state tftypes.Value) tftypes.Value {
	attributes := attributesOf(state)
	return tftypes.NewValue(identityType, map[string]tftypes.Value{
		"project_id": attributes["project_id"], "id": attributes["id"],
	})
}

// withStrings returns a state in which the given attributes have other values.
func withStrings(state tftypes.Value, values map[string]types.String) tftypes.Value {
	attributes := maps.Clone(attributesOf(state))
	for name, value := range values {
		attributes[name] = rawString(value)
	}
	return tftypes.NewValue(state.Type(), attributes)
}

// withResult returns a state with what is known of its execution. What has not been observed is null.
func withResult(state tftypes.Value, execution matillion.Execution) tftypes.Value {
	var result resultModel
	result.set(execution)
	values := map[string]types.String{}
	for name, value := range result.fields() {
		values[name] = *value
	}
	return withStrings(state, values)
}

func rawString(value types.String) tftypes.Value {
	switch {
	case value.IsUnknown():
		return tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	case value.IsNull():
		return tftypes.NewValue(tftypes.String, nil)
	default:
		return tftypes.NewValue(tftypes.String, value.ValueString())
	}
}

// asConfigured reports whether every argument of a configuration comes to what a state says. The project is the one that
// is meant where the configuration names none.
func asConfigured(state, config tftypes.Value, project types.String) bool {
	configured := attributesOf(config)
	if configured == nil {
		return false
	}
	defaults := argumentDefaults()
	for name, value := range attributesOf(state) {
		argument, isArgument := configured[name], !resultNames()[name]
		if argument.IsNull() && name == "project_id" {
			argument = rawString(project)
		} else if fallback, has := defaults[name]; argument.IsNull() && has {
			argument = fallback
		}
		if isArgument && !argument.Equal(value) {
			return false
		}
	}
	return true
}

// resultNames are the attributes of the resource that nobody configures.
var resultNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, field := range fieldsOf(formResource) {
		names[field.name] = field.role == roleResult
	}
	return names
})

// argumentDefaults are what arguments of the resource come to that are not set, where that is not null.
var argumentDefaults = sync.OnceValue(func() map[string]tftypes.Value {
	defaults := map[string]tftypes.Value{}
	for _, field := range fieldsOf(formResource) {
		if field.fallback == nil {
			continue
		}
		if value, err := field.fallback.ToTerraformValue(context.Background()); err == nil {
			defaults[field.name] = value
		}
	}
	return defaults
})
