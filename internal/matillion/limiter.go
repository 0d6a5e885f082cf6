// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"sync"
	"time"
)

// DefaultRequestsPerMinute is the limit that the API documents.
//
// https://docs.maia.ai/docs/api-reference/maia-api-overview
const DefaultRequestsPerMinute = 1000

const (
	// limitWindow is what the limit is counted over.
	limitWindow = time.Minute
	// firstGap is the pause between two requests after a first refusal. It doubles with each further one.
	firstGap = 100 * time.Millisecond
	lastGap  = 2 * time.Second
	// gapShrinks is what an accepted request leaves of the pause, and noGap is when it is no longer worth anything.
	gapShrinks = 0.95
	noGap      = 20 * time.Millisecond
)

// limiter keeps the requests of a client within the limit: in no window of a minute does it let more through than
// configured, urgent ones aside, and until then it lets them go at once. (A token bucket could not promise both.)
//
// The limit may be shared with others, or be lower than documented. So after a refusal (429) the limiter stands still
// for as long as the server asks, and then spaces the requests out, a little less with each one that is accepted.
type limiter struct {
	mu sync.Mutex
	// sent is a ring of the times of the last requests, as many as a window may hold; oldest is the next to be replaced.
	sent   []time.Time
	oldest int

	last        time.Time
	gap         time.Duration
	pausedUntil time.Time
}

func newLimiter(perMinute int) *limiter {
	if perMinute <= 0 {
		perMinute = DefaultRequestsPerMinute
	}
	return &limiter{sent: make([]time.Time, perMinute)}
}

// wait returns when the next request may be sent, or with the context's error. An urgent request may be sent at once,
// and counts like any other.
func (l *limiter) wait(ctx context.Context, urgent bool) error {
	err := ctx.Err()
	for err == nil {
		pause := l.admit(time.Now(), urgent)
		if pause <= 0 {
			return nil
		}
		err = sleep(ctx, pause)
	}
	return err
}

// admit lets a request through now, or returns for how long none may go that is not urgent.
func (l *limiter) admit(now time.Time, urgent bool) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := now
	for _, bound := range []time.Time{l.sent[l.oldest].Add(limitWindow), l.last.Add(l.gap), l.pausedUntil} {
		if bound.After(next) {
			next = bound
		}
	}
	if next.After(now) && !urgent {
		return next.Sub(now)
	}
	l.sent[l.oldest], l.last = now, now
	l.oldest = (l.oldest + 1) % len(l.sent)
	return 0
}

// recordRefusal notes a 429. The requests that were under way with it are refused too, so only the first of them
// counts.
func (l *limiter) recordRefusal(after time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.After(l.pausedUntil) {
		l.gap = min(lastGap, max(firstGap, 2*l.gap))
	}
	if until := now.Add(after); until.After(l.pausedUntil) {
		l.pausedUntil = until
	}
}

// recordAcceptance notes a request that was not refused.
func (l *limiter) recordAcceptance() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gap = time.Duration(gapShrinks * float64(l.gap))
	if l.gap < noGap {
		l.gap = 0
	}
}
