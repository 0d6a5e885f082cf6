// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/defaults"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// FastPath answers beside the framework where everything is as it was: a run that has ended is read, or one that has
// succeeded is planned and configured as it was. Most calls of most plans are one of these. The framework comes to the
// same answers in many times the time, because it takes configuration, plan and state apart attribute by attribute.
//
// It has one question, [FastPath.asItWas], and gives back what it was given. What it cannot answer is the framework's.
type FastPath struct {
	state, identity tftypes.Type
	// defaults are the values of the arguments that are not set, by the arguments' names. Write-only ones, which no state
	// holds, are not among them.
	defaults map[string]tftypes.Value
}

// NewFastPath returns the fast path of the resource. It is made once: the schema does not change.
var NewFastPath = sync.OnceValue(func() *FastPath {
	ctx, r := context.Background(), &pipelineExecutionResource{}
	described, identified := resource.SchemaResponse{}, resource.IdentitySchemaResponse{}
	r.Schema(ctx, resource.SchemaRequest{}, &described)
	r.IdentitySchema(ctx, resource.IdentitySchemaRequest{}, &identified)
	f := &FastPath{
		state:    described.Schema.Type().TerraformType(ctx),
		identity: identified.IdentitySchema.Type().TerraformType(ctx),
		defaults: map[string]tftypes.Value{},
	}
	for name, attribute := range described.Schema.Attributes {
		if (attribute.IsRequired() || attribute.IsOptional()) && !attribute.IsWriteOnly() {
			f.defaults[name] = defaultOf(ctx, attribute)
		}
	}
	return f
})

// Read gives back the state of a run that has ended, or nil. A refresh must see what may be handed over. A state
// without wait_failed may be that of an earlier release, which has kept it in the private data.
func (f *FastPath) Read(req *tfprotov6.ReadResourceRequest) *tfprotov6.ReadResourceResponse {
	state := f.attributes(req.TypeName, req.CurrentState)
	if !statusIn(state).Ended() || state["wait_failed"].IsNull() || waitFailedIn(state) {
		return nil
	}
	identity, err := tfprotov6.NewDynamicValue(f.identity, tftypes.NewValue(f.identity, map[string]tftypes.Value{
		"project_id": state["project_id"], "id": state["id"],
	}))
	if err != nil {
		return nil
	}
	return &tfprotov6.ReadResourceResponse{
		NewState: req.CurrentState, Private: req.Private,
		NewIdentity: &tfprotov6.ResourceIdentityData{IdentityData: &identity},
	}
}

// Plan gives back the state of a run that has succeeded and is configured as it was, or nil. The project is the
// provider's. The plan leaves no mark for Delete, and needs none: see [pipelineExecutionResource.ModifyPlan].
func (f *FastPath) Plan(
	req *tfprotov6.PlanResourceChangeRequest, project types.String,
) *tfprotov6.PlanResourceChangeResponse {
	state, config := f.attributes(req.TypeName, req.PriorState), f.attributes(req.TypeName, req.Config)
	if !statusIn(state).Succeeded() || waitFailedIn(state) || config == nil || !f.asItWas(state, config, project) {
		return nil
	}
	identity := req.PriorIdentity
	if identity == nil {
		none, err := tfprotov6.NewDynamicValue(f.identity, tftypes.NewValue(f.identity, nil))
		if err != nil {
			return nil
		}
		identity = &tfprotov6.ResourceIdentityData{IdentityData: &none}
	}
	return &tfprotov6.PlanResourceChangeResponse{
		PlannedState: req.PriorState, PlannedPrivate: req.PriorPrivate, PlannedIdentity: identity,
	}
}

// asItWas reports whether every argument of a configuration comes to what a state says. Secrets cannot be compared;
// their version stands for them.
func (f *FastPath) asItWas(state, config map[string]tftypes.Value, project types.String) bool {
	for name, byDefault := range f.defaults {
		value := config[name]
		switch {
		case !value.IsNull():
		case name == "project_id":
			value = tftypes.NewValue(tftypes.String, project.ValueStringPointer())
		default:
			value = byDefault
		}
		if !value.Equal(state[name]) {
			return false
		}
	}
	return true
}

// attributes takes a state or a configuration of a run apart. It returns nil for one that is null, not known as a
// whole, or of another type of resource.
func (f *FastPath) attributes(typeName string, encoded *tfprotov6.DynamicValue) map[string]tftypes.Value {
	if typeName != pipelineExecutionType || encoded == nil {
		return nil
	}
	var attributes map[string]tftypes.Value
	value, err := encoded.Unmarshal(f.state)
	if err != nil || !value.IsKnown() || value.As(&attributes) != nil {
		return nil
	}
	return attributes
}

// statusIn returns the status that a state says.
func statusIn(state map[string]tftypes.Value) matillion.Status {
	var status string
	if value, there := state["status"]; !there || value.IsNull() || value.As(&status) != nil {
		return ""
	}
	return matillion.Status(status)
}

// waitFailedIn reports whether a state says that the wait of Create ended in an error.
func waitFailedIn(state map[string]tftypes.Value) bool {
	var failed *bool
	return state["wait_failed"].As(&failed) == nil && failed != nil && *failed
}

// defaultOf returns what an argument comes to that is not set. A default that it does not know only makes the fast path
// leave a plan to the framework.
func defaultOf(ctx context.Context, attribute schema.Attribute) tftypes.Value {
	byDefault := tftypes.NewValue(attribute.GetType().TerraformType(ctx), nil)
	var err error
	switch a := attribute.(type) {
	case schema.StringAttribute:
		if a.Default != nil {
			resp := defaults.StringResponse{}
			a.Default.DefaultString(ctx, defaults.StringRequest{}, &resp)
			byDefault, err = resp.PlanValue.ToTerraformValue(ctx)
		}
	case schema.BoolAttribute:
		if a.Default != nil {
			resp := defaults.BoolResponse{}
			a.Default.DefaultBool(ctx, defaults.BoolRequest{}, &resp)
			byDefault, err = resp.PlanValue.ToTerraformValue(ctx)
		}
	case schema.Int64Attribute, schema.MapAttribute, schema.SingleNestedAttribute: // No argument of these has a default.
	default:
		panic(fmt.Sprintf("no argument of a run has been a %T yet: add a case here", attribute))
	}
	if err != nil {
		panic(fmt.Sprintf("the default of an attribute: %v", err))
	}
	return byDefault
}
