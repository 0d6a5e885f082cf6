// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
)

// A change of an attribute with one of these plan modifiers is another run. On the first plan after an import it is
// not: the API does not return what an imported run was started with, so that the configuration's values are stored in
// place.
const anotherRunText = "Another value is another run, but not on the first plan after an import."

func anotherString() []planmodifier.String {
	return []planmodifier.String{stringplanmodifier.RequiresReplaceIf(
		func(ctx context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = !isImported(ctx, req.Private, &resp.Diagnostics)
		}, anotherRunText, anotherRunText)}
}

func anotherMap() []planmodifier.Map {
	return []planmodifier.Map{mapplanmodifier.RequiresReplaceIf(
		func(ctx context.Context, req planmodifier.MapRequest, resp *mapplanmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = !isImported(ctx, req.Private, &resp.Diagnostics)
		}, anotherRunText, anotherRunText)}
}

func anotherNumber() []planmodifier.Int64 {
	return []planmodifier.Int64{int64planmodifier.RequiresReplaceIf(
		func(ctx context.Context, req planmodifier.Int64Request, resp *int64planmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = !isImported(ctx, req.Private, &resp.Diagnostics)
		}, anotherRunText, anotherRunText)}
}

// isImported reports whether the configuration's values are still to be stored.
func isImported(ctx context.Context, private privateGetter, diags *diag.Diagnostics) bool {
	remembered, _, loadDiags := loadPrivateState(ctx, private)
	diags.Append(loadDiags...)
	return remembered.Imported
}
