// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// kept is private data.
type kept map[string][]byte

func (k kept) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return k[key], nil }

func (k kept) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	k[key] = value
	return nil
}

// The names are in the states of instances that exist: they stay readable.
func TestPrivateState_keepsItsNames(t *testing.T) {
	t.Parallel()
	const stored = `{"imported":true,"verdict_due":true,"cancelled":true,"hand_over_due":true,` +
		`"sent_at":"2026-11-22T09:00:00Z"}`
	got, found, diags := loadPrivateState(t.Context(), kept{"run": []byte(stored)})
	want := privateState{
		Imported: true, VerdictDue: true, Cancelled: true, HandOverDue: true,
		SentAt: time.Date(2026, time.November, 22, 9, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got); diff != "" || !found || diags.HasError() {
		t.Errorf("found: %t, %v (-want +got):\n%s", found, diags, diff)
	}
	written := kept{}
	if diags := want.save(t.Context(), written); diags.HasError() || string(written["run"]) != stored {
		t.Errorf("wrote %s, want %s; %v", written["run"], stored, diags)
	}
	if diags := (privateState{}).save(t.Context(), written); diags.HasError() || string(written["run"]) != "{}" {
		t.Errorf("wrote %s, want nothing; %v", written["run"], diags)
	}
}

func TestPrivateState_toleratesNoneAndReportsWhatItCannotRead(t *testing.T) {
	t.Parallel()
	if _, found, diags := loadPrivateState(t.Context(), kept{}); found || diags.HasError() {
		t.Errorf("found: %t, %v; want none", found, diags)
	}
	if _, _, diags := loadPrivateState(t.Context(), kept{"run": []byte("{")}); !diags.HasError() {
		t.Error("what cannot be read was read")
	}
}
