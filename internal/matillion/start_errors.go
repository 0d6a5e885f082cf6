// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"errors"
	"fmt"
	"time"
)

// NotStartedError says that nothing was started, because the context ended before the request was sent.
type NotStartedError struct {
	// Last is the last answer that made us wait, if any.
	Last error
	Err  error
}

// Error names what the waiting was for.
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
	// Holders are the executions that may hold the tag, as far as they could be listed.
	Holders []Execution
	// Err is the API's answer, or the context's error while another start of this process held the tag.
	Err error
}

// Error says how long we waited.
func (e *TagInUseError) Error() string {
	return fmt.Sprintf("the execution tag is in use (waited %s): %v", e.Waited.Round(time.Second), e.Err)
}

// Unwrap returns the API's answer.
func (e *TagInUseError) Unwrap() error { return e.Err }

// MaybeStartedError says that the request was sent, that its answer was lost, and that looking for the execution did
// not settle whether it started.
type MaybeStartedError struct {
	// Cause is how the answer was lost.
	Cause error
	// From and Until bound, by the server's clock, when the execution started if it did. They are as wide as what is
	// shown: clocks differ, and a server may still be at a request when the looks have ended.
	From, Until time.Time
	// Candidates are the executions that it may be, those that started last first. What any look has seen is among them.
	Candidates []Execution
	// Looked is for how long the list was looked at; less than usual after an interrupt.
	Looked time.Duration
	// LookErr is why the last look failed; nil when it did not.
	LookErr error
}

// Error says how the answer was lost and what looking found.
func (e *MaybeStartedError) Error() string {
	if e.LookErr != nil {
		return fmt.Sprintf("the pipeline may have been started: %v; looking for it: %v", e.Cause, e.LookErr)
	}
	return fmt.Sprintf("the pipeline may have been started: %v; %d candidates", e.Cause, len(e.Candidates))
}

// Unwrap returns how the answer was lost.
func (e *MaybeStartedError) Unwrap() error { return e.Cause }

// ClaimedTwiceError says that the API answered a start with an execution that this process knows already: one run
// cannot be kept in two places.
type ClaimedTwiceError struct{ Handle }

// Error names the execution.
func (e *ClaimedTwiceError) Error() string {
	return "the API answered with the execution " + e.ID + ", which is known already"
}
