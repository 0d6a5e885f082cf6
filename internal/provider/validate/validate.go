// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package validate has the validators of single values that terraform-plugin-framework-validators lacks and that more
// than one kind of thing needs. It knows values and nothing of what they are for, and calls nobody.
package validate

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// NotEmpty accepts a string of at least one character.
func NotEmpty() validator.String { return stringvalidator.UTF8LengthAtLeast(1) }

// KeysNotEmpty accepts a map without an empty key.
func KeysNotEmpty() validator.Map { return mapvalidator.KeysAre(NotEmpty()) }

// EnvironmentName accepts a name that is as long as the API takes for an environment.
func EnvironmentName() validator.String { return stringvalidator.UTF8LengthBetween(1, 255) }

// IsUUID reports whether a string is a UUID in its usual form of 36 characters. [uuid.Parse] takes other notations,
// which the API may not.
func IsUUID(s string) bool { return len(s) == 36 && uuid.Validate(s) == nil }

// SameUUID reports whether two strings are one UUID, perhaps in another case.
func SameUUID(a, b string) bool { return IsUUID(a) && strings.EqualFold(a, b) }

// UUID accepts a UUID in its usual form.
func UUID() validator.String {
	const description = "value must be a UUID, such as 6bc9c6cd-2fb9-4d87-b4f2-3c5b3a8e9f10"
	return check{summary: "Invalid UUID", description: description, fault: func(value string) string {
		if IsUUID(value) {
			return ""
		}
		return " " + description
	}}
}

// OneOf accepts one of some values. Unlike the library's validator, it does not show an address that was put in the
// wrong place as a whole.
func OneOf(values ...string) validator.String {
	description := fmt.Sprintf("value must be one of: %q", values)
	return check{summary: "Invalid Attribute Value Match", description: description, fault: func(value string) string {
		if slices.Contains(values, value) {
			return ""
		}
		return " " + description
	}}
}

// Address accepts an address that credentials may be sent to.
func Address() validator.String {
	const description = "value must be an https:// address; http:// is accepted only for localhost and loopback addresses"
	return check{summary: "Invalid address", description: description, fault: func(value string) string {
		if _, err := matillion.ParseURL(value); err != nil {
			return ": " + err.Error()
		}
		return ""
	}}
}

// Time accepts an RFC 3339 time.
func Time() validator.String {
	const description = "value must be an RFC 3339 time, such as 2026-01-15T09:30:00Z"
	return check{summary: "Invalid time", description: description, fault: func(value string) string {
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			return " " + description
		}
		return ""
	}}
}

// check is a validator of strings. Its function returns what is wrong with a value, as it follows "Attribute NAME", or
// "".
type check struct {
	summary, description string
	fault                func(value string) string
}

func (c check) Description(context.Context) string { return c.description }

func (c check) MarkdownDescription(context.Context) string { return c.description }

func (c check) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	value := req.ConfigValue.ValueString()
	if fault := c.fault(value); fault != "" {
		resp.Diagnostics.AddAttributeError(req.Path, c.summary,
			fmt.Sprintf("Attribute %s%s%s", req.Path, fault, Got(value)))
	}
}

// Got returns the end of a sentence about a wrong value, which shows the value. Of what may be an address with user
// info, query or fragment it shows the rest, if that can be told apart.
func Got(value string) string {
	if strings.ContainsAny(value, "@?#") {
		address, err := url.Parse(value)
		if err != nil || address.Host == "" {
			return ""
		}
		value = (&url.URL{Scheme: address.Scheme, Host: address.Host, Path: address.Path}).String()
	}
	return fmt.Sprintf(", got: %q", value)
}
