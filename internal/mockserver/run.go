// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"cmp"
	"time"
)

// The statuses of LIST and DETAILS that the server itself gives to a run or a step. Scenarios may use any other word.
const (
	statusRunning    = "RUNNING"
	statusCancelling = "CANCELLING"
	statusSuccess    = "SUCCESS"
	statusFailed     = "FAILED"
	statusCancelled  = "CANCELLED"
	statusSkipped    = "SKIPPED"
	statusUnknown    = "UNKNOWN"
)

const cancelledMessage = "Execution cancelled"

// endsRun says whether a run with this status has ended (assumed: no page says which statuses are final).
func endsRun(status string) bool {
	switch status {
	case statusSuccess, statusFailed, statusCancelled, statusSkipped:
		return true
	}
	return false
}

// course is all that decides how a run stands at some time. Its times count from the start of the run.
type course struct {
	run Run

	softCancel, forcedCancel, finish    bool
	softAfter, forcedAfter, finishAfter time.Duration
	finishStatus, finishMessage         string
}

// standing is how a run stands at one time.
type standing struct {
	status, message string
	ended           bool
	endedAfter      time.Duration
}

func stand(status, message string, since time.Duration) standing {
	return standing{status: status, message: message, ended: endsRun(status), endedAfter: since}
}

// at works out how the run stands. An intervention is recorded only while the run has not ended, so the one that ends
// it is the last, whatever came before.
func (c course) at(elapsed time.Duration) standing {
	switch {
	case c.forcedCancel && elapsed >= c.forcedAfter:
		return stand(statusCancelled, cancelledMessage, c.forcedAfter)
	case c.finish && elapsed >= c.finishAfter:
		return stand(c.finishStatus, c.finishMessage, c.finishAfter)
	case c.softCancel && elapsed >= c.softAfter:
		return c.cancelled(elapsed)
	default:
		return c.run.at(elapsed)
	}
}

func (c course) cancelled(elapsed time.Duration) standing {
	end := c.softAfter + time.Duration(c.run.CancelTakes)
	if c.run.IgnoresSoftCancel || elapsed < end {
		return stand(statusCancelling, "", 0)
	}
	return stand(statusCancelled, cancelledMessage, end)
}

// at is how the run stands when nobody intervenes.
func (r Run) at(elapsed time.Duration) standing {
	if len(r.Phases) > 0 {
		return r.phaseAt(elapsed)
	}
	if r.Forever || elapsed < time.Duration(r.Duration) {
		return stand(statusRunning, "", 0)
	}
	return stand(cmp.Or(r.Ends, statusSuccess), r.Message, time.Duration(r.Duration))
}

func (r Run) phaseAt(elapsed time.Duration) standing {
	current := stand(statusRunning, "", 0)
	for _, phase := range r.Phases {
		if elapsed < time.Duration(phase.After) || current.ended {
			break
		}
		current = stand(cmp.Or(phase.Status, statusRunning), phase.Message, time.Duration(phase.After))
	}
	return current
}

// stepStanding is how a step stands. A nil time is not known or not yet reached.
type stepStanding struct {
	Step
	status                string
	startedAt, finishedAt *time.Duration
}

// stepsAt returns the steps that were reached, in order.
func (c course) stepsAt(elapsed time.Duration) []stepStanding {
	whole := c.at(elapsed)
	if whole.ended {
		elapsed = whole.endedAfter
	}
	var steps []stepStanding
	for _, step := range c.run.Steps {
		if time.Duration(step.After) <= elapsed {
			steps = append(steps, step.at(elapsed, whole))
		}
	}
	return steps
}

func (s Step) at(elapsed time.Duration, whole standing) stepStanding {
	if s.Status == statusSkipped {
		return stepStanding{Step: s, status: statusSkipped}
	}
	start := time.Duration(s.After)
	end := start + time.Duration(s.Duration)
	stands := stepStanding{Step: s, status: cmp.Or(s.Status, statusSuccess), startedAt: &start, finishedAt: &end}
	switch {
	case elapsed >= end:
	case whole.ended && whole.status == statusCancelled:
		stands.status, stands.finishedAt, stands.Message = statusCancelled, &elapsed, ""
	case whole.ended:
		stands.finishedAt = &elapsed
	default:
		stands.status, stands.finishedAt, stands.Message = statusRunning, nil, ""
	}
	return stands
}
