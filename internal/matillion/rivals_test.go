// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// withPipelines returns a project with pipelines that run until somebody ends them.
func withPipelines(names ...string) []mockserver.Project {
	environment := mockserver.Environment{Name: testEnvironment}
	for _, name := range names {
		environment.Pipelines = append(environment.Pipelines, mockserver.Pipeline{Name: name, Run: forever})
	}
	return []mockserver.Project{{ID: testProject, Name: "Test", Environments: []mockserver.Environment{environment}}}
}

// The list may leave out the extension, by which alone two pipelines differ: then an execution may be of either.
func TestStart_pipelinesThatAreListedUnderOneNameAreNotTakenForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		names := []string{"load/seed.orch.yaml", "load/seed.tran.yaml"}
		c := connect(t, setup{started: 1, scenario: mockserver.Scenario{
			AnsweredNames: mockserver.NamePath,
			Projects:      withPipelines(names...),
			Faults: []mockserver.Fault{
				{On: mockserver.OpExecute, Kind: mockserver.FaultStatus, Status: 503, Pipeline: names[0]},
				{On: mockserver.OpExecute, Kind: mockserver.FaultStatusAfter, Status: 503, Pipeline: names[1]},
			},
		}})
		together(2, func(i int) {
			req := testRequest()
			req.PipelineName = names[i]
			started, err := c.Executions.Start(t.Context(), req, StartOptions{})
			wantEqual(t, "outcome", verdict(started, err), "maybe: 1 candidates")
		})
	})
}

// A 503 that came at once leaves no room for what somebody else starts later. Their run was adopted: one run in two
// states, and a pipeline that never ran.
func TestStart_whatIsStartedAfterARefusalIsSomebodyElses(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{2 * time.Second, 3 * time.Second, 9 * time.Second, 25 * time.Second} {
		for _, tag := range []string{"", "tag"} {
			t.Run(fmt.Sprint(after, " tag ", tag), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := connect(t, setup{run: forever, scenario: mockserver.Scenario{
						Faults: always(refusedWith(503, 0)),
					}})
					timer := time.AfterFunc(after, func() { c.server.StartElsewhere(mockserver.Execution{}) })
					defer timer.Stop()
					started, err := c.Executions.Start(t.Context(), taggedRequest(tag), StartOptions{})
					wantEqual(t, "outcome", verdict(started, err), "maybe: 1 candidates")
					wantEqual(t, "posts", c.sentPosts(), 1)
				})
			})
		}
	}
}

// A second alias of the provider in one configuration is another process, with a client of its own.
func TestStart_whatASecondAliasStartsIsNotAdopted(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{2 * time.Second, 5 * time.Second, 9 * time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{
					Faults: []mockserver.Fault{once(refusedWith(503, 0))[0]},
				}})
				alias, err := New(withDefaults(Config{}, c.wire))
				if err != nil {
					t.Fatal(err)
				}
				together(2, func(i int) {
					if i == 0 {
						_, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
						maybe := wantError[*MaybeStartedError](t, err)
						wantEqual(t, "candidates", idsOf(maybe.Candidates), []string{c.server.Started()[0].ID})
						return
					}
					advance(after)
					started, err := alias.Executions.Start(t.Context(), testRequest(), StartOptions{})
					wantEqual(t, "alias", verdict(started, err), "started")
				})
				wantEqual(t, "posts", c.sentPosts(), 2)
			})
		})
	}
}

// The first call is refused with 503 at 0.1 s and has started nothing; the second one, sent at 0.2 s, starts its run at
// once and is answered after 8 s, or when the looks have ended. The first must not take its run.
func TestStart_aLostCallDoesNotTakeTheRunOfOneWhoseAnswerIsOnItsWay(t *testing.T) {
	t.Parallel()
	for _, answered := range []mockserver.Duration{8 * second, 29 * second, 29990 * second / 1000} {
		for _, names := range [][2]string{{testPipeline, testPipeline}, {"load/seed", testPipeline}, {testPipeline, "seed"}} {
			t.Run(fmt.Sprint(answered, names), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					early := mockserver.Duration(100 * time.Millisecond)
					c := connect(t, setup{run: forever, started: 1, scenario: mockserver.Scenario{
						AcceptedNames: []string{mockserver.NamePublished, mockserver.NamePath, mockserver.NameBare},
						Faults: []mockserver.Fault{
							{On: mockserver.OpExecute, Kind: mockserver.FaultStatus, Status: 503, Times: 1, Delay: early},
							{On: mockserver.OpExecute, Kind: mockserver.FaultDelayAfter, Delay: answered},
						},
					}})
					together(2, func(i int) {
						advance(time.Duration(i) * 200 * time.Millisecond)
						req := testRequest()
						req.PipelineName = names[i]
						started, err := c.Executions.Start(t.Context(), req, StartOptions{})
						wantEqual(t, "outcome", verdict(started, err), []string{"maybe: 0 candidates", "started"}[i])
					})
					wantEqual(t, "posts", c.sentPosts(), 2)
				})
			})
		}
	}
}

// An id is not in two states: an answer with one that this process knows is an error that names it.
func TestStart_anIDThatIsAnsweredTwiceIsAnError(t *testing.T) {
	t.Parallel()
	client := answering(t, http.StatusCreated, `{"pipelineExecutionId":"`+testID+`"}`)
	first, err := client.Executions.Start(t.Context(), testRequest(), StartOptions{})
	wantEqual(t, "first", verdict(first, err), "started")
	_, err = client.Executions.Start(t.Context(), testRequest(), StartOptions{})
	wantEqual(t, "second", wantError[*ClaimedTwiceError](t, err).ID, testID)
}
