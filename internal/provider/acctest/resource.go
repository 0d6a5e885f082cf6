// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Resource is a [Core] that manages instances of one type.
type Resource struct {
	*Core
	Type string
}

// Resource returns the core for a type of resource.
func (c *Core) Resource(typeName string) *Resource { return &Resource{Core: c, Type: typeName} }

// Schema returns the type's schema.
func (r *Resource) Schema() *tfprotov6.Schema { return r.Schemas.ResourceSchemas[r.Type] }

// Instance is an instance of a resource as Terraform holds it between two applies. The zero value is none.
type Instance struct {
	Value   tftypes.Value
	Private []byte
	Tainted bool
}

// Exists reports whether there is an instance.
func (i Instance) Exists() bool { return i.Value.Type() != nil && !i.Value.IsNull() }

// Attributes returns the attributes of the instance, or nil.
func (i Instance) Attributes() map[string]tftypes.Value {
	var attributes map[string]tftypes.Value
	if !i.Exists() || i.Value.As(&attributes) != nil {
		return nil
	}
	return attributes
}

// Attribute returns a string of the instance; "" for null.
func (i Instance) Attribute(name string) string {
	var value *string
	if i.Attributes()[name].As(&value) != nil || value == nil {
		return ""
	}
	return *value
}

// With returns the instance with other attributes.
func (i Instance) With(attributes map[string]tftypes.Value) Instance {
	values := maps.Clone(i.Attributes())
	maps.Copy(values, attributes)
	i.Value = tftypes.NewValue(i.Value.Type(), values)
	return i
}

// Apply brings an instance to its configuration as Terraform does: refresh, plan, and then nothing, an update, or a
// creation, before which the instance that is replaced is deleted, with the private data that the last plan returned:
// none if it is tainted, because that plan is made as if there were no instance.
func (r *Resource) Apply(
	ctx context.Context, prior Instance, config map[string]tftypes.Value,
) (Instance, Diagnostics) {
	r.t.Helper()
	var said Diagnostics
	if prior.Exists() {
		prior, said = r.Refresh(ctx, prior)
		if said.Failed() {
			return prior, said
		}
	}
	known := prior
	if prior.Tainted {
		known = Instance{}
	}
	planned := r.Plan(ctx, known, config)
	said = append(said, planned.Diagnostics...)
	if said.Failed() {
		return prior, said
	}
	if known.Exists() && len(planned.RequiresReplace) > 0 {
		known = Instance{Private: planned.PlannedPrivate}
		planned = r.Plan(ctx, known, config)
		if said = append(said, planned.Diagnostics...); said.Failed() {
			return prior, said
		}
	}
	if prior.Exists() && !known.Exists() { // It is replaced. What is deleted has the private data of the plan.
		prior.Private = planned.PlannedPrivate
		said = append(said, r.Delete(ctx, prior)...)
	}
	if known.Exists() && r.Decode(planned.PlannedState).Equal(known.Value) {
		return known, said
	}
	return r.Change(ctx, known, config, planned, said)
}

// Change carries out a plan, and adds to what was said.
func (r *Resource) Change(
	ctx context.Context, prior Instance, config map[string]tftypes.Value,
	planned *tfprotov6.PlanResourceChangeResponse, said Diagnostics,
) (Instance, Diagnostics) {
	r.t.Helper()
	applied, err := r.Provider.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: r.Type, Config: r.Encode(r.Object(r.Schema(), config)), PriorState: r.Encode(r.valueOf(prior)),
		PlannedState: planned.PlannedState, PlannedPrivate: planned.PlannedPrivate,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	said = append(said, applied.Diagnostics...)
	next := Instance{Value: r.Decode(applied.NewState), Private: applied.Private}
	if next.Exists() && !next.Value.IsFullyKnown() {
		r.t.Errorf("the state that was saved is not known: %s", next.Value)
	}
	next.Tainted = !prior.Exists() && next.Exists() && said.Failed()
	return next, said
}

// Refresh reads an instance.
func (r *Resource) Refresh(ctx context.Context, prior Instance) (Instance, Diagnostics) {
	r.t.Helper()
	read, err := r.Provider.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: r.Type, CurrentState: r.Encode(prior.Value), Private: prior.Private,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if Diagnostics(read.Diagnostics).Failed() {
		return prior, read.Diagnostics
	}
	return Instance{Value: r.Decode(read.NewState), Private: read.Private, Tainted: prior.Tainted}, read.Diagnostics
}

// Plan plans an instance.
func (r *Resource) Plan(
	ctx context.Context, prior Instance, config map[string]tftypes.Value,
) *tfprotov6.PlanResourceChangeResponse {
	r.t.Helper()
	planned, err := r.Provider.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: r.Type, Config: r.Encode(r.Object(r.Schema(), config)),
		PriorState: r.Encode(r.valueOf(prior)), PriorPrivate: prior.Private,
		ProposedNewState: r.Encode(r.proposed(prior, config)),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return planned
}

// Validate validates a configuration as a client does that knows write-only arguments.
func (r *Resource) Validate(config map[string]tftypes.Value) Diagnostics {
	r.t.Helper()
	validated, err := r.Provider.ValidateResourceConfig(r.t.Context(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: r.Type, Config: r.Encode(r.Object(r.Schema(), config)),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return validated.Diagnostics
}

// Delete deletes an instance.
func (r *Resource) Delete(ctx context.Context, prior Instance) Diagnostics {
	r.t.Helper()
	gone := tftypes.NewValue(r.Schema().ValueType(), nil)
	applied, err := r.Provider.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: r.Type, Config: r.Encode(gone), PriorState: r.Encode(prior.Value),
		PlannedState: r.Encode(gone), PlannedPrivate: prior.Private,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return applied.Diagnostics
}

// Decode decodes a value of the type.
func (r *Resource) Decode(encoded *tfprotov6.DynamicValue) tftypes.Value {
	r.t.Helper()
	return r.Core.Decode(encoded, r.Schema().ValueType())
}

// proposed merges configuration and prior state as Terraform does: what is not configured and computed keeps its value.
func (r *Resource) proposed(prior Instance, config map[string]tftypes.Value) tftypes.Value {
	values := maps.Clone(config)
	before := prior.Attributes()
	for _, attribute := range r.Schema().Block.Attributes {
		if _, configured := config[attribute.Name]; configured || !attribute.Computed {
			continue
		}
		values[attribute.Name] = tftypes.NewValue(attribute.ValueType(), tftypes.UnknownValue)
		if before != nil {
			values[attribute.Name] = before[attribute.Name]
		}
	}
	return r.Object(r.Schema(), values)
}

func (r *Resource) valueOf(i Instance) tftypes.Value {
	if !i.Exists() {
		return tftypes.NewValue(r.Schema().ValueType(), nil)
	}
	return i.Value
}
