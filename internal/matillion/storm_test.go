package matillion

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// storm is a number of starts of one pipeline at about the same time, against a server that misbehaves in every way, while
// other processes start the pipeline too. It is made by a seed.
type storm struct {
	random   *rand.Rand
	scenario mockserver.Scenario
	starts   []*stormStart
	others   []mockserver.Execution
	othersAt []time.Duration
}

// stormStart is one of the starts and what came of it. A scalar variable tells its requests and its runs from others.
type stormStart struct {
	req         ExecuteRequest
	opts        StartOptions
	at          time.Duration
	interrupted time.Duration // after the beginning of the start
	began, over time.Time
	started     Started
	err         error
}

const stormVariable = "start"

func (s *storm) duration(most time.Duration) time.Duration {
	return time.Duration(s.random.Int64N(int64(most)))
}

func (s *storm) chance(percent int) bool { return s.random.IntN(100) < percent }

func oneOf[T any](s *storm, choices ...T) T { return choices[s.random.IntN(len(choices))] }

func newStorm(seed uint64) *storm {
	s := &storm{random: rand.New(rand.NewPCG(seed, 7))}
	lasts := oneOf(s, second, 60*minute)
	s.scenario = mockserver.Scenario{
		AcceptedNames:   []string{mockserver.NamePublished, mockserver.NamePath, mockserver.NameBare},
		AnsweredNames:   oneOf(s, mockserver.NamePublished, mockserver.NamePublished, mockserver.NameAsked, mockserver.NameBare),
		ReportedTrigger: oneOf(s, "API", "API", "API", "UNKNOWN"),
		ListedAfter:     oneOf(s, 0, 0, mockserver.Duration(s.duration(45*time.Second))),
		ClockSkew:       oneOf(s, 0, 60*minute, -60*minute, mockserver.Duration(400*time.Millisecond)),
		Latency:         mockserver.Duration(s.duration(300 * time.Millisecond)),
		Projects: []mockserver.Project{{ID: testProject, Name: "Test", Environments: []mockserver.Environment{
			{Name: testEnvironment, Pipelines: []mockserver.Pipeline{
				{Name: testPipeline, Run: mockserver.Run{Duration: lasts}},
			}},
		}}},
	}
	rough := oneOf(s, 10, 30, 100)
	for i := range 14 {
		if s.chance(rough) {
			s.scenario.Faults = append(s.scenario.Faults, s.executeFault(i))
		}
	}
	if s.chance(40) {
		for range s.random.IntN(6) {
			s.scenario.Faults = append(s.scenario.Faults, s.listFault())
		}
	}
	s.addStarts()
	s.addOthers()
	return s
}

func (s *storm) executeFault(number int) mockserver.Fault {
	f := mockserver.Fault{On: mockserver.OpExecute, Skip: number, Times: 1, Status: oneOf(s, 302, 408, 499, 500, 502, 503, 504)}
	f.Kind = oneOf(s, mockserver.FaultStatus, mockserver.FaultStatus, mockserver.FaultStatusAfter, mockserver.FaultStatusAfter,
		mockserver.FaultDrop, mockserver.FaultDropAfter, mockserver.FaultTruncate, mockserver.FaultNoID, mockserver.FaultBody,
		mockserver.FaultDelay, mockserver.FaultDelay, mockserver.FaultDelayAfter, mockserver.FaultHang, mockserver.FaultDial,
		mockserver.FaultForgetToken, mockserver.FaultDrip)
	switch {
	case f.Kind == mockserver.FaultStatus && s.chance(40):
		f.Status, f.RetryAfter = oneOf(s, 301, 403, 404, 410, 429, 429, 429), oneOf(s, "", "1", "4", "60")
	case f.Kind == mockserver.FaultBody:
		f.Status = oneOf(s, 200, 201, 204)
		f.Body = oneOf(s, "", "<html>", `{"error":{"runningExecution":{"pipelineExecutionId":"EXECUTION_ID"}}}`)
	}
	switch {
	case f.Kind == mockserver.FaultDrip:
		f.Delay = mockserver.Duration(s.duration(600 * time.Millisecond))
	case s.chance(50):
		f.Delay = mockserver.Duration(s.duration(oneOf(s, time.Second, 10*time.Second, 35*time.Second)))
	}
	return f
}

func (s *storm) listFault() mockserver.Fault {
	f := mockserver.Fault{On: mockserver.OpList, Skip: s.random.IntN(15), Times: 1 + s.random.IntN(3)}
	f.Kind = oneOf(s, mockserver.FaultStatus, mockserver.FaultStale, mockserver.FaultDelay, mockserver.FaultHang,
		mockserver.FaultTruncate, mockserver.FaultForgetToken)
	if f.Kind == mockserver.FaultStatus {
		f.Status, f.RetryAfter = oneOf(s, 403, 429, 503), oneOf(s, "", "2", "60")
	} else {
		f.Delay = mockserver.Duration(s.duration(8 * time.Second))
	}
	return f
}

func (s *storm) addStarts() {
	names := []string{"load/seed", testPipeline, "seed"}
	names = []string{oneOf(s, names...), oneOf(s, names...)}
	tags := oneOf(s, []string{""}, []string{"", "", "a"}, []string{"a", "b"})
	spread := oneOf(s, time.Millisecond, time.Second, 10*time.Second, 2*time.Minute)
	for i := range oneOf(s, 1, 2, 2, 3, 4, 6) {
		start := &stormStart{req: testRequest(), at: s.duration(spread), interrupted: 4 * time.Minute}
		start.req.PipelineName = oneOf(s, names...)
		start.req.ExecutionTag = oneOf(s, tags...)
		start.req.ScalarVariables = map[string]string{stormVariable: strconv.Itoa(i)}
		start.opts.OnConflict = oneOf(s, ConflictFails, ConflictWaits, ConflictAttaches)
		if s.chance(40) {
			start.interrupted = s.duration(time.Minute)
		}
		s.starts = append(s.starts, start)
	}
}

func (s *storm) addOthers() {
	for range oneOf(s, 0, 0, 1, 1, 3) {
		s.others = append(s.others, mockserver.Execution{
			Trigger: oneOf(s, "API", "API", "API", "SCHEDULE"), ExecutionTag: oneOf(s, "", "a", "b"),
		})
		s.othersAt = append(s.othersAt, s.duration(oneOf(s, time.Millisecond, 3*time.Second, 50*time.Second)))
	}
}

// run lets the storm pass.
func (s *storm) run(ctx context.Context, c *fixture) {
	var all sync.WaitGroup
	for i, other := range s.others {
		all.Go(func() {
			advance(s.othersAt[i])
			c.server.StartElsewhere(other)
		})
	}
	for _, start := range s.starts {
		all.Go(func() {
			advance(start.at)
			interruptible, cancel := context.WithCancel(ctx)
			defer time.AfterFunc(start.interrupted, cancel).Stop()
			start.began = time.Now()
			start.started, start.err = c.Executions.Start(interruptible, start.req, start.opts)
			start.over = time.Now()
		})
	}
	all.Wait()
}

func TestStorm_nothingIsStartedTwiceTakenTwiceOrLost(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStorm(seed)
				server := mockserver.New(s.scenario)
				client, err := New(withDefaults(Config{}, server.Transport(t, NewTransport())))
				if err != nil {
					t.Fatal(err)
				}
				c := &fixture{Client: client, server: server, skew: time.Duration(s.scenario.ClockSkew)}
				if c.skew != 0 { // it takes an answer to know the server's clock
					if _, err := client.Projects.List(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				s.run(t.Context(), c)
				s.judge(t, c)
				if t.Failed() {
					s.describe(t, c)
				}
			})
		})
	}
}

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
	if run.StartedAt.Before(least) || run.StartedAt.After(most) || run.Trigger != "API" || s.scenario.ReportedTrigger != "API" {
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
	case run.StartedAt.Before(maybe.From.Truncate(time.Second)), run.StartedAt.After(maybe.Until):
		t.Errorf("the run of the start %d, of %s, is not shown, nor between %s and %s", i, run.StartedAt, maybe.From, maybe.Until)
	case !s.listsFail() && listed.Add(3*time.Second).Before(maybe.Until):
		t.Errorf("the run of the start %d was listed and is not shown", i)
	}
}

func (s *storm) listsFail() bool {
	return slices.ContainsFunc(s.scenario.Faults, func(f mockserver.Fault) bool { return f.On == mockserver.OpList })
}

// describe logs what happened.
func (s *storm) describe(t *testing.T, c *fixture) {
	t.Helper()
	for i, start := range s.starts {
		t.Logf("start %d: %q tag %q %v at %s, interrupted after %s: %s %s, over after %s: %v", i, start.req.PipelineName,
			start.req.ExecutionTag, start.opts, start.at, start.interrupted, verdict(start.started, start.err),
			start.started.ID, start.over.Sub(start.began), cmp.Or(start.err, start.started.Cause))
	}
	for _, run := range c.server.Executions() {
		t.Logf("run %s of %s: %s %v", run.ID, run.StartedAt, run.Trigger, run.ScalarVariables)
	}
	for _, r := range c.server.Requests() {
		if r.Operation != mockserver.OpToken {
			t.Logf("%s %s: %d %s %s", r.At, r.Operation, r.Status, r.Fault, strings.TrimSpace(string(r.Body)))
		}
	}
}
