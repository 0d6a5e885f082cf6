// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"net/http"
	"time"
)

const (
	// visibleAfter is for how long a 404 may mean that an execution is not visible yet. Whether that happens is not
	// documented.
	visibleAfter = 30 * time.Second
	// errorsFor is for how long nothing but errors is waited through.
	errorsFor = 5 * time.Minute
	// lastLookTimeout bounds the look that records where an execution stands when its wait is cut short.
	lastLookTimeout = 2 * time.Second
)

// Wait follows an execution until it has ended, and returns it. The function report, unless it is nil, is called with
// every state that is read.
//
// What may pass is waited through: five minutes of nothing but errors, thirty seconds of nothing but 404s, and any
// status that is not known to be final. When the context ends, Wait takes a last look, on a context of its own, and
// returns what it saw with the context's error. With every error it returns the last state that it knows, which may
// have no status at all.
//
// The start of an execution that is not known is learnt from the first state that has it.
func (s *ExecutionsService) Wait(ctx context.Context, run Handle, report func(Execution)) (Execution, error) {
	learns := run.StartedAt.IsZero()
	if learns {
		run.StartedAt = s.client.clock.earliest(time.Now())
	}
	w := waiting{service: s, run: run, last: Execution{ID: run.ID, ProjectID: run.ProjectID}}
	s.ledger.note(run.ID, originRead)
	began := time.Now()
	trouble := outOfSight{since: began}
	for why := toRefresh; ; why = toFollow { // Until the first look it may have ended long since.
		execution, err := s.reader.read(ctx, w.run, why)
		switch {
		case err == nil:
			w.last, trouble = execution, outOfSight{since: time.Now()}
			if start := execution.StartedAt.Time; learns && !start.IsZero() {
				w.run.StartedAt = start
			}
			if report != nil {
				report(execution)
			}
			if execution.Status.Ended() {
				return execution, nil
			}
		case ctx.Err() != nil:
			return w.lastLook(ctx)
		case !s.canBeWaitedThrough(err, trouble.after(err)):
			return w.last, err
		}
		elapsed := max(time.Since(began), s.client.clock.earliest(time.Now()).Sub(w.run.StartedAt))
		if sleep(ctx, s.schedule.untilNext(time.Now(), elapsed)) != nil {
			return w.lastLook(ctx)
		}
	}
}

// waiting is one call of [ExecutionsService.Wait].
type waiting struct {
	service *ExecutionsService
	run     Handle
	last    Execution
}

// lastLook ends a wait that the context cut short.
func (w waiting) lastLook(ctx context.Context) (Execution, error) {
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastLookTimeout)
	defer cancel()
	execution, err := w.service.reader.read(detached, w.run, toFollow)
	if err != nil {
		return w.last, ctx.Err() // The look is a courtesy.
	}
	if execution.Status.Ended() {
		return execution, nil
	}
	return execution, ctx.Err()
}

// outOfSight is for how long an execution has not been seen.
type outOfSight struct {
	// since is when it was last seen, and firstError when reading it first failed after that.
	since, firstError time.Time
	// asked is for how long the server has asked us to wait meanwhile.
	asked time.Duration
}

// after adds an error. It returns how things stand at that error, before the pause that the error itself asks for.
func (o *outOfSight) after(err error) outOfSight {
	if o.firstError.IsZero() {
		o.firstError = time.Now()
	}
	now := *o
	o.asked += min(askedToWait(err), longestRetryAfter)
	return now
}

// canBeWaitedThrough reports whether a wait continues after an error. An execution that is not found is given time from
// when it was last seen. Other errors are given time from the first one, without what the server asked us to wait.
func (s *ExecutionsService) canBeWaitedThrough(err error, unseen outOfSight) bool {
	_, odd := errors.AsType[*AnswerError](err)
	// A fresh token has been refused too, although the identity service still hands them out.
	unauthorized := StatusCode(err) == http.StatusUnauthorized && s.client.tokens.canRenew()
	switch {
	case IsNotFound(err):
		return time.Since(unseen.since) < visibleAfter
	case odd, unauthorized, isTransient(err):
		return time.Since(unseen.firstError)-unseen.asked < errorsFor
	default:
		return false
	}
}
