// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// PlanDestroy plans the destruction of an instance.
func (r *Resource) PlanDestroy(ctx context.Context, prior Instance) *tfprotov6.PlanResourceChangeResponse {
	r.t.Helper()
	gone := r.Encode(tftypes.NewValue(r.Schema().ValueType(), nil))
	planned, err := r.Provider.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: r.Type, Config: gone, PriorState: r.Encode(prior.Value), PriorPrivate: prior.Private,
		ProposedNewState: gone,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return planned
}

// Destroy destroys an instance as Terraform does: refresh, plan without a configuration, and delete with the private
// data that the plan returned. If that fails, what it returns is kept.
func (r *Resource) Destroy(ctx context.Context, prior Instance) (Instance, Diagnostics) {
	r.t.Helper()
	prior, said := r.Refresh(ctx, prior)
	planned := r.PlanDestroy(ctx, prior)
	if said = append(said, planned.Diagnostics...); said.Failed() {
		return prior, said
	}
	gone := r.Encode(tftypes.NewValue(r.Schema().ValueType(), nil))
	applied, err := r.Provider.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: r.Type, Config: gone, PriorState: r.Encode(prior.Value), PlannedState: gone,
		PlannedPrivate: planned.PlannedPrivate,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return Instance{Value: r.Decode(applied.NewState), Private: applied.Private, Tainted: prior.Tainted},
		append(said, applied.Diagnostics...)
}
