// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"time"
)

// walkReach is how far from what it has listed a walk is of use: what is asked for together was mostly started
// together.
const walkReach = 24 * time.Hour

// walk lists the executions of a project from the newest down, a page at a time, on behalf of many batches of reads:
// each batch continues where the last one stopped, and what has ended is remembered. So a refresh of many executions
// lists each page once, in whatever order they are read.
type walk struct {
	// top and bottom bound what has been listed, by its start. Top is zero where the walk began with the newest.
	top, bottom time.Time
	next        request
	// done says that there are no more pages.
	done bool
}

// readFromWalks answers what walks list, and takes it from the unanswered. It lists no more pages than there are
// executions to read: others may have started many more.
func (r *batchReader) readFromWalks(ctx context.Context, projectID string, unanswered map[string]*pendingRead) {
	if r.walking.Acquire(ctx, 1) != nil {
		return
	}
	defer r.walking.Release(1)
	limited, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	secrets := r.executions.client.secrets.count()
	for id, read := range unanswered {
		// Another batch may have listed it since the read was asked for.
		if execution, known := r.finished.recall(Handle{ProjectID: projectID, ID: id}, secrets); known {
			r.answerListed([]Execution{execution}, secrets, map[string]*pendingRead{id: read})
			delete(unanswered, id)
		}
	}
	for range len(unanswered) {
		w := r.walkTo(projectID, unanswered)
		if w == nil {
			return
		}
		listed, err := r.executions.step(limited, w)
		if err != nil {
			if ctx.Err() == nil {
				r.restList()
			}
			return
		}
		r.answerListed(listed, secrets, unanswered)
	}
}

// passed returns those of the unanswered that a walk has passed.
func (r *batchReader) passed(
	ctx context.Context, projectID string, unanswered map[string]*pendingRead,
) map[string]*pendingRead {
	passed := map[string]*pendingRead{}
	if r.walking.Acquire(ctx, 1) != nil {
		return passed
	}
	defer r.walking.Release(1)
	for id, read := range unanswered {
		if w := r.walkNear(projectID, read.since); w != nil && !read.since.IsZero() && w.hasPassed(read.since) {
			passed[id] = read
		}
	}
	return passed
}

// walkTo returns the walk that leads to the latest of the unanswered executions that none has passed, a new one if they
// are worth it, or nil.
func (r *batchReader) walkTo(projectID string, unanswered map[string]*pendingRead) *walk {
	var target time.Time
	var leads *walk
	dated := 0
	for _, read := range unanswered {
		if read.since.IsZero() {
			continue
		}
		dated++
		w := r.walkNear(projectID, read.since)
		if read.since.After(target) && (w == nil || !w.hasPassed(read.since)) {
			target, leads = read.since, w
		}
	}
	if target.IsZero() || leads != nil || dated <= fewReads {
		return leads
	}
	w := &walk{}
	query := ExecutionsQuery{ProjectID: projectID}
	if top := target.Add(walkReach); top.Before(r.executions.client.clock.earliest(time.Now())) {
		w.top, query.StartedBefore = top, top
	}
	w.next = query.request(listing{again: whileTransient})
	if r.walks == nil {
		r.walks = map[string][]*walk{}
	}
	r.walks[projectID] = append(r.walks[projectID], w)
	return w
}

// walkNear returns the walk that has passed an execution which started at the given time, or soon will.
func (r *batchReader) walkNear(projectID string, since time.Time) *walk {
	for _, w := range r.walks[projectID] {
		below := w.top.IsZero() || !since.Add(listedUntil).After(w.top)
		near := w.bottom.IsZero() || since.After(w.bottom.Add(-walkReach))
		if below && near {
			return w
		}
	}
	return nil
}

// hasPassed reports whether a walk has listed everything that may have started at the given time.
func (w *walk) hasPassed(since time.Time) bool {
	return w.done || (!w.bottom.IsZero() && since.Add(-listedSince).After(w.bottom))
}

// step lists the next page of a walk.
func (s *ExecutionsService) step(ctx context.Context, w *walk) ([]Execution, error) {
	listed, more, err := s.page(ctx, w.next)
	if err != nil {
		return nil, err
	}
	before := w.bottom
	for _, execution := range listed {
		if start := execution.StartedAt.Time; !start.IsZero() && (w.bottom.IsZero() || start.Before(w.bottom)) {
			w.bottom = start
		}
	}
	stuck := len(listed) == 0 || (w.bottom.Equal(before) && w.next.query.Get(pageToken) == more)
	w.done = more == "" || stuck
	w.next.query.Set(pageToken, more)
	return listed, nil
}
