// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// A bug in what handles an answer to the start loses the answer, and not the run.
func TestBug_whileAStartIsAnsweredLeavesTheRunToBeFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1, alter: func(req *http.Request, _ *http.Response) {
			if isExecute(req) {
				panic("a bug")
			}
		}})
		started := c.start(t)
		wantEqual(t, "execution", started.ID, c.server.Started()[0].ID)
		wantEqual(t, "adopted", started.Adopted, true)
		wantEqual(t, "posts", c.sentPosts(), 1)
	})
}

// A search waits for every call that is under way: one whose end a bug has lost is not.
func TestBug_afterAStartLeavesNobodyWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1, config: Config{
			Log: func(_ context.Context, _ string, fields map[string]any) {
				if fields["method"] == http.MethodPost {
					panic("a bug")
				}
			},
		}})
		_, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		_ = wantError[*MaybeStartedError](t, err)
		underWay := c.Executions.ledger.unanswered(func(*call) bool { return true })
		wantEqual(t, "calls under way", len(underWay), 0)
	})
}

// Executions are read on goroutines of their own, where nobody else could save the process from a bug.
func TestBug_whileAnExecutionIsReadEndsTheWaitAndNotTheProcess(t *testing.T) {
	t.Parallel()
	for _, waits := range []int{1, fewReads + 1} { // one by one, and by the list
		synctest.Test(t, func(t *testing.T) {
			c := connect(t, setup{run: mockserver.Run{Forever: true}, started: waits,
				alter: func(req *http.Request, _ *http.Response) {
					if req.Method == http.MethodGet {
						panic("a bug")
					}
				}})
			runs := make([]Started, waits)
			for i := range runs {
				runs[i] = c.start(t)
			}
			began := time.Now()
			together(waits, func(i int) {
				_, err := c.Executions.Wait(t.Context(), runs[i].Handle, nil)
				if err == nil || !strings.Contains(err.Error(), "a bug") {
					t.Errorf("the wait ended with %v, want the bug", err)
				}
			})
			wantBetween(t, "time", time.Since(began), errorsFor, errorsFor+time.Minute)
		})
	}
}

// A bug in all else that a start does after its request, such as logging it, leaves the run to a person.
func TestBug_afterAStartWasSentSaysWhenTheRunMayHaveStarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, started: 1, config: Config{
			Log: func(_ context.Context, _ string, fields map[string]any) {
				if fields["method"] == http.MethodPost {
					panic("a bug")
				}
			},
		}})
		_, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		maybe, ok := errors.AsType[*MaybeStartedError](err)
		if !ok || !strings.Contains(maybe.Cause.Error(), "a bug") {
			t.Fatalf("the start ended with %v, want that the run may have been started", err)
		}
		started := c.server.Started()[0].StartedAt
		if started.Before(maybe.From) || started.After(maybe.Until) {
			t.Errorf("the run started at %s, outside of %s to %s", started, maybe.From, maybe.Until)
		}
	})
}
