// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"
)

// ExecuteRequest says what to execute. Optional fields that are empty, and variables that are nil, are left out of the
// request altogether.
//
// https://docs.maia.ai/api-reference/pipeline-execution/execute-published-pipeline
type ExecuteRequest struct {
	ProjectID       string `json:"-"`
	EnvironmentName string `json:"environmentName"`
	PipelineName    string `json:"pipelineName"`
	VersionName     string `json:"versionName,omitempty"`
	AgentID         string `json:"agentId,omitempty"`
	// ExecutionTag is exclusive: at most one execution with it runs in an environment at a time.
	ExecutionTag string `json:"executionTag,omitempty"`
	// ScalarVariables and GridVariables override variables for this execution. A grid is a list of rows.
	ScalarVariables map[string]string     `json:"scalarVariables,omitzero"`
	GridVariables   map[string][][]string `json:"gridVariables,omitzero"`
}

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

// Execution is what the API tells about an execution. What it does not tell is zero.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-execution-details
type Execution struct {
	ID              string    `json:"pipelineExecutionId"`
	ProjectID       string    `json:"projectId"`
	EnvironmentName string    `json:"environmentName"`
	PipelineName    string    `json:"pipelineName"`
	PipelineType    string    `json:"pipelineType"`
	Status          Status    `json:"status"`
	Message         string    `json:"message" words:"server"`
	Trigger         string    `json:"trigger"`
	ScheduleID      string    `json:"scheduleId"`
	User            string    `json:"user"`
	StartedAt       Timestamp `json:"startedAt"`
	FinishedAt      Timestamp `json:"finishedAt"`
}

// ExecutionsService starts pipelines, and follows, lists and cancels their executions. It knows what this process has
// started.
type ExecutionsService struct {
	client   *Client
	ledger   ledger
	lookout  lookout
	tags     tagQueue
	reader   reader
	schedule pollSchedule
}

func newExecutionsService(client *Client) *ExecutionsService {
	s := &ExecutionsService{client: client, schedule: pollSchedule{phase: rand.N(shortestPoll)}}
	s.reader.executions, s.reader.walking, s.lookout.executions = s, semaphore.NewWeighted(1), s
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
	err := retry(ctx, whileItMayPass, func() (err error) {
		execution, err = s.reader.read(ctx, run, false)
		return err
	})
	return execution, err
}

// Release says that nobody follows an execution any more that this process has read: it may be in the way of the one
// that replaces it.
func (s *ExecutionsService) Release(run Handle) { s.ledger.note(run.ID, originReleased) }

// Knows reports whether this process has started, taken over or read an execution.
func (s *ExecutionsService) Knows(id string) bool { return s.ledger.origin(id) != 0 }

// TookOver reports whether this process has taken over an execution that it has not started.
func (s *ExecutionsService) TookOver(id string) bool { return s.ledger.origin(id) == originAdopted }

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

// Step is one step of an execution. A step may have a final status and no times.
type Step struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Result struct {
		Status     Status    `json:"status"`
		Message    string    `json:"message" words:"server"`
		StartedAt  Timestamp `json:"startedAt"`
		FinishedAt Timestamp `json:"finishedAt"`
	} `json:"result"`
}

// Steps lists the steps of an execution that have begun, in the API's order.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-steps-status
func (s *ExecutionsService) Steps(ctx context.Context, run Handle) ([]Step, error) {
	return all[Step](ctx, s.client, nil, executionPath(run, "steps")...)
}

// ExecutionsQuery filters executions. A zero field does not filter.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-executions
type ExecutionsQuery struct {
	ProjectID string
	// PipelineName matches any part of a name, in either case.
	PipelineName    string
	EnvironmentName string
	ScheduleID      string
	Statuses        []Status
	// StartedAfter and StartedBefore are inclusive. Narrow windows are answered much faster than wide ones.
	StartedAfter  time.Time
	StartedBefore time.Time
	// TimeFrame is passed on as it is: its format is not documented.
	TimeFrame string
}

func (q ExecutionsQuery) values() url.Values {
	values := url.Values{}
	set := func(key, value string) {
		if value != "" {
			values.Set(key, value)
		}
	}
	set("projectId", q.ProjectID)
	set("pipelineName", q.PipelineName)
	set("environmentName", q.EnvironmentName)
	set("scheduleId", q.ScheduleID)
	set("timeFrame", q.TimeFrame)
	for _, status := range q.Statuses {
		values.Add("status", string(status))
	}
	if !q.StartedAfter.IsZero() {
		values.Set("startedAfter", q.StartedAfter.UTC().Format(time.RFC3339Nano))
	}
	if !q.StartedBefore.IsZero() {
		values.Set("startedBefore", q.StartedBefore.UTC().Format(time.RFC3339Nano))
	}
	return values
}

// executionsPage is one page of the list of executions.
type executionsPage struct {
	Results results[Execution] `json:"results"`
	// More leads to the next page; it is absent on the last.
	More string `json:"more"`
}

func (p *executionsPage) check() string { return p.Results.check() }

// listing bounds a list of executions.
type listing struct {
	// pages is how many pages there may be at most.
	pages int
	// enough ends the list when it returns true. It is called after each page with all that have been listed so far; nil
	// asks for all.
	enough func([]Execution) bool
	// timeout, urgent and again are those of the requests.
	timeout time.Duration
	urgent  bool
	again   retryPolicy
}

// List lists executions, those that started last first, until enough returns true or there are no more. It is called
// after each page with all that have been listed so far; nil asks for all.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-executions
func (s *ExecutionsService) List(
	ctx context.Context, query ExecutionsQuery, enough func([]Execution) bool,
) ([]Execution, error) {
	return s.list(ctx, query, listing{pages: maxPages, enough: enough, again: whileItMayPass})
}

// list lists executions within bounds. A page that shows nothing new, or leads to where another one led, ends the list
// with an error: it would never end.
func (s *ExecutionsService) list(ctx context.Context, query ExecutionsQuery, limits listing) ([]Execution, error) {
	req := query.request(limits)
	executions, listed, tokens := []Execution{}, map[string]bool{}, map[string]bool{}
	for range limits.pages {
		page, more, err := s.page(ctx, req)
		if err != nil {
			return executions, err
		}
		before := len(listed)
		for _, execution := range page {
			listed[execution.ID] = true
		}
		executions = append(executions, page...)
		if more == "" || (limits.enough != nil && limits.enough(executions)) {
			return executions, nil
		}
		if len(listed) == before || tokens[more] {
			break
		}
		tokens[more] = true
		req.query.Set(pageToken, more)
	}
	return executions, endlessPages(req)
}

// pageToken is the parameter that leads to a further page.
const pageToken = "paginationToken"

// page lists one page of executions, and returns the token of the next one, or "".
func (s *ExecutionsService) page(ctx context.Context, req request) (executions []Execution, more string, err error) {
	var page executionsPage
	if err := s.client.do(ctx, req, &page); err != nil {
		return nil, "", err
	}
	for i := range page.Results.Items {
		if page.Results.Items[i].ProjectID == "" {
			page.Results.Items[i].ProjectID = req.query.Get("projectId")
		}
	}
	return page.Results.Items, page.More, nil
}

// request returns the request for the first page.
func (q ExecutionsQuery) request(limits listing) request {
	query := q.values()
	query.Set("limit", strconv.Itoa(pageSize))
	return request{
		method: http.MethodGet, elements: []string{"pipeline-executions"}, query: query,
		again: limits.again, timeout: limits.timeout, urgent: limits.urgent,
	}
}

// cancellation is the body of the cancel call, both fields of which are required.
type cancellation struct {
	Status      Status `json:"status"`
	ForceUpdate bool   `json:"forceUpdate"`
}

// cancel asks for an execution's end. Asking again does no harm.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-termination
func (s *ExecutionsService) cancel(ctx context.Context, run Handle, force bool) error {
	return s.client.do(ctx, request{
		method:   http.MethodPatch,
		elements: executionPath(run),
		body:     cancellation{Status: StatusCancelled, ForceUpdate: force},
		again:    whileItMayPass,
	}, nil)
}
