package matillion

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Started is an execution that [ExecutionsService.Start] started.
type Started struct {
	Handle
	// Adopted tells that the answer was lost, and that the execution was found in the list instead.
	Adopted bool
	// Cause is how the answer was lost, when the execution was adopted.
	Cause error
}

// NotStartedError says that nothing was started, because the context ended before the request was sent.
type NotStartedError struct {
	// Last is the last answer that made us wait, if any.
	Last error
	Err  error
}

// Error tells what the waiting was for.
func (e *NotStartedError) Error() string {
	if e.Last != nil {
		return fmt.Sprintf("the pipeline was not started: %v (%v)", e.Last, e.Err)
	}
	return fmt.Sprintf("the pipeline was not started: %v", e.Err)
}

// Unwrap returns the context's error and the last answer.
func (e *NotStartedError) Unwrap() []error { return []error{e.Err, e.Last} }

func isNotStarted(err error) bool {
	_, ok := errors.AsType[*NotStartedError](err)
	return ok
}

// TagInUseError says that nothing was started, because an execution with the same tag is running in the environment.
type TagInUseError struct {
	// Waited is how long we waited for the tag.
	Waited time.Duration
	// Err is the API's answer, or the context's error while another start of this process held the tag.
	Err error
}

// Error tells how long we waited.
func (e *TagInUseError) Error() string {
	return fmt.Sprintf("the execution tag is in use (waited %s): %v", e.Waited.Round(time.Second), e.Err)
}

// Unwrap returns the API's answer.
func (e *TagInUseError) Unwrap() error { return e.Err }

// MaybeStartedError says that the request was sent, that its answer was lost, and that looking for the execution did
// not tell whether it started.
type MaybeStartedError struct {
	// Cause is how the answer was lost.
	Cause error
	// From and Until bound, by the server's clock, when the execution started if it did.
	From, Until time.Time
	// Candidates are the executions that it may be.
	Candidates []Execution
	// LookErr is why looking failed; nil when it did not.
	LookErr error
}

// Error tells how the answer was lost and what looking found.
func (e *MaybeStartedError) Error() string {
	if e.LookErr != nil {
		return fmt.Sprintf("the pipeline may have been started: %v; looking for it: %v", e.Cause, e.LookErr)
	}
	return fmt.Sprintf("the pipeline may have been started: %v; %d candidates", e.Cause, len(e.Candidates))
}

// Unwrap returns how the answer was lost.
func (e *MaybeStartedError) Unwrap() error { return e.Cause }

// StartOptions says how patient a start is.
type StartOptions struct {
	// WaitForTag waits, until the context ends, while the execution tag is in use.
	WaitForTag bool
}

// Start executes a pipeline exactly once.
//
// The execute call has no idempotency key, so it is sent again only when the last one provably started nothing:
//
//	the request was never written, no token   back off, again
//	429                                       wait as the server asks, again
//	401                                       one fresh token, again
//	409                                       a [TagInUseError], or wait and again
//	any other 4xx                             an [Error]
//	2xx with an id                            started
//	2xx without one, 3xx, 5xx, no answer      it may have started: look for it
//
// To look is to list what has started since the request; see [ExecutionsService.settle]. A context that ends before the request is
// sent is a [NotStartedError]. Once it is sent, the context's end does not reach it.
func (s *ExecutionsService) Start(ctx context.Context, req ExecuteRequest, opts StartOptions) (Started, error) {
	began := time.Now()
	var conflict error
	for {
		sent, err := s.executeUntilDecided(ctx, req)
		switch {
		case err == nil:
			return sent.started(nil), nil
		case mayHaveStarted(err):
			return s.settle(ctx, req, sent, err)
		case StatusCode(err) == http.StatusConflict:
			conflict = err
		case conflict == nil || !isNotStarted(err):
			return Started{}, err
		}
		if !opts.WaitForTag || sleep(ctx, lookInterval(time.Since(began))) != nil {
			return Started{}, &TagInUseError{Waited: time.Since(began), Err: conflict}
		}
	}
}

// sent is an execute call that was sent.
type sent struct {
	run Handle
	// at is when it was sent: by our clock, and at the least by the server's.
	at       time.Time
	serverAt time.Time
}

func (c sent) started(cause error) Started {
	return Started{Handle: c.run, Adopted: cause != nil, Cause: cause}
}

// executeUntilDecided sends the execute call until its end says something about this request: that it started, that it
// is refused, or that its answer is lost. What provably started nothing and may pass is sent again. A lost answer is in
// the book of starts when this returns.
func (s *ExecutionsService) executeUntilDecided(ctx context.Context, req ExecuteRequest) (sent, error) {
	for attempt := 0; ; attempt++ {
		result, err := s.executeInBook(ctx, req)
		limited := StatusCode(err) == http.StatusTooManyRequests // waited for as long as there is time
		unreached := neverWritten(err) && mayPass(err) && attempt+1 < attempts
		switch {
		case err == nil || mayHaveStarted(err):
			return result, err
		case ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return result, &NotStartedError{Err: err}
		case !limited && !unreached:
			return result, err
		case !sleepBefore(ctx, err, attempt):
			return result, gaveUp(ctx, err)
		}
	}
}

// gaveUp is the error of a start that may not be tried again, because there is no time left.
func gaveUp(ctx context.Context, last error) error {
	if ctx.Err() != nil {
		return &NotStartedError{Last: last, Err: ctx.Err()}
	}
	return last
}

// executeInBook sends the execute call once and enters it in the book of starts.
func (s *ExecutionsService) executeInBook(ctx context.Context, req ExecuteRequest) (sent, error) {
	page := s.starts.page(req)
	if err := page.enter(ctx); err != nil {
		return sent{}, err
	}
	defer page.leave()
	return s.executeOnPage(ctx, page, req)
}

func (s *ExecutionsService) executeOnPage(ctx context.Context, page *startPage, req ExecuteRequest) (sent, error) {
	id, at, err := s.execute(ctx, req)
	serverAt := s.client.clock.earliest(at)
	result := sent{
		run: Handle{ProjectID: req.ProjectID, ID: id, StartedAt: serverAt}, at: at, serverAt: serverAt,
	}
	switch {
	case err == nil:
		s.starts.know(id)
	case mayHaveStarted(err):
		page.lost.Add(1)
	}
	return result, err
}

// mayHaveStarted reports whether the execute call may have started an execution although it ended in this error.
//
// That a refusal (4xx) starts nothing is assumed; it is what HTTP says. A redirect is not a refusal: after some of them
// the request has been acted upon.
func mayHaveStarted(err error) bool {
	if connErr, ok := errors.AsType[*ConnectionError](err); ok {
		return connErr.Written
	}
	if _, ok := errors.AsType[*AnswerError](err); ok {
		return true
	}
	status := StatusCode(err)
	return status != 0 && (status < http.StatusBadRequest || status >= http.StatusInternalServerError)
}
