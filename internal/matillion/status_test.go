// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import "testing"

func TestStatus_isFinalOrNot(t *testing.T) {
	t.Parallel()
	type kinds struct{ ended, succeeded, badly bool }
	for status, want := range map[Status]kinds{
		StatusSuccess:    {true, true, false},
		StatusFailed:     {true, false, true},
		StatusCancelled:  {true, false, true},
		StatusSkipped:    {true, false, true},
		StatusRunning:    {},
		StatusCancelling: {},
		StatusUnknown:    {},
		"":               {},
		"QUEUED":         {},
		"FORBIDDEN":      {},
		"FAILURE":        {},
		"CANCELED":       {},
		"success":        {},
		"SUCCESS ":       {},
	} {
		got := kinds{status.Ended(), status.Succeeded(), status.EndedBadly()}
		if got != want {
			t.Errorf("%q: %+v, want %+v", status, got, want)
		}
	}
	wantEqual(t, "documented", len(Statuses()), 7)
}
