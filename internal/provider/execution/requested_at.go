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
	// requestedBefore and requestedAfter bound how far requested_at may be from now: a plan and the confirmation of it
	// pass in minutes, and clocks differ a little.
	requestedBefore = 15 * time.Minute
	requestedAfter  = 5 * time.Minute
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

func checkRequestedAt(at path.Path, value string) (diags diag.Diagnostics) {
	requested, err := time.Parse(time.RFC3339, value)
	age := time.Since(requested)
	if err != nil || age > requestedBefore || age < -requestedAfter {
		diags.AddAttributeError(at, "Invalid requested_at", fmt.Sprintf("Write requested_at = timestamp(). Terraform knows "+
			"that value only while it applies, so that the pipeline is executed then and not by every plan and refresh. A "+
			"value that is known must be an RFC 3339 time of the last 15 minutes, got: %q.", value))
	}
	return diags
}
