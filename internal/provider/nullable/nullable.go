// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package nullable turns what the API returns into Terraform's values and back. What the API leaves out is null.
package nullable

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// String returns null for an empty string.
func String[T ~string](s T) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(string(s))
}

// Time returns an RFC 3339 time in UTC, and null for the zero time.
func Time(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339Nano))
}

// ParseTime returns the time that a string says, and the zero time for what is none.
func ParseTime(s types.String) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s.ValueString())
	if err != nil {
		return time.Time{}
	}
	return t
}
