// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// queue lets the calls of one process that share a key follow one another: starts with one execution tag, which would
// run into each other's 409, and promotions to one target, which would not see each other.
type queue[K comparable] struct {
	mu    sync.Mutex
	lines map[K]*semaphore.Weighted
}

// tagKey is what a tag is exclusive for. That it is exclusive within the project, and not beyond, is assumed.
type tagKey struct{ projectID, environmentName, tag string }

// ReserveTag waits until no other start of this process holds the request's execution tag, and then holds it until
// release is called: when the execution has ended, or is no longer waited for. A request without a tag holds nothing.
// When the timeout comes first, the error is a [TagInUseError]; when the context is cancelled, a [NotStartedError].
func (s *ExecutionsService) ReserveTag(ctx context.Context, req ExecuteRequest) (release func(), err error) {
	if req.ExecutionTag == "" {
		return func() {}, nil
	}
	line := s.tags.line(tagKey{strings.ToLower(req.ProjectID), req.EnvironmentName, req.ExecutionTag})
	began := time.Now()
	if err := line.Acquire(ctx, 1); err != nil {
		if errors.Is(err, context.Canceled) {
			return nil, &NotStartedError{Err: err}
		}
		return nil, &TagInUseError{Waited: time.Since(began), Err: err}
	}
	return func() { line.Release(1) }, nil
}

func (q *queue[K]) line(key K) *semaphore.Weighted {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lines == nil {
		q.lines = map[K]*semaphore.Weighted{}
	}
	if q.lines[key] == nil {
		q.lines[key] = semaphore.NewWeighted(1)
	}
	return q.lines[key]
}
