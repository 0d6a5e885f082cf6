package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

func notEmpty() validator.String { return stringvalidator.UTF8LengthAtLeast(1) }

func keysNotEmpty() validator.Map { return mapvalidator.KeysAre(notEmpty()) }

// isUUID accepts a UUID in its usual form of 36 characters.
type isUUID struct{}

func (isUUID) Description(context.Context) string {
	return "value must be a UUID, such as 6bc9c6cd-2fb9-4d87-b4f2-3c5b3a8e9f10"
}

func (v isUUID) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v isUUID) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || validUUID(req.ConfigValue.ValueString()) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid UUID",
		fmt.Sprintf("Attribute %s %s, got: %q", req.Path, v.Description(ctx), req.ConfigValue.ValueString()))
}

// validUUID is stricter than [uuid.Parse], which takes other notations that the API may not.
func validUUID(s string) bool { return len(s) == 36 && uuid.Validate(s) == nil }

// isAddress accepts an address that credentials may be sent to.
type isAddress struct{}

func (isAddress) Description(context.Context) string {
	return "value must be an https:// address; http:// is accepted only for localhost and loopback addresses"
}

func (v isAddress) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v isAddress) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := matillion.ParseURL(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid address",
			fmt.Sprintf("Attribute %s: %s, got: %q", req.Path, err, req.ConfigValue.ValueString()))
	}
}

// isTime accepts an RFC 3339 time.
type isTime struct{}

func (isTime) Description(context.Context) string {
	return "value must be an RFC 3339 time, such as 2026-01-15T09:30:00Z"
}

func (v isTime) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v isTime) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := time.Parse(time.RFC3339, req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid time",
			fmt.Sprintf("Attribute %s %s, got: %q", req.Path, v.Description(ctx), req.ConfigValue.ValueString()))
	}
}

// rectangularGrids accepts grids whose rows are lists of the same length, without null cells. How the API treats other
// rows is not documented.
type rectangularGrids struct{}

func (rectangularGrids) Description(context.Context) string {
	return "every row of a grid must be as long as its first, and no cell may be null"
}

func (v rectangularGrids) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v rectangularGrids) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	for name, value := range req.ConfigValue.Elements() {
		grid, ok := value.(types.List)
		if !ok || grid.IsUnknown() {
			continue
		}
		at := req.Path.AtMapKey(name)
		if grid.IsNull() {
			resp.Diagnostics.AddAttributeError(at, "Invalid grid variable",
				fmt.Sprintf("Grid %q is null. Leave it out, or write [] for a grid without rows.", name))
			continue
		}
		if problem, where := gridProblem(at, grid); problem != "" {
			resp.Diagnostics.AddAttributeError(where, "Invalid grid variable", fmt.Sprintf("Grid %q: %s", name, problem))
		}
	}
}

// gridProblem returns the first fault of a grid and where it is. Rows and columns are counted from 1, for people.
func gridProblem(at path.Path, grid types.List) (problem string, where path.Path) {
	width := -1
	for i, value := range grid.Elements() {
		row, ok := value.(types.List)
		rowPath := at.AtListIndex(i)
		if !ok || row.IsUnknown() {
			continue
		}
		if row.IsNull() {
			return fmt.Sprintf("row %d is null.", i+1), rowPath
		}
		cells := row.Elements()
		if width < 0 {
			width = len(cells)
		}
		if len(cells) != width {
			return fmt.Sprintf("row %d has %d cells, but the first row has %d. All rows must have the same length.",
				i+1, len(cells), width), rowPath
		}
		for j, cell := range cells {
			if cell.IsNull() {
				return fmt.Sprintf("the cell in row %d, column %d is null. Write \"\" for an empty cell.", i+1, j+1),
					rowPath.AtListIndex(j)
			}
		}
	}
	return "", at
}
