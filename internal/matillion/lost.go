// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// searchFor is for how long a lost execution is looked for. Nobody documents how soon a new execution is listed.
	searchFor = 30 * time.Second
	// longestLookPause bounds the pauses between looks, which begin with a second and grow by as much.
	longestLookPause = 5 * time.Second
	// lookTimeout bounds one look into the list of executions, its wait for the limit aside.
	lookTimeout = 5 * time.Second
	// lookPages bounds the pages of one look.
	lookPages = 10
	// lastSearch bounds what is left of a search after an interrupt, and listingTakes is how long a lost execution is
	// given until then to be listed.
	lastSearch   = 4500 * time.Millisecond
	listingTakes = time.Second
)

// lostCall is an execute call whose answer was lost.
type lostCall struct {
	*call
	timing
	cause error
	// lostAt is when the answer was lost, by our clock.
	lostAt time.Time
	clock  *serverClock
}

// serverSentAt and serverLostAt return sentAt and lostAt by the server's clock. A complete answer shows them; otherwise
// they are what the server's answers have shown so far, those to the looks among them.
func (l *lostCall) serverSentAt() time.Time {
	if l.date.IsZero() {
		return l.clock.earliest(l.sentAt)
	}
	return l.date.Add(l.sentAt.Sub(l.answeredAt)).UTC()
}

func (l *lostCall) serverLostAt() time.Time {
	if l.date.IsZero() {
		return l.clock.earliest(l.lostAt)
	}
	return l.date.UTC()
}

// window is when the execution of the call started that is listed with the given start: between the request and the
// loss of the answer, or a little later where there is no complete answer. The Date of a complete answer is cut to
// whole seconds, so that it is early already: only a start that is cut too may be before the request.
func (l *lostCall) window(started time.Time) Window {
	exact := Window{l.serverSentAt(), l.serverLostAt()}
	window := Window{exact.From, exact.Until.Add(clockUnit)}
	if l.date.IsZero() || started.Nanosecond() == 0 {
		window.From = window.From.Add(-clockUnit)
	}
	if !l.complete {
		window.Until = exact.widened().Until
	}
	return window
}

// wideFrom is when an execution started at the earliest that a person is asked about.
func (l *lostCall) wideFrom() time.Time { return Window{From: l.serverSentAt()}.widened().From }

// inWideSet reports whether a lost call may have started an execution, as far as a person can be asked. What this
// process knows is not asked about: [search.candidates] leaves it out.
func (l *lostCall) inWideSet(e Execution) bool {
	return mayBeAskedFor(e, l.req) &&
		(e.StartedAt.IsZero() || !e.StartedAt.Before(l.wideFrom()))
}

// mayBeAskedFor reports whether nothing that the list says of an execution rules out that a request has started it.
func mayBeAskedFor(e Execution, req ExecuteRequest) bool {
	return isIn(e, req) && !isSomebodyElses(e) &&
		(e.PipelineName == "" || CompareNames(e.PipelineName, req.PipelineName) != NamesDiffer)
}

// inNarrowSet reports whether an execution that is the only one of the wide set can be taken for that of a lost call.
// One without a start lies before every request.
func (l *lostCall) inNarrowSet(e Execution) bool {
	return isAsAskedFor(e, l.req) && l.window(e.StartedAt.Time).contains(e.StartedAt.Time)
}

// isAsAskedFor reports whether an execution is, without a doubt, of the environment and the pipeline of a request, and
// was started through the API. Only such a one is adopted.
func isAsAskedFor(e Execution, req ExecuteRequest) bool {
	return e.EnvironmentName == req.EnvironmentName && strings.EqualFold(e.Trigger, TriggerAPI) &&
		CompareNames(e.PipelineName, req.PipelineName) == NamesSame
}

// isIn reports whether an execution may be in the project and environment of a request. A list may ignore its filters.
func isIn(e Execution, req ExecuteRequest) bool {
	return (e.ProjectID == "" || strings.EqualFold(e.ProjectID, req.ProjectID)) &&
		(e.EnvironmentName == "" || e.EnvironmentName == req.EnvironmentName)
}

// isSomebodyElses reports whether an execution's trigger is one that the API documents for others.
func isSomebodyElses(e Execution) bool {
	return slices.Contains([]string{"DESIGNER", "SCHEDULE", "SCHEDULE_RUN_NOW"}, strings.ToUpper(e.Trigger))
}

// find looks for the execution of a lost call, for half a minute, and adopts it if there is no doubt which it is. It
// never ends early, because ours may be listed after somebody else's, unless the context ends: then it takes one more
// look, within five seconds. What cannot be settled, or is never to be adopted, is for a person to decide, and a
// [MaybeStartedError].
func (s *ExecutionsService) find(ctx context.Context, lost *lostCall, neverAdopt bool) (Started, error) {
	search := search{service: s, lost: lost, seen: executionSet{}}
	if search.look(ctx) {
		shown := search.candidates()
		awaitAnswers(ctx, s.ledger.unanswered(func(c *call) bool { return c.mayHaveStarted(lost.req, shown...) }))
	} else {
		search.lastLook(ctx)
	}
	found := search.onlyOne()
	if !neverAdopt && found != nil && lost.inNarrowSet(*found) && lost.adopt(*found, search.ended) {
		handle := Handle{ProjectID: lost.req.ProjectID, ID: found.ID, StartedAt: found.StartedAt.Time}
		return Started{Handle: handle, Adopted: true, Cause: lost.cause}, nil
	}
	// The server may still be at the request when an interrupted search ends.
	wide := Window{lost.serverSentAt(), s.client.clock.earliest(search.ended)}.widened()
	return Started{}, &MaybeStartedError{
		Cause: lost.cause, From: wide.From, Until: wide.Until,
		Candidates: search.candidates(), Looked: search.ended.Sub(lost.lostAt).Round(time.Second), LookErr: search.err,
	}
}

// search is what looking for the execution of a lost call has come to.
type search struct {
	service *ExecutionsService
	lost    *lostCall
	// seen is all that any look has shown: a later one may come from a staler copy.
	seen executionSet
	// ended is when the last look ended, and err why it failed.
	ended time.Time
	err   error
}

// look takes looks until half a minute after the loss. It reports false if the context ended first.
func (f *search) look(ctx context.Context) bool {
	return keepLooking(ctx, f.lost.lostAt, func() (settled bool) {
		f.add(f.service.looks.look(ctx, f.lost))
		return false
	})
}

// keepLooking takes looks, with pauses that grow, until one settles what became of a request or half a minute has
// passed since its answer was lost. It reports false if the context ended first.
func keepLooking(ctx context.Context, lostAt time.Time, look func() (settled bool)) bool {
	for pause := time.Second; ; pause = min(pause+time.Second, longestLookPause) {
		if sleep(ctx, pause) != nil {
			return false
		}
		switch settled := look(); {
		case settled:
			return true
		case ctx.Err() != nil:
			return false
		case time.Since(lostAt) >= searchFor:
			return true
		}
	}
}

// lastLook takes one more look after the context has ended. It does not stand in line for the request limit.
func (f *search) lastLook(ctx context.Context) {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSearch)
	defer cancel()
	_ = sleep(limited, listingTakes-time.Since(f.lost.lostAt)) // Cut short, the look says so.
	f.add(f.service.listSince(limited, f.lost.req, f.lost.wideFrom(), true))
}

func (f *search) add(listed []Execution, err error) {
	f.ended, f.err = time.Now(), err
	f.seen.add(listed, f.lost.inWideSet)
}

// candidates returns what has been seen and is not known to this process, what started last first.
func (f *search) candidates() []Execution {
	return slices.DeleteFunc(f.seen.sorted(), func(e Execution) bool { return f.service.ledger.origin(e.ID) != 0 })
}

// executionSet is a set of executions by id, in either case.
type executionSet map[string]Execution

// add adds those that match. One without an id is nobody's.
func (s executionSet) add(listed []Execution, matches func(Execution) bool) {
	for _, e := range listed {
		if e.ID != "" && matches(e) {
			s[strings.ToLower(e.ID)] = e
		}
	}
}

// sorted returns the executions with what started last first. It is never nil.
func (s executionSet) sorted() []Execution {
	sorted := slices.AppendSeq([]Execution{}, maps.Values(s))
	slices.SortFunc(sorted, func(a, b Execution) int {
		return cmp.Or(b.StartedAt.Compare(a.StartedAt.Time), cmp.Compare(a.ID, b.ID))
	})
	return sorted
}

// onlyOne returns the only candidate, if the last look was a good one.
func (f *search) onlyOne() *Execution {
	candidates := f.candidates()
	if len(candidates) != 1 || f.err != nil {
		return nil
	}
	return &candidates[0]
}

// listSince lists the executions of a request's environment that started since the given time of the server's clock.
func (s *ExecutionsService) listSince(
	ctx context.Context, req ExecuteRequest, since time.Time, urgent bool,
) ([]Execution, error) {
	listed, err := s.list(ctx, ExecutionsQuery{
		ProjectID:       req.ProjectID,
		EnvironmentName: req.EnvironmentName,
		StartedAfter:    since,
	}, listing{pages: lookPages, timeout: lookTimeout, urgent: urgent, again: never})
	if errors.Is(err, context.DeadlineExceeded) {
		err = errTimeout(lookTimeout)
	}
	return listed, err
}
