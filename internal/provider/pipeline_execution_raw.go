package provider

import (
	"context"
	"fmt"
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

// executionShape is what schema and fields say of the resource, for values as they come.
type executionShape struct {
	state, identity tftypes.Type
	// results are the attributes that nobody configures, secrets those that no plan or state holds.
	results, secrets map[string]bool
	// defaults are what arguments come to that are not set, where that is not null.
	defaults map[string]tftypes.Value
}

var shape = sync.OnceValue(func() executionShape {
	ctx, r := context.Background(), &pipelineExecutionResource{}
	described, identified := resource.SchemaResponse{}, resource.IdentitySchemaResponse{}
	r.Schema(ctx, resource.SchemaRequest{}, &described)
	r.IdentitySchema(ctx, resource.IdentitySchemaRequest{}, &identified)
	s := executionShape{
		state:    described.Schema.Type().TerraformType(ctx),
		identity: identified.IdentitySchema.Type().TerraformType(ctx),
		results:  map[string]bool{}, secrets: map[string]bool{}, defaults: map[string]tftypes.Value{},
	}
	for _, field := range fieldsOf(formResource) {
		s.results[field.name] = field.role == roleResult
		s.secrets[field.name] = field.secret
		if field.fallback == nil {
			continue
		}
		value, err := field.fallback.ToTerraformValue(ctx)
		if err != nil {
			panic(fmt.Sprintf("the default of %s: %v", field.name, err))
		}
		s.defaults[field.name] = value
	}
	return s
})

// attributesOf takes a state or a configuration apart. It returns nil for one that is null or not known.
func attributesOf(value tftypes.Value) map[string]tftypes.Value {
	var attributes map[string]tftypes.Value
	if value.IsNull() || value.As(&attributes) != nil {
		return nil
	}
	return attributes
}

// statusOf returns the status that a state says.
func statusOf(state tftypes.Value) matillion.Status {
	return matillion.Status(stringOf(attributesOf(state)["status"]).ValueString())
}

// identityOf returns the identity of the instance with a state.
func identityOf(state tftypes.Value) tftypes.Value {
	attributes := attributesOf(state)
	return tftypes.NewValue(shape().identity, map[string]tftypes.Value{
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

// stringOf turns a string of a state into one of the framework's. What is no string is null.
func stringOf(value tftypes.Value) types.String {
	var text *string
	switch {
	case value.Type() != nil && !value.IsKnown():
		return types.StringUnknown()
	case value.As(&text) != nil || text == nil:
		return types.StringNull()
	default:
		return types.StringValue(*text)
	}
}

// rawString is the reverse of [stringOf].
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
// is meant where the configuration names none. Secrets cannot be compared; their version stands for them.
func asConfigured(state, config tftypes.Value, project types.String) bool {
	arguments := completed(config, project)
	for name, value := range attributesOf(state) {
		compared := !shape().results[name] && !shape().secrets[name]
		if compared && !arguments[name].Equal(value) {
			return false
		}
	}
	return true
}

// firstPlan is the plan of a run that there is none of yet: what is configured, and a result that is not known.
func firstPlan(config tftypes.Value, project types.String) tftypes.Value {
	planned := completed(config, project)
	for name, value := range planned {
		switch {
		case shape().results[name]:
			planned[name] = rawString(types.StringUnknown())
		case shape().secrets[name]:
			planned[name] = tftypes.NewValue(value.Type(), nil)
		}
	}
	return tftypes.NewValue(config.Type(), planned)
}

// completed returns the attributes of a configuration, with what stands for the arguments that are not set.
func completed(config tftypes.Value, project types.String) map[string]tftypes.Value {
	attributes := maps.Clone(attributesOf(config))
	for name, fallback := range shape().defaults {
		if attributes[name].IsNull() {
			attributes[name] = fallback
		}
	}
	if attributes["project_id"].IsNull() {
		attributes["project_id"] = rawString(project)
	}
	return attributes
}
