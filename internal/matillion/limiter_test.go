// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// busiestMinute is the greatest number of requests in any window of sixty seconds.
func (f *fixture) busiestMinute() int {
	var times []time.Time
	for _, r := range f.server.Requests() {
		if r.Operation != mockserver.OpToken {
			times = append(times, r.At)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	busiest := 0
	for i, from := range times {
		n, _ := slices.BinarySearchFunc(times, from.Add(time.Minute), time.Time.Compare)
		busiest = max(busiest, n-i)
	}
	return busiest
}

func TestLimiter_keepsTheLimitInEveryMinute(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		perMinute int
		requests  int
		// pauses are before each request.
		pauses []time.Duration
		faults []mockserver.Fault
		// least is how fast it must be all the same.
		least int
	}{
		"all at once":       {60, 200, nil, nil, 60},
		"one after another": {60, 200, []time.Duration{time.Second}, nil, 60},
		"in heaps":          {60, 200, []time.Duration{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 45 * time.Second}, nil, 24},
		"one a minute":      {1, 5, nil, nil, 1},
		"two a minute":      {2, 7, nil, nil, 2},
		"seven a minute":    {7, 30, nil, nil, 7},
		"by default":        {0, 1100, nil, nil, DefaultRequestsPerMinute},
		"the token is late": {60, 200, nil, onToken(mockserver.Fault{Kind: mockserver.FaultDelay, Delay: 25 * second}), 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{
					config:   Config{RequestsPerMinute: test.perMinute},
					scenario: mockserver.Scenario{Faults: test.faults},
				})
				var starts []time.Duration
				var at time.Duration
				for i := range test.requests {
					if len(test.pauses) > 0 {
						at += test.pauses[i%len(test.pauses)]
					}
					starts = append(starts, at)
				}
				together(test.requests, func(i int) {
					advance(starts[i])
					if _, err := c.Projects.List(t.Context()); err != nil {
						t.Error(err)
					}
				})
				limit := test.perMinute
				if limit == 0 {
					limit = DefaultRequestsPerMinute
				}
				wantBetween(t, "busiest minute", c.busiestMinute(), test.least, limit)
				wantEqual(t, "requests", c.server.Calls(""), test.requests)
			})
		})
	}
}

func TestLimiter_lowerLimitOfTheServerIsFound(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		perMinute, starts int
		window            mockserver.Duration
	}{
		"two hundred at 150": {150, 200, 0},
		"a hundred at 60":    {60, 100, 0},
		"five per second":    {5, 100, second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{started: test.starts, scenario: mockserver.Scenario{
					RequestsPerMinute: test.perMinute, RateWindow: test.window, Latency: second / 50,
				}})
				together(test.starts, func(int) {
					started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
					if err != nil || started.Adopted {
						t.Errorf("Start = %+v, %v", started, err)
					}
				})
				refused := c.server.Refused(mockserver.OpExecute, http.StatusTooManyRequests)
				if refused >= 2*test.starts {
					t.Errorf("%d refusals for %d starts", refused, test.starts)
				}
				wantEqual(t, "posts", c.server.Calls(mockserver.OpExecute), test.starts+refused)
			})
		})
	}
}

func TestLimiter_aPauseIsEverybodys(t *testing.T) {
	t.Parallel()
	for _, retryAfter := range []string{"30", "date:30"} {
		t.Run(retryAfter, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{
					{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: retryAfter, Times: 1},
				}}})
				together(30, func(i int) {
					advance(time.Duration(i) * time.Second)
					if _, err := c.Projects.List(t.Context()); err != nil {
						t.Error(err)
					}
				})
				times := c.at(mockserver.OpProjects)
				wantEqual(t, "first", times[0], time.Duration(0))
				for _, at := range times[1:] {
					if at < 30*time.Second {
						t.Errorf("a request at %s, in the pause", at)
					}
				}
				wantEqual(t, "requests", len(times), 31)
			})
		})
	}
}

// A server that refuses without a word of when is left alone for a second, by all.
func TestLimiter_aRefusalIsAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{
			{Kind: mockserver.FaultStatus, Status: 429, Times: 1},
		}}})
		together(10, func(i int) {
			advance(time.Duration(i) * 10 * time.Millisecond)
			if _, err := c.Projects.List(t.Context()); err != nil {
				t.Error(err)
			}
		})
		for _, at := range c.at(mockserver.OpProjects)[1:] {
			if at < time.Second {
				t.Errorf("a request at %s", at)
			}
		}
	})
}

// waits is how long it takes a number of requests to get their turns, when nothing is known of how they fared.
func waits(t *testing.T, l *limiter, n int) time.Duration {
	t.Helper()
	began := time.Now()
	for range n {
		if err := l.wait(t.Context(), false); err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(began)
}

// An urgent request has its turn at once, and those that follow make up for it.
func TestLimiter_anUrgentRequestCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, began := newLimiter(2), time.Now()
		for _, step := range []struct {
			urgent bool
			want   time.Duration
		}{{false, 0}, {false, 0}, {true, 30 * time.Second}, {false, time.Minute}, {false, 90 * time.Second}} {
			if step.urgent {
				advance(30 * time.Second)
			}
			wantEqual(t, "wait", l.wait(t.Context(), step.urgent), error(nil))
			wantEqual(t, "turn", time.Since(began), step.want)
		}
	})
}

func TestLimiter_slowsDownAndRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1000)
		wantEqual(t, "at first", waits(t, l, 10), time.Duration(0))
		for range 10 {
			l.recordRefusal(time.Second)
			advance(2 * time.Second)
		}
		wantBetween(t, "at its slowest", waits(t, l, 4), 4*time.Second, 8*time.Second)
		for range 200 {
			l.recordAcceptance()
		}
		wantBetween(t, "when it has recovered", waits(t, l, 60), 0, 7*time.Second)
	})
}

func TestLimiter_acceptedRequestsMakeItRecover(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{
			{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "1", Times: 1},
		}}})
		times := map[bool]time.Duration{}
		for _, recovered := range []bool{false, true} {
			began := time.Now()
			for range 100 {
				if _, err := c.Projects.List(t.Context()); err != nil {
					t.Error(err)
				}
			}
			times[recovered] = time.Since(began)
		}
		wantBetween(t, "time after a refusal", times[false], 2*time.Second, 10*time.Second)
		wantEqual(t, "time when it has recovered", times[true], time.Duration(0))
	})
}

// The requests that were under way with the one that was refused are refused too: together they slow down once.
func TestLimiter_manyRefusalsAtOnceAreOne(t *testing.T) {
	t.Parallel()
	times := map[int]time.Duration{}
	for _, refusals := range []int{1, 50} {
		synctest.Test(t, func(t *testing.T) {
			l := newLimiter(1000)
			for range refusals {
				l.recordRefusal(10 * time.Second)
			}
			times[refusals] = waits(t, l, 20)
		})
	}
	wantEqual(t, "time of fifty", times[50], times[1])
	wantBetween(t, "time", times[1], 10*time.Second, 20*time.Second)
}

func TestLimiter_waitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*limiter){
		"rate":  func(l *limiter) { _ = l.wait(context.Background(), false) },
		"pause": func(l *limiter) { l.recordRefusal(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLimiter(1)
				prepare(l)
				began := time.Now()
				err := l.wait(within(t, 5*time.Second), false)
				wantEqual(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
				wantEqual(t, "time", time.Since(began), 5*time.Second)
				// Whoever left has used nobody's turn.
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				for range 100 {
					if err := l.wait(ctx, false); !errors.Is(err, context.Canceled) {
						t.Errorf("error = %v", err)
					}
				}
				if name == "rate" {
					wantEqual(t, "next", l.wait(t.Context(), false), error(nil))
					wantBetween(t, "time until the next", time.Since(began), 0, 61*time.Second)
				}
			})
		})
	}
}
