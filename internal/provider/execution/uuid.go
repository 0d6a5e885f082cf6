// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// keepUUID plans the prior value of a UUID that is configured in another case. Semantic equality of a type would not
// do: the framework asks for it when a value has been applied or read, and not when it is planned.
type keepUUID struct{}

func (keepUUID) Description(context.Context) string {
	return "A UUID in another case is the same."
}

func (k keepUUID) MarkdownDescription(ctx context.Context) string { return k.Description(ctx) }

func (keepUUID) PlanModifyString(
	_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse,
) {
	if validate.SameUUID(req.PlanValue.ValueString(), req.StateValue.ValueString()) {
		resp.PlanValue = req.StateValue
	}
}

// keepUUIDs plans the prior value of a list of UUIDs of which some are configured in another case: Terraform accepts a
// prior value as a whole. No prior list is empty.
type keepUUIDs struct{ keepUUID }

func (keepUUIDs) PlanModifyList(_ context.Context, req planmodifier.ListRequest, resp *planmodifier.ListResponse) {
	prior := req.StateValue.Elements()
	if len(prior) > 0 && slices.EqualFunc(req.PlanValue.Elements(), prior, isSameID) {
		resp.PlanValue = req.StateValue
	}
}

func isSameID(a, b attr.Value) bool {
	x, _ := a.(types.String)
	y, _ := b.(types.String)
	return a.Equal(b) || validate.SameUUID(x.ValueString(), y.ValueString())
}
