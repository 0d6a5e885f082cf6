package matillion

import "time"

// tickUnit is the shortest pause between two looks at an execution, and what every longer one is a multiple of.
const tickUnit = time.Second

// lookShare is how late the end of an execution may be noticed, as a share of its length: one tenth.
const lookShare = 10

// lookIntervals are the pauses between looks. Each divides the next, so that the looks at executions of different ages
// fall together and can be asked for together.
func lookIntervals() []time.Duration {
	return []time.Duration{tickUnit, 3 * tickUnit, 15 * tickUnit}
}

// lookInterval returns the pause between looks at an execution that has run for the given time: the longest one that is
// at most a tenth of it, and one second at the least.
func lookInterval(elapsed time.Duration) time.Duration {
	interval := tickUnit
	for _, longer := range lookIntervals() {
		if longer <= elapsed/lookShare {
			interval = longer
		}
	}
	return interval
}

// ticks are the moments at which a process looks at executions. They are the same for all that it waits for; the phase
// keeps the processes apart.
type ticks struct{ phase time.Duration }

// untilNext returns how long it is from now to the next look at an execution that has run for the given time.
func (t ticks) untilNext(now time.Time, elapsed time.Duration) time.Duration {
	interval := lookInterval(elapsed)
	sinceTick := time.Duration((now.UnixNano() - int64(t.phase)) % int64(interval))
	return interval - sinceTick
}
