// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import "slices"

// Status is the state of an execution or of a step.
//
// No page says which statuses are final. Those that [Status.Ended] names are; every other word, documented or not, is
// taken for "not ended": it is reported and waited for, and is never an error by itself.
type Status string

// The documented statuses of an execution.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-executions
const (
	StatusRunning    Status = "RUNNING"
	StatusCancelling Status = "CANCELLING"
	StatusSuccess    Status = "SUCCESS"
	StatusFailed     Status = "FAILED"
	StatusCancelled  Status = "CANCELLED"
	StatusSkipped    Status = "SKIPPED"
	StatusUnknown    Status = "UNKNOWN"
)

// Statuses lists every documented status.
func Statuses() []Status {
	return []Status{
		StatusRunning, StatusCancelling, StatusSuccess, StatusFailed, StatusCancelled, StatusSkipped, StatusUnknown,
	}
}

// Ended reports whether the status is final.
func (s Status) Ended() bool { return s.Succeeded() || s.EndedBadly() }

// Succeeded reports whether the execution has done what it was started for.
func (s Status) Succeeded() bool { return s == StatusSuccess }

// EndedBadly reports whether the execution is over without having done what it was started for.
func (s Status) EndedBadly() bool {
	return slices.Contains([]Status{StatusFailed, StatusCancelled, StatusSkipped}, s)
}
