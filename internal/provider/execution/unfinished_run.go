// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/nullable"
)

// unfinishedRun is what a destroy that failed has left: a run whose end it has not seen, or, without an id, the time in
// which a run may have started whose answer was lost. The zero value is nothing.
type unfinishedRun struct {
	id string
	// window is when it started, by the server's clock; with an id its end is not known.
	window matillion.Window
}

// unfinishedRunModel is an unfinished run in a state.
type unfinishedRunModel struct {
	ExecutionID   types.String `tfsdk:"execution_id"`
	StartedAfter  types.String `tfsdk:"started_after"`
	StartedBefore types.String `tfsdk:"started_before"`
}

func unfinishedRunAttribute() schema.Attribute {
	text := func(s string) schema.Attribute { return schema.StringAttribute{Computed: true, MarkdownDescription: s} }
	return schema.SingleNestedAttribute{
		Computed: true,
		MarkdownDescription: "What a destroy that failed has left: an execution that it has not seen end, or an execution " +
			"that may have started. The next destroy waits for it, or looks for it first. The next apply forgets it, unless " +
			"it is running and the request is unchanged. Null if there is none.",
		Attributes: map[string]schema.Attribute{
			"execution_id":   text("Id of the execution. Null if the answer to its start was lost."),
			"started_after":  text("When the execution started at the earliest, as an RFC 3339 time in UTC."),
			"started_before": text("When the execution started at the latest. Null if `execution_id` is known."),
		},
	}
}

// unfinishedRunTypes are the attributes of unfinished_run.
func unfinishedRunTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"execution_id": types.StringType, "started_after": types.StringType, "started_before": types.StringType,
	}
}

// unfinishedRunIn returns the unfinished run that a state holds.
func unfinishedRunIn(ctx context.Context, object types.Object) (unfinishedRun, diag.Diagnostics) {
	var m unfinishedRunModel
	if object.IsNull() || object.IsUnknown() {
		return unfinishedRun{}, nil
	}
	diags := object.As(ctx, &m, basetypes.ObjectAsOptions{})
	return unfinishedRun{id: m.ExecutionID.ValueString(), window: matillion.Window{
		From: nullable.ParseTime(m.StartedAfter), Until: nullable.ParseTime(m.StartedBefore),
	}}, diags
}

// exists reports whether there is an unfinished run.
func (u unfinishedRun) exists() bool { return u.id != "" || !u.window.Until.IsZero() }

// after returns what is left after a start that failed: what was left before, and, if it may have started a run, the
// times of that too. The run that was left may be what refused the start, and be listed only later.
func (u unfinishedRun) after(err error) unfinishedRun {
	var window matillion.Window
	if maybe, ok := errors.AsType[*matillion.MaybeStartedError](err); ok {
		window = matillion.Window{From: maybe.From, Until: maybe.Until}
	} else if twice, ok := errors.AsType[*matillion.ClaimedTwiceError](err); ok {
		window = matillion.Window{From: twice.StartedAt, Until: twice.StartedAt.Add(settleTimeout)}
	} else {
		return u
	}
	if u.exists() {
		window.From = u.window.From
	}
	return unfinishedRun{window: window}
}

// handle returns the handle of an unfinished run with an id.
func (u unfinishedRun) handle(projectID string) matillion.Handle {
	return matillion.Handle{ProjectID: projectID, ID: u.id, StartedAt: u.window.From}
}

// object returns what a state holds of the unfinished run.
func (u unfinishedRun) object() types.Object {
	if !u.exists() {
		return types.ObjectNull(unfinishedRunTypes())
	}
	return types.ObjectValueMust(unfinishedRunTypes(), map[string]attr.Value{
		"execution_id":   nullable.String(u.id),
		"started_after":  nullable.Time(u.window.From),
		"started_before": nullable.Time(u.window.Until),
	})
}
