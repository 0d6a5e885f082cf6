// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// refresh reads executions as Terraform does, ten at a time and in any order.
func (f *fixture) refresh(t *testing.T, runs []Handle) {
	t.Helper()
	next := make(chan Handle)
	var workers sync.WaitGroup
	for range 10 {
		workers.Go(func() {
			for run := range next {
				if got, err := f.Executions.Get(t.Context(), run); err != nil || got.ID != run.ID {
					t.Errorf("Get(%s) = %+v, %v", run.ID, got, err)
				}
			}
		})
	}
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(len(runs)) {
		next <- runs[i]
	}
	close(next)
	workers.Wait()
}

func TestWalk_aRefreshOfWhatHasEndedListsEachPageOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 12, 300, 1000, 3000} {
		for _, apart := range []time.Duration{0, 10 * time.Millisecond, time.Second, time.Minute} {
			for _, ago := range []time.Duration{time.Hour, 30 * 24 * time.Hour} {
				t.Run(fmt.Sprintf("%d, %s apart, %s ago", n, apart, ago), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						c := connect(t, setup{scenario: mockserver.Scenario{Latency: second / 50}})
						runs := make([]Handle, n)
						for i := range runs {
							start := c.began.Add(-ago - time.Duration(i)*apart)
							id := c.server.StartElsewhere(mockserver.Execution{StartedAt: start, Status: "SUCCESS"})
							// What is known of a run that nobody has read is when it was asked for.
							runs[i] = Handle{ProjectID: testProject, ID: id, StartedAt: start.Add(-2 * time.Second)}
						}
						for range 500 { // what others have started since
							c.server.StartElsewhere(mockserver.Execution{StartedAt: c.began.Add(-time.Minute), Status: "SUCCESS"})
						}
						c.refresh(t, runs)
						// Reads that do not fall together are made one by one, which costs a few as many calls as there are.
						wantBetween(t, "calls", c.reads(), 1, max(n, n/50+10))
					})
				})
			}
		}
	}
}

func TestWalk_whatRunsIsReadAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		runs := c.running(200, c.began.Add(-time.Hour))
		for i := range runs {
			runs[i].StartedAt = c.began.Add(-time.Hour)
		}
		c.refresh(t, runs)
		for _, run := range runs {
			c.server.Finish(run.ID, "SUCCESS", "")
		}
		for _, run := range runs {
			got, err := c.Executions.Get(t.Context(), run)
			if err != nil || got.Status != StatusSuccess {
				t.Fatalf("Get = %+v, %v", got, err)
			}
		}
	})
}
