// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package validate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Timeouts accepts an object of times that are longer than zero, such as "90m". It reports every mistake on the object:
// Terraform points at the first line of the block when a path goes deeper.
func Timeouts() validator.Object { return timeouts{} }

type timeouts struct{}

func (timeouts) Description(context.Context) string {
	return "every time must be longer than zero, and have a unit: h, m or s"
}

func (v timeouts) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (timeouts) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	times := req.ConfigValue.Attributes()
	for _, name := range slices.Sorted(maps.Keys(times)) {
		value, ok := times[name].(types.String)
		if !ok || value.IsNull() || value.IsUnknown() {
			continue
		}
		problem := "is not a duration"
		if parsed, err := time.ParseDuration(value.ValueString()); err == nil {
			if parsed > 0 {
				continue
			}
			problem = "is not longer than zero"
		}
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid timeout", fmt.Sprintf(
			"Attribute %s.%s %s: %q. Write numbers with the units h, m or s, such as \"90m\" or \"1h30m\".",
			req.Path, name, problem, value.ValueString()))
	}
}
