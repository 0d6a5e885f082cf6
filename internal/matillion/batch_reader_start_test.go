// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// One of 51 awaited runs has an unknown start, and is asked for alone. It kept all of them from the list: 51 calls of
// details a tick.
func TestBatchReader_oneUnknownStartKeepsNobodyFromTheList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		since := c.began.Add(-time.Hour)
		refs := c.running(51, since)
		const ticks = 10
		for range ticks {
			together(len(refs), func(i int) {
				run := refs[i]
				if i > 0 {
					run = run.since(since)
				}
				got, err := c.Executions.reader.read(t.Context(), run, toFollow)
				if err != nil || got.Status != StatusRunning {
					t.Errorf("read = %+v, %v", got, err)
				}
			})
		}
		wantBetween(t, "lists", c.server.Calls(mockserver.OpList), ticks, ticks)
		wantBetween(t, "details", c.server.Calls(mockserver.OpDetails), 0, ticks)
	})
}
