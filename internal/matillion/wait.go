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

// Wait follows an execution until it has ended, and returns it. Since is when it started, as far as that is known: the
// longer an execution runs, the less often it is looked at (see [lookInterval]). The function report, unless it is nil,
// is called with every state that is read.
//
// What may pass is waited through: five minutes of nothing but errors, thirty seconds of nothing but 404s, and any status
// that is not known to be final. When the context ends, Wait takes a last look, on a context of its own, and returns
// what it saw with the context's error. With every error it returns the last state that it knows, which may have no
// status at all.
func (c *Client) Wait(ctx context.Context, ref Ref, since time.Time, report func(Execution)) (Execution, error) {
	if since.IsZero() {
		since = c.clock.earliest(time.Now())
	}
	w := waiting{client: c, ref: ref, since: since, last: Execution{ID: ref.ID, ProjectID: ref.ProjectID}}
	began := time.Now()
	lastGood := began
	for patient := false; ; patient = true {
		execution, err := c.reader.read(ctx, ref, since, patient)
		switch {
		case err == nil:
			w.last, lastGood = execution, time.Now()
			if report != nil {
				report(execution)
			}
			if execution.Status.Ended() {
				return execution, nil
			}
		case ctx.Err() != nil:
			return w.lastLook(ctx)
		case !c.canBeWaitedThrough(err, time.Since(lastGood)):
			return w.last, err
		}
		elapsed := max(time.Since(began), c.clock.earliest(time.Now()).Sub(since))
		if sleep(ctx, c.ticks.untilNext(time.Now(), elapsed)) != nil {
			return w.lastLook(ctx)
		}
	}
}

// waiting is one call of [Client.Wait].
type waiting struct {
	client *Client
	ref    Ref
	since  time.Time
	last   Execution
}

// lastLook ends a wait that the context cut short.
func (w waiting) lastLook(ctx context.Context) (Execution, error) {
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastLookTimeout)
	defer cancel()
	execution, err := w.client.reader.read(detached, w.ref, w.since, true)
	if err != nil {
		return w.last, ctx.Err() // The look is a courtesy.
	}
	if execution.Status.Ended() {
		return execution, nil
	}
	return execution, ctx.Err()
}

// canBeWaitedThrough reports whether an error is no reason to give up an execution that has been out of sight for the
// given time.
func (c *Client) canBeWaitedThrough(err error, outOfSight time.Duration) bool {
	_, odd := errors.AsType[*AnswerError](err)
	// A fresh token has been refused too, although the identity service still hands them out.
	unauthorized := StatusCode(err) == http.StatusUnauthorized && c.tokens.canRenew()
	switch {
	case IsNotFound(err):
		return outOfSight < visibleAfter
	case odd, unauthorized, mayPass(err):
		return outOfSight < errorsFor
	default:
		return false
	}
}
