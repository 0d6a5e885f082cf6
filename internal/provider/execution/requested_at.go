// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

const (
	// requestedBefore and requestedAfter bound how far requested_at may be from now. No confirmation and no second clock
	// lies between timestamp() and the read.
	requestedBefore = time.Minute
	requestedAfter  = 5 * time.Second
)

// requestedNow accepts a time that is now, more or less, so that a constant cannot turn a plan into a run.
type requestedNow struct{}

func (requestedNow) Description(context.Context) string { return "value must be timestamp()" }

func (v requestedNow) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v requestedNow) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsUnknown() || req.ConfigValue.IsNull() {
		return
	}
	resp.Diagnostics.Append(checkRequestedAt(req.Path, req.ConfigValue.ValueString())...)
}

func checkRequestedAt(at path.Path, value string) diag.Diagnostics {
	requested, err := time.Parse(time.RFC3339, value)
	age := time.Since(requested).Round(time.Second)
	problem := ""
	switch {
	case err != nil:
		problem = fmt.Sprintf("%q is no RFC 3339 time.", value)
	case age > requestedBefore:
		problem = fmt.Sprintf("%s is %s old.", value, age)
	case age < -requestedAfter:
		problem = fmt.Sprintf("%s is %s ahead.", value, -age)
	default:
		return nil
	}
	return diag.Diagnostics{notRequestedNow(problem, at)}
}
