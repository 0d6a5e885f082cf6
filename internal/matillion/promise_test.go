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

// lostWay is a way to lose the answer of an execute call.
type lostWay struct {
	name    string
	fault   mockserver.Fault
	started bool
}

func lostWays() []lostWay {
	fault := func(kind string, status int) mockserver.Fault {
		return mockserver.Fault{On: mockserver.OpExecute, Kind: kind, Status: status}
	}
	return []lostWay{
		{"504 after the start", fault(mockserver.FaultStatusAfter, 504), true},
		{"504 before the start", fault(mockserver.FaultStatus, 504), false},
		{"dropped after the start", fault(mockserver.FaultDropAfter, 0), true},
		{"no id", fault(mockserver.FaultNoID, 0), true},
	}
}

// promiseCase is one field of the matrix: a server, a run and a way to lose the answer.
type promiseCase struct {
	flat        bool
	named       string
	trigger     string
	listedAfter mockserver.Duration
	lasts       mockserver.Duration
	tag         string
	lost        lostWay
}

// promiseCases returns every combination of what servers have been seen to do, or may do.
func promiseCases() []promiseCase {
	var cases []promiseCase
	for _, lost := range lostWays() {
		for _, named := range []string{mockserver.NameAsked, mockserver.NamePublished, mockserver.NameBare} {
			for _, trigger := range []string{TriggerAPI, "UNKNOWN", mockserver.TriggerAbsent} {
				for _, listed := range []mockserver.Duration{0, 5 * second, 40 * second} {
					for i := range 8 {
						cases = append(cases, promiseCase{
							flat: i&1 == 0, named: named, trigger: trigger, listedAfter: listed,
							lasts: []mockserver.Duration{second, 60 * minute}[i>>1&1], tag: []string{"", "tag"}[i>>2], lost: lost,
						})
					}
				}
			}
		}
	}
	return cases
}

func (p promiseCase) String() string {
	return fmt.Sprintf("%s, flat %v, named %s, trigger %s, listed after %s, lasts %s, tag %q",
		p.lost.name, p.flat, p.named, p.trigger, p.listedAfter, p.lasts, p.tag)
}

// want is what must come of a start: the execution is adopted if it is listed in time and there is no doubt about its
// name and its trigger, and shown if there is.
func (p promiseCase) want() string {
	switch {
	case !p.lost.started, time.Duration(p.listedAfter) > searchFor:
		return "maybe: 0 candidates"
	case p.named == mockserver.NameBare, p.trigger != TriggerAPI:
		return "maybe: 1 candidates"
	default:
		return "adopted"
	}
}

// One start is one request, whatever becomes of the answer, and the run that it has started is adopted or shown. One
// that is listed after the looks have ended is within the times that the error names.
func TestPromise_oneStartIsOneRunAndNeverLost(t *testing.T) {
	t.Parallel()
	for _, test := range promiseCases() {
		t.Run(test.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, test.run)
		})
	}
}

func (p promiseCase) run(t *testing.T) {
	s := setup{run: mockserver.Run{Duration: p.lasts}, scenario: mockserver.Scenario{
		FlatDetails: p.flat, AnsweredNames: p.named, ReportedTrigger: p.trigger, ListedAfter: p.listedAfter,
		Faults: []mockserver.Fault{p.lost.fault},
	}}
	if p.lost.started {
		s.started = 1
	}
	c := connect(t, s)
	req := taggedRequest(p.tag)
	req.PipelineName = "load/seed" // as public clients send it
	started, err := c.Executions.Start(t.Context(), req, StartOptions{})
	wantEqual(t, "outcome", verdict(started, err), p.want())
	wantEqual(t, "posts", c.sentPosts(), 1)
	c.wantAccounted(t, started, err)
	if err == nil {
		c.wantFollowed(t, started, p.lasts)
	}
}

// wantAccounted checks that each run that the server has started is that of the result, a candidate of the error, or
// within the error's times.
func (f *fixture) wantAccounted(t *testing.T, started Started, err error) {
	t.Helper()
	for _, run := range f.server.Started() {
		if err == nil {
			wantEqual(t, "execution", started.ID, run.ID)
			continue
		}
		maybe := wantError[*MaybeStartedError](t, err)
		if !maybe.shows(run.ID) && (run.StartedAt.Before(maybe.From) || run.StartedAt.After(maybe.Until)) {
			t.Errorf("the run %s of %s is neither shown nor between %s and %s",
				run.ID, run.StartedAt, maybe.From, maybe.Until)
		}
	}
}

// shows reports whether an execution is among the candidates.
func (e *MaybeStartedError) shows(id string) bool {
	for _, candidate := range e.Candidates {
		if candidate.ID == id {
			return true
		}
	}
	return false
}

// wantFollowed checks that an adopted execution can be read, in the form that the server gives to details.
func (f *fixture) wantFollowed(t *testing.T, started Started, lasts mockserver.Duration) {
	t.Helper()
	execution, err := f.Executions.Get(t.Context(), started.Handle)
	want := StatusRunning
	if time.Duration(lasts) < searchFor {
		want = StatusSuccess
	}
	if err != nil || execution.Status != want {
		t.Errorf("Get = %+v, %v, want the status %s", execution, err, want)
	}
}
