package matillion

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// lookTimeout bounds one look into the list of executions.
	lookTimeout = 5 * time.Second
	// settleTimeout bounds the wait for other calls for the same pipeline to come back, and for their searches.
	settleTimeout = 2 * time.Minute
	// lookSlack is how much earlier than the request an execution may seem to have started: times may be cut to whole
	// seconds.
	lookSlack = time.Second
)

// lookPauses are the pauses before each look for a lost execution: about ten seconds in all, because nobody documents
// how soon a new execution is listed.
func lookPauses() []time.Duration {
	return []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second}
}

// settle decides about an execute call whose answer was lost.
//
// It looks for what has started since, through the API, of exactly this pipeline in this environment, and is not known
// to this process. If that is one execution, and no other call of this process for the same pipeline was lost too, it
// is ours. If there is none, and the request has a tag, the request is sent once more: while the first execution runs,
// the tag refuses a second. Anything else is for a person to decide, and a [MaybeStartedError].
//
// None of this ends with the context, which may be why the answer was lost; only sending again does.
func (s *ExecutionsService) settle(ctx context.Context, req ExecuteRequest, first sent, cause error) (Started, error) {
	detached := context.WithoutCancel(ctx)
	page := s.starts.page(req)
	if page.lost.Load() > 1 && req.ExecutionTag == "" {
		// Two of them cannot be told apart, however long we look. What to look at is found without standing in line.
		return Started{}, s.findLost(detached, req, first, cause)
	}
	turn, cancel := context.WithTimeout(detached, settleTimeout)
	defer cancel()
	if err := page.enterAlone(turn); err != nil {
		return Started{}, &MaybeStartedError{
			Cause: cause, From: first.serverAt, Until: s.client.clock.earliest(time.Now()), LookErr: errTimeout(settleTimeout),
		}
	}
	defer page.leaveAlone()

	maybe := s.findLost(detached, req, first, cause)
	if ours := maybe.ours(page, req); ours != nil {
		return s.adopt(page, req, first, ours, cause), nil
	}
	if !maybe.provesNothing() || req.ExecutionTag == "" {
		return Started{}, maybe
	}
	again, err := s.executeAgain(ctx, page, req)
	switch {
	case err == nil:
		page.lost.Add(-1)
		return again.started(nil), nil
	case StatusCode(err) != http.StatusConflict && !mayHaveStarted(err):
		return Started{}, maybe
	}
	if mayHaveStarted(err) {
		page.lost.Add(-1) // the same one, lost again
	}
	// Something holds the tag now: the first request's execution, or the second's.
	maybe = s.findLost(detached, req, first, cause)
	if ours := maybe.ours(page, req); ours != nil {
		return s.adopt(page, req, first, ours, cause), nil
	}
	return Started{}, maybe
}

// executeAgain sends the call a second time, on a page that is already held alone.
func (s *ExecutionsService) executeAgain(ctx context.Context, page *startPage, req ExecuteRequest) (sent, error) {
	for attempt := 0; ; attempt++ {
		result, err := s.executeOnPage(ctx, page, req)
		passes := StatusCode(err) == http.StatusTooManyRequests || (neverWritten(err) && mayPass(err))
		if err == nil || !passes || attempt+1 >= attempts || !sleepBefore(ctx, err, attempt) {
			return result, err
		}
	}
}

func (s *ExecutionsService) adopt(page *startPage, req ExecuteRequest, first sent, found *Execution, cause error) Started {
	page.lost.Add(-1)
	s.starts.know(found.ID)
	// The search may have been the first to tell the server's time.
	first.run = Handle{ProjectID: req.ProjectID, ID: found.ID, StartedAt: s.client.clock.earliest(first.at)}
	return first.started(cause)
}

// provesNothing reports that looking worked and found nothing.
func (e *MaybeStartedError) provesNothing() bool { return e.LookErr == nil && len(e.Candidates) == 0 }

// ours returns the candidate that a lost call started, if that is certain; nil otherwise.
func (e *MaybeStartedError) ours(page *startPage, req ExecuteRequest) *Execution {
	if len(e.Candidates) == 1 && isCertain(e.Candidates[0], req) && page.lost.Load() == 1 {
		return &e.Candidates[0]
	}
	return nil
}

// findLost looks for the execution that a lost call started, over some ten seconds, and returns what it found.
func (s *ExecutionsService) findLost(ctx context.Context, req ExecuteRequest, first sent, cause error) *MaybeStartedError {
	maybe := &MaybeStartedError{Cause: cause}
	for _, pause := range lookPauses() {
		if sleep(ctx, pause) != nil {
			break
		}
		var listed []Execution
		listed, maybe.LookErr = s.startedSince(ctx, req, first.at)
		if maybe.LookErr == nil {
			maybe.Candidates = s.matching(listed, req, s.client.clock.earliest(first.at))
		}
	}
	maybe.From = s.client.clock.earliest(first.at).Add(-lookSlack)
	maybe.Until = s.client.clock.earliest(time.Now())
	return maybe
}

// startedSince lists the executions that started since the given time of our clock, and some that started before.
func (s *ExecutionsService) startedSince(ctx context.Context, req ExecuteRequest, since time.Time) ([]Execution, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	listed, err := s.List(ctx, ExecutionsQuery{
		ProjectID:       req.ProjectID,
		EnvironmentName: req.EnvironmentName,
		// Only narrows the search: what is exact is decided by matching, when the answer has told the server's time.
		StartedAfter: s.client.clock.earliest(since).Add(-time.Minute),
	}, nil)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errTimeout(lookTimeout)
	}
	return listed, err
}

// matching returns the executions that a call sent at the given time of the server's clock may have started.
func (s *ExecutionsService) matching(listed []Execution, req ExecuteRequest, sentAt time.Time) []Execution {
	return slices.DeleteFunc(slices.Clone(listed), func(e Execution) bool {
		early := !e.StartedAt.IsZero() && e.StartedAt.Before(sentAt.Add(-lookSlack))
		elsewhere := e.EnvironmentName != "" && e.EnvironmentName != req.EnvironmentName
		otherwise := e.Trigger != "" && !strings.EqualFold(e.Trigger, TriggerAPI)
		return early || elsewhere || otherwise || s.starts.knows(e.ID) || !SamePipeline(e.PipelineName, req.PipelineName)
	})
}

// isCertain reports whether the API tells all of an execution that an adoption rests on. A name that is only alike, or
// an execution without a start or a trigger, is for a person to judge.
func isCertain(e Execution, req ExecuteRequest) bool {
	return e.PipelineName == req.PipelineName && !e.StartedAt.IsZero() && e.Trigger != "" && e.EnvironmentName != ""
}
