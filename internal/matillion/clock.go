// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// serverClock relates this machine's clock to the server's, by the Date header of the answers.
//
// It keeps a lower bound: the server's clock is ahead of ours by at least the offset. A Date header is cut to whole
// seconds and was written before the answer arrived, so each header bounds the offset from below, and the greatest
// bound is the best.
type serverClock struct {
	mu     sync.Mutex
	known  bool
	offset time.Duration
}

// observe learns from one answer that arrived at the given time of our clock. It returns the answer's Date, or zero.
func (s *serverClock) observe(header http.Header, received time.Time) time.Time {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	offset := date.Sub(received.Round(0))
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known || offset > s.offset {
		s.known, s.offset = true, offset
	}
	return date
}

// earliest returns what the server's clock showed, at the least, when ours showed the given time. A server that sends
// no Date header is taken to agree with us.
func (s *serverClock) earliest(local time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return local.Round(0).Add(s.offset).UTC()
}

// sleep waits, or returns the context's error as soon as the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
