// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// storm is a number of starts of one pipeline at about the same time, against a server that misbehaves in every way,
// while other processes start the pipeline too. It is made by a seed.
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
		AcceptedNames: []string{mockserver.NamePublished, mockserver.NamePath, mockserver.NameBare},
		AnsweredNames: oneOf(s, mockserver.NamePublished, mockserver.NamePublished, mockserver.NamePath,
			mockserver.NameAsked, mockserver.NameBare),
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
	f := mockserver.Fault{On: mockserver.OpExecute, Skip: number, Times: 1}
	f.Status = oneOf(s, 302, 408, 499, 500, 502, 503, 504)
	f.Kind = oneOf(s, mockserver.FaultStatus, mockserver.FaultStatus, mockserver.FaultStatusAfter,
		mockserver.FaultStatusAfter, mockserver.FaultDrop, mockserver.FaultDropAfter, mockserver.FaultTruncate,
		mockserver.FaultNoID, mockserver.FaultBody, mockserver.FaultDelay, mockserver.FaultDelay, mockserver.FaultDelayAfter,
		mockserver.FaultHang, mockserver.FaultDial, mockserver.FaultForgetToken, mockserver.FaultDrip)
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
