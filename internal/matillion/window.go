// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"time"
)

// Window is when an execution may have started whose answer was lost, by the server's clock. Unlike the call itself, it
// can be kept longer than the process that sent the call.
type Window struct{ From, Until time.Time }

const (
	// wideBefore is how much earlier than the request an execution may have started that is shown to a person.
	wideBefore = time.Minute
	// brokenFor is how long a server may still be at a request whose connection broke or timed out.
	brokenFor = 10 * time.Second
)

// widened returns a window with room on both sides: clocks differ, and a server may still be at a request when its
// answer is lost.
func (w Window) widened() Window {
	return Window{w.From.Add(-wideBefore), w.Until.Add(clockUnit + brokenFor)}
}

func (w Window) contains(t time.Time) bool { return !t.Before(w.From) && !t.After(w.Until) }

// Candidates returns the executions that a lost request may have started, those that started last first. It returns
// what [ExecutionsService.Start] would have shown for the request, without what this process knows, and with room on
// both sides of the window, which may be exact. Nobody documents how soon an execution is listed, so it looks until
// half a minute after the window has closed, or until there are candidates.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-executions
func (s *ExecutionsService) Candidates(ctx context.Context, req ExecuteRequest, w Window) ([]Execution, error) {
	wide := w.widened()
	for {
		listed, err := s.listSince(ctx, req, wide.From, false)
		settled := s.client.clock.earliest(time.Now()).After(w.Until.Add(searchFor))
		set := executionSet{}
		set.add(listed, func(e Execution) bool {
			started := e.StartedAt.IsZero() || wide.contains(e.StartedAt.Time)
			return started && mayBeAskedFor(e, req) && s.ledger.origin(e.ID) == 0
		})
		found := set.sorted()
		if err != nil || len(found) > 0 || settled {
			return found, err
		}
		if err := sleep(ctx, longestLookPause); err != nil {
			return nil, err
		}
	}
}
