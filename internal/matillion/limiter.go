package matillion

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// DefaultRequestsPerMinute is the limit that the API documents.
//
// https://docs.maia.ai/docs/api-reference/maia-api-overview
const DefaultRequestsPerMinute = 1000

const (
	// burstShare of a minute's requests may be sent at once, the rest evenly. Together they are one minute's worth, so
	// that no window of a minute ever holds more than the limit, however the server counts.
	burstShare = 0.4
	// slowestRate is what repeated refusals can bring the rate down to, per second.
	slowestRate = 0.5
	// speedUp is how much faster each accepted request makes a client that has been slowed down.
	speedUp = 1.05
)

// limiter spaces out the requests of a client. It starts from the configured limit, stands still for as long as a
// refusal (429) asks, and goes on at half the rate from there, a little faster with each request that is accepted:
// the limit may be shared with others, or be lower than documented.
type limiter struct {
	rate  *rate.Limiter
	full  rate.Limit
	burst int

	mu          sync.Mutex
	pausedUntil time.Time
}

func newLimiter(perMinute int) *limiter {
	if perMinute <= 0 {
		perMinute = DefaultRequestsPerMinute
	}
	burst := max(1, int(burstShare*float64(perMinute)))
	full := rate.Limit(float64(max(1, perMinute-burst)) / time.Minute.Seconds())
	return &limiter{rate: rate.NewLimiter(full, burst), full: full, burst: burst}
}

// wait returns when the next request may be sent, or with the context's error.
func (l *limiter) wait(ctx context.Context) error {
	for {
		if err := l.turn(ctx); err != nil {
			return err
		}
		pause := l.pause()
		if pause <= 0 {
			return nil
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// turn waits for the rate alone. Unlike [rate.Limiter.Wait] it sleeps out a deadline that is too near, so that its
// error is always the context's.
func (l *limiter) turn(ctx context.Context) error {
	reservation := l.rate.Reserve()
	if err := sleep(ctx, reservation.Delay()); err != nil {
		reservation.Cancel()
		return err
	}
	return nil
}

func (l *limiter) pause() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Until(l.pausedUntil)
}

// refused notes a 429. The requests that were under way with it are refused too, so only the first of them slows down.
func (l *limiter) refused(after time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if until := now.Add(after); until.After(l.pausedUntil) {
		if now.After(l.pausedUntil) {
			l.rate.SetLimit(max(slowestRate, l.rate.Limit()/2))
			l.rate.SetBurst(1)
		}
		l.pausedUntil = until
	}
}

// accepted notes a request that was not refused.
func (l *limiter) accepted() {
	limit := l.rate.Limit()
	if limit == l.full {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	faster := min(l.full, limit*speedUp)
	l.rate.SetLimit(faster)
	if faster == l.full {
		l.rate.SetBurst(l.burst)
	}
}
