// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package validate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// NoNulls accepts a map without null values. It names those that are null: the map may come from a variable or a
// module, where no line of the configuration shows them.
func NoNulls() validator.Map { return noNulls{} }

type noNulls struct{}

func (noNulls) Description(context.Context) string { return "no value may be null" }

func (v noNulls) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (noNulls) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	if names := NullNames(req.ConfigValue); len(names) > 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Null value in a map",
			fmt.Sprintf("Attribute %s has no value for %s: null. Leave out what has no value, or write \"\" for an empty one.",
				req.Path, strings.Join(names, ", ")))
	}
}

// NullNames returns the names of the null values of a map, quoted and in order.
func NullNames(m types.Map) []string {
	var names []string
	for name, value := range m.Elements() {
		if value.IsNull() {
			names = append(names, strconv.Quote(name))
		}
	}
	slices.Sort(names)
	return names
}
