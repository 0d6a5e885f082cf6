// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// ExecuteRequest says what to execute. Optional fields that are empty, and variables that are nil, are left out of the
// request altogether.
//
// https://docs.maia.ai/api-reference/pipeline-execution/execute-published-pipeline
type ExecuteRequest struct {
	ProjectID       string `json:"-"`
	EnvironmentName string `json:"environmentName"`
	PipelineName    string `json:"pipelineName"`
	VersionName     string `json:"versionName,omitempty"`
	AgentID         string `json:"agentId,omitempty"`
	// ExecutionTag is exclusive: at most one execution with it runs in an environment at a time.
	ExecutionTag string `json:"executionTag,omitempty"`
	// ScalarVariables and GridVariables override variables for this execution. A grid is a list of rows.
	ScalarVariables map[string]string     `json:"scalarVariables,omitzero"`
	GridVariables   map[string][][]string `json:"gridVariables,omitzero"`
}

// Started is an execution that [ExecutionsService.Start] started or adopted.
type Started struct {
	Handle
	// Adopted says that the execution was found in the list and is kept as if the call had started it: the answer to the
	// call was lost, or the execution held the tag.
	Adopted bool
	// Cause is how the answer was lost, or the refusal of the tag, when the execution was adopted.
	Cause error
	// WaitedFor are the executions that may have held the tag while the start waited, and that this process did not know.
	WaitedFor []Execution
}

// Conflict says what a start does while its execution tag is in use.
type Conflict int

// What a start does about a tag in use.
const (
	// ConflictFails returns a [TagInUseError].
	ConflictFails Conflict = iota
	// ConflictWaits waits, until the context ends, and starts when the tag is free.
	ConflictWaits
	// ConflictAttaches adopts the execution that holds the tag, if there is no doubt which it is.
	ConflictAttaches
)

// StartOptions says how a start treats what it did not start itself.
type StartOptions struct {
	// OnConflict is for a tag in use.
	OnConflict Conflict
	// NeverAdopt makes every lost answer a [MaybeStartedError], even if there is no doubt which execution it started.
	NeverAdopt bool
}

// Start executes a pipeline exactly once.
//
// The execute call has no idempotency key, so it is sent again only when the last one provably started nothing. Nothing
// that may have started is ever sent again, with a tag or without:
//
//	the request was never written, no token           back off, again
//	429                                               wait as the server asks, again
//	401                                               one fresh token, again
//	409, with a tag                                   see [Conflict]
//	any other refusal, see [refusals]                 an [Error]
//	2xx with an id                                    started
//	2xx without one, other 3xx, 4xx and 5xx, no answer  it may have started: look for it
//
// To look is to list what has started since the request; see [ExecutionsService.find]. A context that ends before the
// request is sent is a [NotStartedError]. Once it is sent, the context's end leaves it three more seconds for its
// answer.
//
// https://docs.maia.ai/api-reference/pipeline-execution/execute-published-pipeline
func (s *ExecutionsService) Start(
	ctx context.Context, req ExecuteRequest, opts StartOptions,
) (started Started, err error) {
	began := time.Now()
	defer func() {
		if failure := recover(); failure != nil {
			started, err = Started{}, s.interruptedByBug(began, failure)
		}
	}()
	var conflict error
	var waitedFor []Execution
	for {
		var lost *lostCall
		started, lost, err = s.startOnce(ctx, req)
		switch {
		case err == nil:
			started.WaitedFor = waitedFor
			return started, nil
		case lost != nil:
			return s.find(ctx, lost, opts.NeverAdopt)
		case StatusCode(err) == http.StatusConflict && req.ExecutionTag != "":
			conflict = err
		case conflict == nil || !isNotStarted(err):
			return Started{}, err
		}
		waits := opts.OnConflict == ConflictWaits
		if opts.OnConflict == ConflictAttaches && ctx.Err() == nil {
			started, waits, err = s.attach(ctx, req, conflict)
			if !waits {
				return started, err
			}
		}
		if waits && waitedFor == nil {
			waitedFor = s.strangers(ctx, req)
		}
		if !waits || sleep(ctx, pollInterval(time.Since(began))) != nil {
			return Started{}, s.tagInUse(ctx, req, conflict, time.Since(began))
		}
	}
}

// interruptedByBug returns the error of a start that a panic has ended, at any point: the pipeline may have been
// started.
func (s *ExecutionsService) interruptedByBug(began time.Time, failure any) error {
	err := s.client.bugError(failure)
	sent := Window{s.client.clock.earliest(began), s.client.clock.earliest(time.Now())}.widened()
	return &MaybeStartedError{Cause: err, LookErr: err, From: sent.From, Until: sent.Until}
}

// startOnce sends the execute call until its end says something about this request: that it started, that it is
// refused, or that its answer is lost.
func (s *ExecutionsService) startOnce(
	ctx context.Context, req ExecuteRequest,
) (started Started, lost *lostCall, err error) {
	err = retry(ctx, notAccepted, func() (err error) {
		started, lost, err = s.execute(ctx, req)
		return err
	})
	switch {
	case lost != nil || ctx.Err() == nil:
	case errors.Is(err, ctx.Err()):
		err = &NotStartedError{Err: err}
	case notAccepted(err, 0):
		err = &NotStartedError{Last: err, Err: ctx.Err()}
	}
	return started, lost, err
}

// execute sends the execute call once (twice when the first token is refused), and enters in the ledger what became of
// it. Once the call is written, an error means one of two things: it is lost, or it was refused.
func (s *ExecutionsService) execute(ctx context.Context, req ExecuteRequest) (Started, *lostCall, error) {
	var answer executeAnswer
	var entry *call
	var last timing
	enter := &observer{
		onSend: func() { entry = s.ledger.write(req) },
		onEnd: func(status int, seen timing) {
			last = seen
			if status == http.StatusUnauthorized {
				entry.recordRefusal() // It may be written again, after a wait.
				entry = nil
			}
		},
	}
	defer func() {
		if entry != nil {
			entry.recordLoss() // A panic: nobody shall wait for this call.
		}
	}()
	err := s.client.do(ctx, request{
		method:   http.MethodPost,
		elements: []string{"projects", req.ProjectID, "pipeline-executions"},
		body:     req,
		again:    never,
		uncut:    true,
		observer: enter,
	}, &answer)
	written := entry
	entry = nil
	switch {
	case written == nil:
		return Started{}, nil, err
	case err != nil && !mayHaveActed(err):
		written.recordRefusal()
		return Started{}, nil, err
	case err != nil:
		written.recordLoss()
		return Started{}, &lostCall{
			call: written, timing: last, cause: err, lostAt: time.Now(), clock: &s.client.clock,
		}, err
	}
	handle := Handle{ProjectID: req.ProjectID, ID: answer.ID, StartedAt: s.client.clock.earliest(last.sentAt)}
	if !written.recordStart(answer.ID) {
		return Started{}, nil, &ClaimedTwiceError{handle}
	}
	return Started{Handle: handle}, nil, nil
}
