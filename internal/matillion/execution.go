package matillion

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
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

// Ref names an execution.
type Ref struct {
	ProjectID string
	ID        string
}

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
	Message         string    `json:"message"`
	Trigger         string    `json:"trigger"`
	ScheduleID      string    `json:"scheduleId"`
	User            string    `json:"user"`
	StartedAt       Timestamp `json:"startedAt"`
	FinishedAt      Timestamp `json:"finishedAt"`
}

// TriggerAPI is the trigger of executions that were started as ours are.
const TriggerAPI = "API"

func (e *Execution) check() string {
	if e.Status == "" {
		return "the answer has no status"
	}
	return ""
}

// Ref returns the execution's name.
func (e Execution) Ref() Ref { return Ref{ProjectID: e.ProjectID, ID: e.ID} }

// Execution reads where an execution stands. Since is when it started, as far as that is known. Executions of a project
// that are read at the same time are asked for together.
func (c *Client) Execution(ctx context.Context, ref Ref, since time.Time) (Execution, error) {
	for attempt := 0; ; attempt++ {
		execution, err := c.reader.read(ctx, ref, since, false)
		if err == nil || !mayPass(err) || attempt+1 >= attempts || !sleepBefore(ctx, err, attempt) {
			return execution, err
		}
	}
}

// executionOnce reads where an execution stands, in one attempt: whoever waits has a patience of its own.
func (c *Client) executionOnce(ctx context.Context, ref Ref) (Execution, error) {
	var execution Execution
	req := request{method: http.MethodGet, elements: executionPath(ref)}
	if err := c.send(ctx, req, &execution); err != nil {
		return Execution{}, err
	}
	if execution.ID != "" && !strings.EqualFold(execution.ID, ref.ID) {
		return Execution{}, &AnswerError{
			Method: req.method, Path: req.path(), StatusCode: http.StatusOK,
			Problem: "the answer is about another execution",
		}
	}
	execution.ID, execution.ProjectID = ref.ID, ref.ProjectID // the wrapped form has been seen without the project
	execution.Message = clip(c.secrets.redact(execution.Message))
	return execution, nil
}

func executionPath(ref Ref, more ...string) []string {
	return append([]string{"projects", ref.ProjectID, "pipeline-executions", ref.ID}, more...)
}

// Step is one step of an execution. A step may have a final status and no times.
type Step struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Result struct {
		Status     Status    `json:"status"`
		Message    string    `json:"message"`
		StartedAt  Timestamp `json:"startedAt"`
		FinishedAt Timestamp `json:"finishedAt"`
	} `json:"result"`
}

// Steps lists the steps of an execution that have begun, in the API's order.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-steps-status
func (c *Client) Steps(ctx context.Context, ref Ref) ([]Step, error) {
	steps, err := all[Step](ctx, c, nil, executionPath(ref, "steps")...)
	for i := range steps {
		steps[i].Result.Message = clip(c.secrets.redact(steps[i].Result.Message))
	}
	return steps, err
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
	Results []Execution `json:"results"`
	// More leads to the next page; it is absent on the last.
	More string `json:"more"`
}

func (p *executionsPage) check() string {
	if p.Results == nil {
		return "the answer has no results"
	}
	return ""
}

// Executions lists executions, those that started last first, until enough returns true or there are no more. It is
// called after each page with all that have been listed so far; nil asks for all.
func (c *Client) Executions(
	ctx context.Context, query ExecutionsQuery, enough func([]Execution) bool,
) ([]Execution, error) {
	values := query.values()
	values.Set("limit", strconv.Itoa(pageSize))
	executions := []Execution{}
	var tokens []string
	for range maxPages {
		var next executionsPage
		if err := c.get(ctx, &next, values, "pipeline-executions"); err != nil {
			return executions, err
		}
		for _, execution := range next.Results {
			execution.Message = clip(c.secrets.redact(execution.Message))
			if execution.ProjectID == "" {
				execution.ProjectID = query.ProjectID
			}
			executions = append(executions, execution)
		}
		if next.More == "" || (enough != nil && enough(executions)) {
			return executions, nil
		}
		if slices.Contains(tokens, next.More) {
			return executions, endlessPages("pipeline-executions")
		}
		tokens = append(tokens, next.More)
		values.Set("paginationToken", next.More)
	}
	return executions, endlessPages("pipeline-executions")
}

// started is the answer of the execute call.
type started struct {
	ID string `json:"pipelineExecutionId"`
}

func (s *started) check() string {
	if s.ID == "" || s.ID != clip(s.ID) {
		return "the answer has no execution id"
	}
	return ""
}

var startedID = regexp.MustCompile(
	`"pipelineExecutionId"\s*:\s*"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"`)

// salvage takes the id out of a body that is cut off, or wrapped in a way that nobody has seen yet: the id is worth
// more than the form.
func (s *started) salvage(body []byte) bool {
	match := startedID.FindSubmatch(body)
	if match == nil {
		return false
	}
	s.ID = string(match[1])
	return true
}

// execute sends the execute call once (twice when the first token is refused), and returns the id of the execution and
// when the call was sent. Once the call is about to be sent, the context's end no longer reaches it.
func (c *Client) execute(ctx context.Context, req ExecuteRequest) (id string, sentAt time.Time, err error) {
	var answer started
	sentAt = time.Now()
	err = c.send(ctx, request{
		method:   http.MethodPost,
		elements: []string{"projects", req.ProjectID, "pipeline-executions"},
		body:     req,
		uncut:    true,
		sentAt:   &sentAt,
	}, &answer)
	return answer.ID, sentAt, err
}

// cancellation is the body of the cancel call, both fields of which are required.
type cancellation struct {
	Status      Status `json:"status"`
	ForceUpdate bool   `json:"forceUpdate"`
}

// cancel asks for an execution's end. Asking again does no harm.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-termination
func (c *Client) cancel(ctx context.Context, ref Ref, force bool) error {
	return c.repeat(ctx, request{
		method:   http.MethodPatch,
		elements: executionPath(ref),
		body:     cancellation{Status: StatusCancelled, ForceUpdate: force},
	}, nil)
}
