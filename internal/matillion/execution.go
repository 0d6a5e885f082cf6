// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"
)

// Handle is what an execution is followed by: its name, and when it started.
type Handle struct {
	ProjectID string
	ID        string
	// StartedAt is when the execution started, or was asked for, by the server's clock. It is zero where that is not
	// known. The longer an execution runs, the less often it is polled; and only one whose start is known can be found in
	// the list of executions, together with others.
	StartedAt time.Time
}

// key names the execution alone.
func (h Handle) key() Handle { return Handle{ProjectID: h.ProjectID, ID: h.ID} }

// Execution is what the API tells about an execution. What it does not tell is zero. By what is a [Text] nothing is
// decided; anything else must be of its type, because a guess could take another execution for ours.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-execution-details
type Execution struct {
	ID              string    `json:"pipelineExecutionId"`
	ProjectID       string    `json:"projectId"`
	EnvironmentName string    `json:"environmentName"`
	PipelineName    string    `json:"pipelineName"`
	PipelineType    Text      `json:"pipelineType"`
	Status          Status    `json:"status"`
	Message         Text      `json:"message" words:"server"`
	Trigger         string    `json:"trigger"`
	ScheduleID      Text      `json:"scheduleId"`
	User            Text      `json:"user"`
	StartedAt       Timestamp `json:"startedAt"`
	FinishedAt      Timestamp `json:"finishedAt"`
}

// ExecutionsService starts pipelines, and follows, lists and cancels their executions. It knows what this process has
// started.
type ExecutionsService struct {
	client   *Client
	ledger   ledger
	looks    sharedLooks
	tags     queue[tagKey]
	reader   batchReader
	schedule pollSchedule
}

func newExecutionsService(client *Client) *ExecutionsService {
	s := &ExecutionsService{client: client, schedule: pollSchedule{phase: rand.N(shortestPoll)}}
	s.reader.executions, s.reader.walking, s.looks.executions = s, semaphore.NewWeighted(1), s
	return s
}

// TriggerAPI is the trigger of executions that were started as ours are.
const TriggerAPI = "API"

func (e *Execution) check() string {
	if e.Status == "" {
		return "the answer has no status"
	}
	return ""
}

// Handle returns the execution's handle.
func (e Execution) Handle() Handle {
	return Handle{ProjectID: e.ProjectID, ID: e.ID, StartedAt: e.StartedAt.Time}
}

// Get reads where an execution stands. Executions of a project that are read at the same time are asked for together.
func (s *ExecutionsService) Get(ctx context.Context, run Handle) (Execution, error) {
	s.ledger.note(run.ID, originRead)
	var execution Execution
	err := retry(ctx, whileTransient, func() (err error) {
		execution, err = s.reader.read(ctx, run, toRefresh)
		return err
	})
	return execution, err
}

// Release says that nobody follows an execution any longer that this process has read: it may be in the way of the one
// that replaces it.
func (s *ExecutionsService) Release(run Handle) { s.ledger.note(run.ID, originReleased) }

// Knows reports whether this process has started, adopted or read an execution.
func (s *ExecutionsService) Knows(id string) bool { return s.ledger.origin(id) != 0 }

// Adopted reports whether this process has adopted an execution: see [Started].
func (s *ExecutionsService) Adopted(id string) bool { return s.ledger.origin(id) == originAdopted }

// Precedes reports whether an execution may have started before this client was made, as far as the server's clock is
// known.
func (s *ExecutionsService) Precedes(e Execution) bool {
	_, latest := s.client.clock.interval(s.client.made)
	return !e.StartedAt.After(latest)
}

// executionOnce reads where an execution stands, in one attempt: whoever waits has a patience of its own.
func (s *ExecutionsService) executionOnce(ctx context.Context, run Handle) (Execution, error) {
	var execution Execution
	req := request{method: http.MethodGet, elements: executionPath(run), again: never}
	if err := s.client.do(ctx, req, &execution); err != nil {
		return Execution{}, err
	}
	if execution.ID != "" && !strings.EqualFold(execution.ID, run.ID) {
		return Execution{}, &AnswerError{
			Method: req.method, Path: req.path(), StatusCode: http.StatusOK,
			Problem: "the answer is about another execution",
		}
	}
	execution.ID, execution.ProjectID = run.ID, run.ProjectID // the wrapped form has been seen without the project
	return execution, nil
}

func executionPath(run Handle, more ...string) []string {
	return append([]string{"projects", run.ProjectID, "pipeline-executions", run.ID}, more...)
}
