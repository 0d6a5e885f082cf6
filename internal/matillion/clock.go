// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// clockUnit is the unit of the Date header, and of times that are cut to whole seconds.
const clockUnit = time.Second

// serverClock relates this machine's clock to the server's, by the Date header of the answers.
//
// The server's clock is ahead of ours by at least the offset, and by at most the width more. A Date header is cut to
// whole seconds and was written between the request and the answer, so each header bounds the offset from below, and
// the greatest bound is the best.
type serverClock struct {
	mu            sync.Mutex
	known         bool
	offset, width time.Duration
}

// observe learns from one answer, by our clock's times of the request and the answer. It returns the Date, or zero.
func (s *serverClock) observe(header http.Header, sent, received time.Time) time.Time {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	offset := date.Sub(received.Round(0))
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known || offset > s.offset {
		s.known, s.offset, s.width = true, offset, clockUnit+received.Sub(sent)
	}
	return date
}

// interval returns what the server's clock showed, at the least and at the most, when ours showed the given time. A
// server that sends no Date header is taken to agree with us.
func (s *serverClock) interval(local time.Time) (earliest, latest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	earliest = local.Round(0).Add(s.offset).UTC()
	return earliest, earliest.Add(s.width)
}

func (s *serverClock) earliest(local time.Time) time.Time {
	earliest, _ := s.interval(local)
	return earliest
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
