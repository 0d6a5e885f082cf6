// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// listsAt is a fault of the list calls of the given numbers, from the first one on.
func listsAt(skip, times int, f mockserver.Fault) mockserver.Fault {
	f.On, f.Skip, f.Times = mockserver.OpList, skip, times
	return f
}

// What any look has seen stays seen. The last look went to a stale copy, and the error said "0 candidates", or the
// request was sent again.
func TestLost_whatAStaleCopyDoesNotShowStaysSeen(t *testing.T) {
	t.Parallel()
	stale := mockserver.Fault{Kind: mockserver.FaultStale, Delay: minute}
	for _, tag := range []string{"", "tag"} {
		runStartCases(t, map[string]startCase{
			"stale but for the first look, tag " + tag: {tag: tag,
				faults: append(once(lostAfter), listsAt(1, 0, stale)), want: "adopted", posts: 1, started: 1, took: looking},
			"stale but for one look, tag " + tag: {tag: tag,
				faults: append(once(lostAfter), listsAt(0, 3, stale), listsAt(4, 0, stale)),
				want:   "adopted", posts: 1, started: 1, took: looking},
			"always stale, tag " + tag: {tag: tag,
				faults: append(once(lostAfter), listsAt(0, 0, stale)),
				want:   "maybe: 0 candidates", posts: 1, started: 1, took: looking},
		})
	}
}

// Times of runs may be told by another clock than the Date header. The run was out of the one set that there was: the
// request was sent again, or the error said "0 candidates".
func TestLost_timesOfRunsMayBeApartFromTheDate(t *testing.T) {
	t.Parallel()
	for _, offset := range []mockserver.Duration{-5 * second, -30 * second, 3 * second} {
		for _, lost := range lostWays() {
			for _, listedAfter := range []mockserver.Duration{0, 40 * second} {
				t.Run(fmt.Sprint(offset, " ", lost.name, " ", listedAfter), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						s := setup{run: mockserver.Run{Duration: second}, scenario: mockserver.Scenario{
							StartedAtOffset: offset, ListedAfter: listedAfter, Faults: []mockserver.Fault{lost.fault},
						}}
						if lost.started {
							s.started = 1
						}
						c := connect(t, s)
						started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), StartOptions{})
						c.wantAccounted(t, started, err)
						wantEqual(t, "posts", c.sentPosts(), 1)
						if lost.started && listedAfter == 0 && offset < 0 {
							wantEqual(t, "outcome", verdict(started, err), "maybe: 1 candidates")
						}
					})
				})
			}
		}
	}
}

// The Date of one earlier answer was ahead: the run seemed to be from before the request, which was sent again.
func TestLost_theDateOfAnEarlierAnswerMayBeAhead(t *testing.T) {
	t.Parallel()
	after := mockserver.Fault{Kind: mockserver.FaultStatusAfter, Status: 504}
	for _, ahead := range []mockserver.Duration{3 * second, 5 * second} {
		ownAhead := after
		ownAhead.DateOffset = ahead
		for name, test := range map[string]struct {
			fault       mockserver.Fault
			listedAfter mockserver.Duration
			want        string
		}{
			"504 with a Date of its own":  {after, 0, "adopted"},
			"504 whose own Date is ahead": {ownAhead, 0, "maybe: 1 candidates"},
			"504, and listed late":        {after, 40 * second, "maybe: 0 candidates"},
			"no answer":                   {lostAfter, 0, "maybe: 1 candidates"},
			"no answer, and listed late":  {lostAfter, 40 * second, "maybe: 0 candidates"},
		} {
			t.Run(fmt.Sprint(ahead, " ", name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{
						ListedAfter: test.listedAfter,
						Faults: append(always(test.fault),
							mockserver.Fault{On: mockserver.OpProjects, Kind: mockserver.FaultDelay, DateOffset: ahead}),
					}})
					if _, err := c.Projects.List(t.Context()); err != nil {
						t.Fatal(err)
					}
					started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), StartOptions{})
					wantEqual(t, "outcome", verdict(started, err), test.want)
					c.wantAccounted(t, started, err)
					wantEqual(t, "posts", c.sentPosts(), 1)
				})
			})
		}
	}
}

// After an interrupt the times of the error go as far as the server may still be at the request.
func TestLost_theTimesOfAnInterruptedStartHoldWhatStartsLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: once(lostBefore)}})
		_, err := c.Executions.Start(cancelledAfter(t, 100*time.Millisecond), testRequest(), StartOptions{})
		maybe := wantError[*MaybeStartedError](t, err)
		if still := c.began.Add(brokenFor); maybe.Until.Before(still) {
			t.Errorf("until %s, and the server may still be at the request at %s", maybe.Until, still)
		}
	})
}

// The answer's Date is of its beginning: what had started when the request was sent is not ours, however slow the body.
func TestLost_aSlowBodyDoesNotMakeTheRequestOlder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{
			run: forever, scenario: mockserver.Scenario{Faults: []mockserver.Fault{refusedWith(503, 0)}},
			alter: func(req *http.Request, resp *http.Response) {
				if isExecute(req) {
					resp.Body = io.NopCloser(lateReader{resp.Body, 10 * time.Second})
				}
			},
		})
		c.server.StartElsewhere(mockserver.Execution{})
		advance(5 * time.Second)
		started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		wantEqual(t, "outcome", verdict(started, err), "maybe: 1 candidates")
	})
}

// An answer that breaks off is not complete, although it has a Date: the server may still be at the request.
func TestLost_anAnswerThatBreaksOffLeavesTheServerTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{
			run: forever, started: 1, scenario: mockserver.Scenario{StartedAtOffset: 5 * second},
			alter: func(req *http.Request, resp *http.Response) {
				if isExecute(req) {
					resp.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
				}
			},
		})
		started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		wantEqual(t, "outcome", verdict(started, err), "adopted")
	})
}

// The request begins when there is a connection: what had started before is not ours, however long the dial took.
func TestLost_aSlowDialDoesNotMakeTheRequestOlder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: forever, scenario: mockserver.Scenario{Faults: always(refusedWith(503, 0))}})
		client, err := New(withDefaults(Config{}, stub(func(req *http.Request) (*http.Response, error) {
			if isExecute(req) {
				advance(9 * time.Second)
			}
			return c.wire.RoundTrip(req)
		})))
		if err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(5*time.Second, func() { c.server.StartElsewhere(mockserver.Execution{}) })
		defer timer.Stop()
		started, err := client.Executions.Start(t.Context(), testRequest(), StartOptions{})
		wantEqual(t, "outcome", verdict(started, err), "maybe: 1 candidates")
	})
}

// lateReader reads late.
type lateReader struct {
	io.Reader
	late time.Duration
}

func (r lateReader) Read(p []byte) (int, error) {
	advance(r.late)
	return r.Reader.Read(p)
}
