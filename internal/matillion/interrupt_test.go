// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// afterInterrupt is how long a start may take after an interrupt: three seconds for the request, and five for the look.
const afterInterrupt = 8 * time.Second

// Ctrl-C was heard after 10 s to 55 s, in the worst case after minutes, and CI kills sooner: then nothing is known.
func TestInterrupt_endsALostStartWithinEightSecondsAtAnyMoment(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]mockserver.Fault{
		"lost at once":               once(lostAfter),
		"504 at once":                once(mockserver.Fault{Kind: mockserver.FaultStatusAfter, Status: 504}),
		"started nothing":            once(lostBefore),
		"never answered":             once(mockserver.Fault{Kind: mockserver.FaultHang}),
		"answered after 20 s":        once(mockserver.Fault{Kind: mockserver.FaultDelayAfter, Delay: 20 * second}),
		"answered drop by drop":      once(mockserver.Fault{Kind: mockserver.FaultDrip, Delay: second / 2}),
		"lost, and the list hangs":   append(once(lostAfter), listsAt(0, 0, mockserver.Fault{Kind: mockserver.FaultHang})),
		"lost, and the list limits":  append(once(lostAfter), limitedLists("60")),
		"lost, and the list refuses": append(once(lostAfter), listsAt(0, 0, mockserver.Fault{Kind: mockserver.FaultStatus})),
		"lost, and the list is slow": append(once(lostAfter), listsAt(0, 0, mockserver.Fault{
			Kind: mockserver.FaultDelay, Delay: 4 * second})),
		"lost, and the token is revoked": append(once(lostAfter), listsAt(0, 1, mockserver.Fault{
			Kind: mockserver.FaultForgetToken}), mockserver.Fault{On: mockserver.OpToken, Kind: mockserver.FaultHang, Skip: 1}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for after := time.Duration(0); after <= 45*time.Second; after += 500 * time.Millisecond {
				synctest.Test(t, func(t *testing.T) { interruptLostStart(t, faults, after+1) })
			}
		})
	}
}

func limitedLists(retryAfter string) mockserver.Fault {
	return listsAt(0, 0, mockserver.Fault{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: retryAfter})
}

func interruptLostStart(t *testing.T, faults []mockserver.Fault, after time.Duration) {
	s := setup{run: mockserver.Run{Duration: second}, started: 1, scenario: mockserver.Scenario{Faults: faults}}
	if faults[0].Kind == mockserver.FaultDrop {
		s.started = 0
	}
	c := connect(t, s)
	started, err := c.Executions.Start(cancelledAfter(t, after), taggedRequest("tag"), StartOptions{})
	wantBetween(t, "time after the interrupt", time.Since(c.began)-after, -time.Minute, afterInterrupt)
	wantEqual(t, fmt.Sprint("posts, interrupted after ", after), c.sentPosts(), 1)
	if err != nil {
		_ = wantError[*MaybeStartedError](t, err)
	}
	c.wantAccounted(t, started, err)
}

// Many lost calls are over as soon as one, and so is one that waits for the answer of another.
func TestInterrupt_endsManyLostStarts(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{300 * time.Millisecond, 3 * time.Second, 29 * time.Second, 31 * time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n = 30
				c := connect(t, setup{run: forever, started: n, scenario: mockserver.Scenario{
					Latency: second / 4, Faults: []mockserver.Fault{
						{On: mockserver.OpExecute, Kind: mockserver.FaultHang, Skip: n - 1},
						{On: mockserver.OpExecute, Kind: mockserver.FaultStatusAfter, Status: 502},
					},
				}})
				ctx := cancelledAfter(t, after)
				together(n, func(int) {
					started, err := c.Executions.Start(ctx, testRequest(), StartOptions{})
					if got := verdict(started, err); got != fmt.Sprintf("maybe: %d candidates", n) {
						t.Error(got)
					}
				})
				wantBetween(t, "time after the interrupt", time.Since(c.began)-after, 0, afterInterrupt)
				wantEqual(t, "posts", c.sentPosts(), n)
			})
		})
	}
}
