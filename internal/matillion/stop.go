// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// graceToEnd is how long a soft cancellation may take before it is forced.
const graceToEnd = time.Minute

// Stop cancels an execution and waits until it has ended: softly first, and by force when that has not ended it within
// a minute. An execution that has ended meanwhile is returned as it is. The error is that of the cancel call or of the
// wait; what is known of the execution comes with it.
func (s *ExecutionsService) Stop(ctx context.Context, run Handle) (Execution, error) {
	s.ledger.note(run.ID, originRead)
	execution, err := s.stop(ctx, run, false)
	if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
		return execution, err
	}
	forced, err := s.stop(ctx, run, true)
	if forced.Status == "" {
		forced = execution
	}
	return forced, err
}

// stop asks for the end once, and waits for it: softly for no longer than the grace, which begins when the call has
// been accepted. What a server answers about an execution that has ended already is not documented, so a refusal is
// held against where the execution stands.
func (s *ExecutionsService) stop(ctx context.Context, run Handle, force bool) (Execution, error) {
	if err := s.cancel(ctx, run, force); err != nil {
		execution, readErr := s.Get(ctx, run)
		if readErr == nil && execution.Status.Ended() {
			return execution, nil
		}
		if IsNotFound(err) && readErr != nil {
			err = readErr
		}
		return execution, err
	}
	if !force {
		grace, cancel := context.WithTimeout(ctx, graceToEnd)
		defer cancel()
		ctx = grace
	}
	return s.Wait(ctx, run, nil)
}

// cancellation is the body of the cancel call, both fields of which are required.
type cancellation struct {
	Status      Status `json:"status"`
	ForceUpdate bool   `json:"forceUpdate"`
}

// cancel asks for an execution's end. Asking again does no harm.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-termination
func (s *ExecutionsService) cancel(ctx context.Context, run Handle, force bool) error {
	return s.client.do(ctx, request{
		method:   http.MethodPatch,
		elements: executionPath(run),
		body:     cancellation{Status: StatusCancelled, ForceUpdate: force},
		again:    whileTransient,
	}, nil)
}
