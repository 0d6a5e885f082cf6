// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"
)

const (
	// attachPause is the pause between looks for the holder of a tag, over as long as for a lost execution.
	attachPause = 10 * time.Second
	// endedSince is how long before a refusal an execution may have started that is looked for whatever its status: one
	// that held the tag may have ended since.
	endedSince = 10 * time.Minute
	// holdersTimeout bounds the listing of executions that only makes an error clearer.
	holdersTimeout = 5 * time.Second
)

// attach adopts the execution that holds the tag of a refused request. The list does not show tags, and a tag may
// be held by another pipeline. So, over half a minute, exactly one execution must be seen in the environment that could
// hold it, and that one must be of the same pipeline and started through the API, by another process: whatever this
// process has started, adopted or read belongs to another instance. Anything else is a [TagInUseError].
//
// An execution that was released in this process is being replaced. It is waited for: waits is true, and nothing else
// is returned.
func (s *ExecutionsService) attach(
	ctx context.Context, req ExecuteRequest, conflict error,
) (started Started, waits bool, err error) {
	began, seen := time.Now(), executionSet{}
	for {
		holders, listErr := s.holders(ctx, req, began)
		for _, holder := range holders {
			if s.ledger.origin(holder.ID) == originReleased {
				return Started{}, true, nil
			}
		}
		maps.Copy(seen, holders)
		if listErr != nil {
			break
		}
		if time.Since(began) < searchFor {
			_ = sleep(ctx, attachPause) // Cut short, the next look is.
			continue
		}
		only := slices.DeleteFunc(seen.sorted(), isSomebodyElses)
		if len(only) == 1 && s.adoptHolder(ctx, req, only[0]) {
			return Started{Handle: only[0].Handle(), Adopted: true, Cause: conflict}, false, nil
		}
		break
	}
	return Started{}, false, &TagInUseError{
		Waited: time.Since(began), Holders: running(seen.sorted()), Err: conflict,
	}
}

// adoptHolder claims the only execution that can hold a tag, if it is one that the request asks for and another process
// has started. No call of this process that has no answer yet, or has lost it, may have started it, or hold the tag in
// its place.
func (s *ExecutionsService) adoptHolder(ctx context.Context, req ExecuteRequest, e Execution) bool {
	mayBeIt := func(c *call) bool {
		return c.mayHaveStarted(req, e) || (c.sharesPlace(req) && c.req.ExecutionTag == req.ExecutionTag)
	}
	awaitAnswers(ctx, s.ledger.unanswered(mayBeIt))
	return isAsAskedFor(e, req) && ctx.Err() == nil && !s.ledger.anyLost(mayBeIt) && s.ledger.claim(e.ID)
}

// holders lists the executions that may hold a request's tag, which was refused at the given time of our clock: those
// of its environment that have not ended, or have ended since. Each status is asked for alone, because a server may
// refuse a list of them; and what it returns is filtered here, because a server may ignore the filter.
func (s *ExecutionsService) holders(ctx context.Context, req ExecuteRequest, refused time.Time) (executionSet, error) {
	refused = s.client.clock.earliest(refused)
	queries := []ExecutionsQuery{{StartedAfter: refused.Add(-endedSince)}}
	for _, status := range []Status{StatusRunning, StatusCancelling, StatusUnknown} {
		queries = append(queries, ExecutionsQuery{Statuses: []Status{status}})
	}
	limits := listing{pages: lookPages, timeout: lookTimeout, again: whileTransient}
	holding := executionSet{}
	for _, query := range queries {
		query.ProjectID, query.EnvironmentName = req.ProjectID, req.EnvironmentName
		listed, err := s.list(ctx, query, limits)
		if code := StatusCode(err); code == http.StatusBadRequest || code == http.StatusUnprocessableEntity {
			query.Statuses = nil
			listed, err = s.list(ctx, query, limits)
		}
		holding.add(listed, func(e Execution) bool {
			return isIn(e, req) && (!e.Status.Ended() || !e.FinishedAt.Before(refused.Add(-clockUnit)))
		})
		if err != nil {
			return holding, err
		}
	}
	return holding, nil
}

// tagInUse is the error of a start that gives way, with the executions that may be in its way.
func (s *ExecutionsService) tagInUse(
	ctx context.Context, req ExecuteRequest, conflict error, waited time.Duration,
) *TagInUseError {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), holdersTimeout)
	defer cancel()
	holders, _ := s.holders(limited, req, time.Now()) // The error is about the tag, whether they can be listed or not.
	return &TagInUseError{Waited: waited, Holders: running(holders.sorted()), Err: conflict}
}

// strangers lists the executions that may hold a request's tag and that this process does not know. It is never nil.
func (s *ExecutionsService) strangers(ctx context.Context, req ExecuteRequest) []Execution {
	limited, cancel := context.WithTimeout(ctx, holdersTimeout)
	defer cancel()
	holders, _ := s.holders(limited, req, time.Now()) // It is only for a warning.
	return slices.DeleteFunc(running(holders.sorted()), func(e Execution) bool {
		return isSomebodyElses(e) || s.ledger.origin(e.ID) != 0
	})
}

func running(executions []Execution) []Execution {
	return slices.DeleteFunc(executions, func(e Execution) bool { return e.Status.Ended() })
}
