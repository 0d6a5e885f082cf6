// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// privateStateKey is where a [privateState] is kept in a resource's private data.
const privateStateKey = "run"

// privateState is what an instance must remember about its run beside its state. Terraform hands it back with every
// call but one: it is missing when an instance that is tainted is deleted in order to be replaced. What Delete needs is
// in the state: see [originModel].
type privateState struct {
	// Imported: the arguments that the API does not return have not been stored from the configuration yet.
	Imported bool `json:"imported,omitempty"`
	// VerdictDue: the run was waited for, and its end has not been judged yet. Only such a run can be replaced because
	// of how it ended. An imported run, or one that nobody waited for, is kept however it ended.
	VerdictDue bool `json:"verdict_due,omitempty"`
	// Cancelled: the provider cancelled the run, so that it is to be run again whatever on_failure says.
	Cancelled bool `json:"cancelled,omitempty"`
	// HandOverDue is what the state says in wait_failed. An earlier release wrote it here, and Read moves it.
	HandOverDue bool `json:"hand_over_due,omitempty"`
	// SentAt is when the run was asked for, by the server's clock, until the API has returned when it started. Only runs
	// whose start is known can be found in the list, together with others.
	SentAt time.Time `json:"sent_at,omitzero"`
}

// handle returns the handle of a run, which has the time of the request until the API has returned the start.
func (p privateState) handle(run matillion.Execution) matillion.Handle {
	handle := run.Handle()
	if handle.StartedAt.IsZero() {
		handle.StartedAt = p.SentAt
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

// loadPrivateState returns the private state, and whether there is one.
func loadPrivateState(ctx context.Context, private privateGetter) (privateState, bool, diag.Diagnostics) {
	return loadPrivate[privateState](ctx, private, privateStateKey)
}

func (p privateState) save(ctx context.Context, private privateSetter) diag.Diagnostics {
	return savePrivate(ctx, private, privateStateKey, p)
}

// loadPrivate returns what private data has under a key, and whether it has anything.
func loadPrivate[T any](
	ctx context.Context, private privateGetter, key string,
) (value T, found bool, diags diag.Diagnostics) {
	stored, diags := private.GetKey(ctx, key)
	if diags.HasError() || len(stored) == 0 {
		return value, false, diags
	}
	if err := json.Unmarshal(stored, &value); err != nil {
		diags.Append(privateDataUnreadable(err))
	}
	return value, true, diags
}

func savePrivate(ctx context.Context, private privateSetter, key string, value any) diag.Diagnostics {
	stored, err := json.Marshal(value)
	if err != nil {
		return diag.Diagnostics{privateDataUnwritable(err)}
	}
	return private.SetKey(ctx, key, stored)
}
