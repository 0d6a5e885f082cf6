// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// sameUUID reports whether two values are one UUID, perhaps in another case.
func sameUUID(a, b types.String) bool {
	return validate.IsUUID(a.ValueString()) && strings.EqualFold(a.ValueString(), b.ValueString())
}

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
	if sameUUID(req.PlanValue, req.StateValue) {
		resp.PlanValue = req.StateValue
	}
}
