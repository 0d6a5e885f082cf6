// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// judge checks the promise.
func (s *storm) judge(t *testing.T, c *fixture) {
	t.Helper()
	owner, runs := map[string]int{}, map[string]mockserver.Execution{}
	for _, run := range c.server.Executions() {
		runs[run.ID] = run
		if number, ok := run.ScalarVariables[stormVariable].(string); ok {
			owner[run.ID], _ = strconv.Atoi(number)
		} else {
			owner[run.ID] = -1 // somebody else's
		}
	}
	taken := map[string]int{}
	for i, start := range s.starts {
		s.judgeTime(t, i, start)
		s.judgePosts(t, c, i)
		if start.err != nil {
			continue
		}
		if other, twice := taken[start.started.ID]; twice {
			t.Errorf("the starts %d and %d have the same execution", i, other)
		}
		taken[start.started.ID] = i
		s.judgeTaken(t, c, i, runs[start.started.ID], owner[start.started.ID])
	}
	for i, start := range s.starts {
		var own []mockserver.Execution
		for id, number := range owner {
			if number == i {
				own = append(own, runs[id])
			}
		}
		if len(own) > 1 {
			t.Errorf("the start %d started %d runs", i, len(own))
		}
		for _, run := range own {
			s.judgeOwn(t, i, start, run)
		}
	}
}

// judgeTime: after an interrupt a start is over within eight seconds.
func (s *storm) judgeTime(t *testing.T, i int, start *stormStart) {
	t.Helper()
	if late := start.over.Sub(start.began) - start.interrupted; late > 8*time.Second {
		t.Errorf("the start %d was over %s after the interrupt", i, late)
	}
}

// judgePosts: only what provably started nothing is sent again.
func (s *storm) judgePosts(t *testing.T, c *fixture, i int) {
	t.Helper()
	var statuses []int
	for _, r := range c.server.Requests() {
		var body struct{ ScalarVariables map[string]string }
		if r.Operation == mockserver.OpExecute && json.Unmarshal(r.Body, &body) == nil &&
			body.ScalarVariables[stormVariable] == strconv.Itoa(i) {
			statuses = append(statuses, r.Status)
		}
	}
	for _, status := range statuses[:max(0, len(statuses)-1)] {
		if status != http.StatusUnauthorized && status != http.StatusTooManyRequests && status != http.StatusConflict {
			t.Errorf("the requests of the start %d were answered %v", i, statuses)
		}
	}
}

// judgeTaken: an execution that a start returns is its own, or one of another process that it cannot tell from its own.
func (s *storm) judgeTaken(t *testing.T, c *fixture, i int, run mockserver.Execution, owner int) {
	t.Helper()
	start := s.starts[i]
	switch {
	case run.ID == "":
		t.Errorf("the start %d returned an execution that does not exist", i)
	case owner == i:
	case owner >= 0:
		t.Errorf("the start %d returned the run of the start %d", i, owner)
	case !start.started.Adopted:
		t.Errorf("the start %d returned somebody else's run as its own", i)
	case StatusCode(start.started.Cause) == http.StatusConflict:
		if start.opts.OnConflict != ConflictAttaches || run.Trigger != "API" {
			t.Errorf("the start %d has attached itself to %+v", i, run)
		}
	default:
		s.judgeMistaken(t, c, i, run)
	}
}

// judgeMistaken: somebody else's run is only taken if it started between the request and the loss of the answer.
func (s *storm) judgeMistaken(t *testing.T, c *fixture, i int, run mockserver.Execution) {
	t.Helper()
	start := s.starts[i]
	lost := start.over.Add(-searchFor)
	if start.over.Sub(start.began) > start.interrupted {
		lost = start.over
	}
	least := start.began.Add(c.skew - 2*clockUnit) // the Date header and the start are cut to seconds
	most := lost.Add(c.skew + clockUnit)
	if _, broken := errors.AsType[*ConnectionError](start.started.Cause); broken {
		most = most.Add(brokenFor)
	}
	byAPI := run.Trigger == TriggerAPI && s.scenario.ReportedTrigger == TriggerAPI
	if !byAPI || run.StartedAt.Before(least) || run.StartedAt.After(most) {
		t.Errorf("the start %d, from %s to %s, took somebody else's run of %s", i, least, most, run.StartedAt)
	}
}

// judgeOwn: a run is returned by the start that it belongs to, shown in its error, or within the error's times.
func (s *storm) judgeOwn(t *testing.T, i int, start *stormStart, run mockserver.Execution) {
	t.Helper()
	listed := run.StartedAt.Add(time.Duration(s.scenario.ListedAfter)) // by the server's clock
	skew := time.Duration(s.scenario.ClockSkew)
	if start.err == nil {
		if start.started.ID != run.ID && !listed.After(start.over.Add(skew-3*time.Second)) && !s.listsFail() {
			t.Errorf("the start %d took another run, although its own was listed", i)
		}
		return
	}
	maybe, ok := errors.AsType[*MaybeStartedError](start.err)
	switch {
	case !ok:
		t.Errorf("the start %d has started a run, and its error is %v", i, start.err)
	case maybe.shows(run.ID):
	case run.StartedAt.Before(maybe.From), run.StartedAt.After(maybe.Until):
		t.Errorf("the run of the start %d, of %s, is not shown, nor between %s and %s",
			i, run.StartedAt, maybe.From, maybe.Until)
	case !s.listsFail() && listed.Add(3*time.Second).Before(maybe.Until.Add(-brokenFor)):
		t.Errorf("the run of the start %d was listed and is not shown", i)
	}
}

func (s *storm) listsFail() bool {
	return slices.ContainsFunc(s.scenario.Faults, func(f mockserver.Fault) bool { return f.On == mockserver.OpList })
}
