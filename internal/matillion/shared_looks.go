// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// sharedFor is how old a look may be that another lost call has taken.
	sharedFor = time.Second
	// sharedSince is how long ago a call may have been sent that shares a look: as long as a request and a search take.
	sharedSince = requestTimeout + searchFor
)

// sharedLooks are the looks of lost calls: several of one environment are looked for with one call of the list.
type sharedLooks struct {
	executions *ExecutionsService

	mu     sync.Mutex
	places map[place]*view
}

// place is where executions are looked for.
type place struct{ projectID, environmentName string }

// view is the last look at a place.
type view struct {
	// looking is held during a look. Unlike a mutex it can be waited for with a context.
	looking *semaphore.Weighted
	since   time.Time // by the server's clock: what started before is not in the list
	began   time.Time
	listed  []Execution
	err     error
}

// look returns what a place lists for a lost call: by a look that began after the loss, and at the earliest a moment
// before this one was asked for, or else by one of its own. So a slow look is waited for together. The error is the
// context's if it ends first.
func (l *sharedLooks) look(ctx context.Context, lost *lostCall) ([]Execution, error) {
	asked := time.Now()
	v := l.view(lost.req)
	if err := v.looking.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer v.looking.Release(1)
	fresh := asked.Sub(v.began) < sharedFor && v.began.After(lost.lostAt)
	if fresh && !v.since.After(lost.wideFrom()) {
		return v.listed, v.err
	}
	v.began = time.Now()
	// Other calls that were lost lately shall find theirs in the same list.
	v.since = Window{From: l.executions.client.clock.earliest(v.began).Add(-sharedSince)}.widened().From
	if lost.wideFrom().Before(v.since) {
		v.since = lost.wideFrom()
	}
	v.listed, v.err = l.executions.listSince(ctx, lost.req, v.since, false)
	if ctx.Err() != nil {
		v.began = time.Time{} // Cut short, it is nobody else's.
	}
	return v.listed, v.err
}

func (l *sharedLooks) view(req ExecuteRequest) *view {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := place{strings.ToLower(req.ProjectID), req.EnvironmentName}
	if l.places == nil {
		l.places = map[place]*view{}
	}
	if l.places[key] == nil {
		l.places[key] = &view{looking: semaphore.NewWeighted(1)}
	}
	return l.places[key]
}
