// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package grid

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Rectangular accepts grids whose rows are lists of the same length, without null cells. How the API treats other rows
// is not documented.
func Rectangular() validator.Map { return rectangular{} }

type rectangular struct{}

func (rectangular) Description(context.Context) string {
	return "every row of a grid must be as long as its first, and no cell may be null"
}

func (v rectangular) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v rectangular) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
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
		if problem := problemOf(grid); problem != "" {
			resp.Diagnostics.AddAttributeError(at, "Invalid grid variable", fmt.Sprintf("Grid %q: %s", name, problem))
		}
	}
}

// problemOf returns the first fault of a grid, or "". Rows and columns are counted from 1, for people: a path would
// have to go deeper than Terraform can point at.
func problemOf(grid types.List) string {
	width := -1
	for i, value := range grid.Elements() {
		row, ok := value.(types.List)
		if !ok || row.IsUnknown() {
			continue
		}
		if row.IsNull() {
			return fmt.Sprintf("row %d is null.", i+1)
		}
		cells := row.Elements()
		if width < 0 {
			width = len(cells)
		}
		if len(cells) != width {
			return fmt.Sprintf("row %d has %d cells, but the first row has %d. All rows must have the same length.",
				i+1, len(cells), width)
		}
		for j, cell := range cells {
			if cell.IsNull() {
				return fmt.Sprintf("the cell in row %d, column %d is null. Write \"\" for an empty cell.", i+1, j+1)
			}
		}
	}
	return ""
}
