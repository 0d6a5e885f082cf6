package provider

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// recordKey is where a [record] is kept in a resource's private data.
const recordKey = "run"

// record is what an instance must remember about its run beside its state. Terraform hands it back with every call but
// one: it is missing when an instance that is tainted is deleted in order to be replaced; see [handover].
type record struct {
	// Imported: the arguments that the API does not tell have not been adopted from the configuration yet.
	Imported bool `json:"imported,omitempty"`
	// VerdictDue: the run was waited for, and its end has not been judged yet. Only such a run can be replaced because
	// of how it ended. An imported run, or one that nobody waited for, is kept however it ended.
	VerdictDue bool `json:"verdict_due,omitempty"`
	// Cancelled: the provider cancelled the run, so that it is to be run again whatever on_failure says.
	Cancelled bool `json:"cancelled,omitempty"`
	// HandOverDue: Create failed while the run went on. The instance is tainted, and its replacement takes the run over.
	HandOverDue bool `json:"hand_over_due,omitempty"`
	// SentAt is when the run was asked for, by the server's clock, until the API has told when it started. Only runs
	// whose start is known can be found in the list, together with others.
	SentAt time.Time `json:"sent_at,omitzero"`
}

// accepts reports whether a run may end badly without being run again because of it.
func (r record) accepts(onFailure types.String) bool {
	return onFailure.ValueString() == policyWarn && !r.Cancelled
}

// handle returns the handle of a run, which has the time of the request until the API has told the start.
func (r record) handle(execution matillion.Execution) matillion.Handle {
	handle := execution.Handle()
	if handle.StartedAt.IsZero() {
		handle.StartedAt = r.SentAt
	}
	return handle
}

// privateGetter and privateSetter are the two sides of the framework's private data, whose type is internal.
type privateGetter interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateSetter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// loadRecord returns the record, and whether there is one.
func loadRecord(ctx context.Context, private privateGetter) (r record, found bool, diags diag.Diagnostics) {
	stored, diags := private.GetKey(ctx, recordKey)
	if diags.HasError() || len(stored) == 0 {
		return record{}, false, diags
	}
	if err := json.Unmarshal(stored, &r); err != nil {
		diags.AddError("Unreadable private data", "The private data of the resource cannot be read: "+err.Error())
	}
	return r, true, diags
}

func (r record) save(ctx context.Context, private privateSetter) diag.Diagnostics {
	stored, err := json.Marshal(r)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unwritable private data", err.Error())}
	}
	return private.SetKey(ctx, recordKey, stored)
}
