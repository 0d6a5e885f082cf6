// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import "time"

// shortestPoll is the shortest pause between two looks at an execution, and what every longer one is a multiple of.
const shortestPoll = time.Second

// pollShare is how late the end of an execution may be noticed, as a share of its length: one tenth.
const pollShare = 10

// pollIntervals are the pauses between looks. Each divides the next, so that the looks at executions of different ages
// fall together and can be asked for together.
func pollIntervals() []time.Duration {
	return []time.Duration{shortestPoll, 3 * shortestPoll, 15 * shortestPoll}
}

// pollInterval returns the pause between looks at an execution that has run for the given time: the longest one that is
// at most a tenth of it, and one second at the least.
func pollInterval(elapsed time.Duration) time.Duration {
	interval := shortestPoll
	for _, longer := range pollIntervals() {
		if longer <= elapsed/pollShare {
			interval = longer
		}
	}
	return interval
}

// pollSchedule are the moments at which a process looks at executions. They are the same for all that it waits for; the
// phase keeps the processes apart.
type pollSchedule struct{ phase time.Duration }

// untilNext returns how long it is from now to the next look at an execution that has run for the given time.
func (t pollSchedule) untilNext(now time.Time, elapsed time.Duration) time.Duration {
	interval := pollInterval(elapsed)
	sinceTick := time.Duration((now.UnixNano() - int64(t.phase)) % int64(interval))
	return interval - sinceTick
}
