// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"strings"
	"time"
)

// Window is when an execution may have started whose answer was lost, by the server's clock. Unlike the call itself, it
// can be kept longer than the process that sent the call.
type Window struct{ From, Until time.Time }

// Candidates returns the executions that a lost request may have started, those that started last first. It returns
// what [ExecutionsService.Start] would have shown for the request, without what this process knows. Nobody documents
// how soon an execution is listed, so it looks until half a minute after the window has closed, or until there are
// candidates.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-executions
func (s *ExecutionsService) Candidates(ctx context.Context, req ExecuteRequest, w Window) ([]Execution, error) {
	for {
		listed, err := s.listSince(ctx, req, w.From, false)
		settled := s.client.clock.earliest(time.Now()).After(w.Until.Add(searchFor))
		found := s.candidatesIn(listed, req, w)
		if err != nil || len(found) > 0 || settled {
			return found, err
		}
		if err := sleep(ctx, longestLookPause); err != nil {
			return nil, err
		}
	}
}

func (s *ExecutionsService) candidatesIn(listed []Execution, req ExecuteRequest, w Window) []Execution {
	found := map[string]Execution{}
	for _, e := range listed {
		if mayBeAskedFor(e, req) && w.holds(e.StartedAt.Time) && s.ledger.origin(e.ID) == 0 {
			found[strings.ToLower(e.ID)] = e
		}
	}
	return sortedByStart(found)
}

// holds reports whether an execution may be shown to a person that started at the given time, which may be unknown. An
// interrupted search may have ended before the server was done with the request.
func (w Window) holds(started time.Time) bool {
	return started.IsZero() ||
		!started.Before(w.From.Add(-wideBefore)) && !started.After(w.Until.Add(brokenFor))
}
