// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

func TestLookInterval_isATenthOfTheTime(t *testing.T) {
	t.Parallel()
	for elapsed, want := range map[time.Duration]time.Duration{
		-time.Hour:               time.Second,
		0:                        time.Second,
		20 * time.Second:         time.Second,
		30*time.Second - 1:       time.Second,
		30 * time.Second:         3 * time.Second,
		150*time.Second - 1:      3 * time.Second,
		150 * time.Second:        15 * time.Second,
		10 * time.Minute:         15 * time.Second,
		1000 * time.Hour:         15 * time.Second,
		time.Duration(1<<63 - 1): 15 * time.Second,
	} {
		wantEqual(t, elapsed.String(), pollInterval(elapsed), want)
	}
}

func TestLookIntervals_divideEachOther(t *testing.T) {
	t.Parallel()
	intervals := pollIntervals()
	for i := range intervals[1:] {
		wantEqual(t, "remainder", intervals[i+1]%intervals[i], time.Duration(0))
	}
}

func TestTicks_areTheSameForAll(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	for _, phase := range []time.Duration{0, 1, 123456789, time.Second - 1} {
		shared := pollSchedule{phase: phase}
		for i := range 1000 {
			now := start.Add(time.Duration(i) * 137 * time.Millisecond)
			for _, elapsed := range []time.Duration{0, 20 * time.Second, 40 * time.Second, time.Hour} {
				pause, interval := shared.untilNext(now, elapsed), pollInterval(elapsed)
				if pause <= 0 || pause > interval {
					t.Fatalf("pause = %s, want from 0 to %s", pause, interval)
				}
				if tick := now.Add(pause).UnixNano() - int64(phase); tick%int64(interval) != 0 {
					t.Fatalf("tick at %d is none of all the ticks of %s", tick, interval)
				}
			}
		}
	}
}

func TestNew_keepsProcessesApart(t *testing.T) {
	t.Parallel()
	phases := map[time.Duration]bool{}
	for range 20 {
		phase := answering(t, 200, "").Executions.schedule.phase
		phases[phase] = true
		wantBetween(t, "phase", phase, 0, shortestPoll-1)
	}
	if len(phases) < 2 {
		t.Error("all clients look at the same time")
	}
}

// looksAt are the looks at a run in a client whose ticks are the bubble's round seconds: the first at once, the others
// when those that wait at the same time have been gathered.
func looksAt(seconds ...int) []time.Duration {
	times := []time.Duration{0}
	for _, s := range seconds {
		times = append(times, time.Duration(s)*time.Second+gatherFor)
	}
	return times
}

func every(step, from, to int) (seconds []int) {
	for s := from; s <= to; s += step {
		seconds = append(seconds, s)
	}
	return seconds
}

func TestWait_looksAtTicks(t *testing.T) {
	t.Parallel()
	tenMinutes := append(append(every(1, 1, 30), every(3, 33, 150)...), every(15, 165, 600)...)
	for name, test := range map[string]struct {
		duration time.Duration
		looks    []time.Duration
	}{
		"no time":        {0, looksAt()},
		"half a second":  {time.Second / 2, looksAt(1)},
		"one second":     {time.Second, looksAt(1)},
		"twenty seconds": {20 * time.Second, looksAt(every(1, 1, 20)...)},
		"ten minutes":    {10 * time.Minute, looksAt(tenMinutes...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: mockserver.Run{Duration: mockserver.Duration(test.duration)}, started: 1})
				c.Executions.schedule.phase = 0
				started := c.start(t)
				execution, err := c.Executions.Wait(t.Context(), started.Handle, nil)
				if err != nil || execution.Status != StatusSuccess {
					t.Errorf("Wait = %+v, %v", execution, err)
				}
				wantEqual(t, "looks", c.at(mockserver.OpDetails), test.looks)
				wantEqual(t, "lists", c.server.Calls(mockserver.OpList), 0)
			})
		})
	}
}

// A wait that begins in the middle of a run looks as often as one that was there from the start.
func TestWait_countsFromTheStartOfTheRun(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{0, time.Hour, -time.Hour} {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{ClockSkew: mockserver.Duration(skew)}})
				c.Executions.schedule.phase = 0
				since := c.began.Add(skew - 10*time.Minute)
				id := c.server.StartElsewhere(mockserver.Execution{StartedAt: since, Status: "RUNNING"})
				defer time.AfterFunc(40*time.Second, func() { c.server.Finish(id, "SUCCESS", "") }).Stop()
				if _, err := c.Executions.Wait(t.Context(), Handle{ProjectID: testProject, ID: id}.since(since), nil); err != nil {
					t.Error(err)
				}
				wantEqual(t, "looks", c.at(mockserver.OpDetails), looksAt(15, 30, 45))
			})
		})
	}
}

func TestWait_noticesTheEndInTime(t *testing.T) {
	t.Parallel()
	durations := []time.Duration{
		time.Millisecond, 999 * time.Millisecond, 1001 * time.Millisecond, 1021 * time.Millisecond, 5432 * time.Millisecond,
		20 * time.Second, 29500 * time.Millisecond, 30021 * time.Millisecond, 33022 * time.Millisecond, 100 * time.Second,
		150021 * time.Millisecond, 165021 * time.Millisecond, 10 * time.Minute, 30*time.Minute + 1,
	}
	for _, phase := range []time.Duration{0, 20 * time.Millisecond, time.Second - 1} {
		for _, duration := range durations {
			t.Run(fmt.Sprintf("%s, phase %s", duration, phase), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := connect(t, setup{run: mockserver.Run{Duration: mockserver.Duration(duration)}, started: 1})
					c.Executions.schedule.phase = phase
					started := c.start(t)
					if _, err := c.Executions.Wait(t.Context(), started.Handle, nil); err != nil {
						t.Error(err)
					}
					late := time.Since(c.began) - duration
					wantBetween(t, "noticed late", late, 0, max(time.Second, duration/10)+gatherFor)
				})
			})
		}
	}
}
