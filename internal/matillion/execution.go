package matillion

import (
	"context"
	"math/rand/v2"
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
	Message         string    `json:"message"`
	Trigger         string    `json:"trigger"`
	ScheduleID      string    `json:"scheduleId"`
	User            string    `json:"user"`
	StartedAt       Timestamp `json:"startedAt"`
	FinishedAt      Timestamp `json:"finishedAt"`
}

// ExecutionsService starts pipelines, and follows, lists and cancels their executions. It knows what this process has
// started.
type ExecutionsService struct {
	client *Client
	starts startBook
	tags   tagQueue
	reader reader
	ticks  ticks
}

func newExecutionsService(client *Client) *ExecutionsService {
	s := &ExecutionsService{client: client, ticks: ticks{phase: rand.N(tickUnit)}}
	s.reader.executions = s
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
	var execution Execution
	err := retry(ctx, whileItMayPass, func() (err error) {
		execution, err = s.reader.read(ctx, run, false)
		return err
	})
	return execution, err
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
	execution.Message = clip(s.client.secrets.redact(execution.Message))
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
		Message    string    `json:"message"`
		StartedAt  Timestamp `json:"startedAt"`
		FinishedAt Timestamp `json:"finishedAt"`
	} `json:"result"`
}

// Steps lists the steps of an execution that have begun, in the API's order.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-steps-status
func (s *ExecutionsService) Steps(ctx context.Context, run Handle) ([]Step, error) {
	steps, err := all[Step](ctx, s.client, nil, executionPath(run, "steps")...)
	for i := range steps {
		steps[i].Result.Message = clip(s.client.secrets.redact(steps[i].Result.Message))
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

// List lists executions, those that started last first, until enough returns true or there are no more. It is
// called after each page with all that have been listed so far; nil asks for all.
func (s *ExecutionsService) List(
	ctx context.Context, query ExecutionsQuery, enough func([]Execution) bool,
) ([]Execution, error) {
	values := query.values()
	values.Set("limit", strconv.Itoa(pageSize))
	executions := []Execution{}
	var tokens []string
	for range maxPages {
		var next executionsPage
		if err := s.client.get(ctx, &next, values, "pipeline-executions"); err != nil {
			return executions, err
		}
		for _, execution := range next.Results {
			execution.Message = clip(s.client.secrets.redact(execution.Message))
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
func (s *ExecutionsService) execute(ctx context.Context, req ExecuteRequest) (id string, sentAt time.Time, err error) {
	var answer started
	sentAt = time.Now()
	err = s.client.do(ctx, request{
		method:   http.MethodPost,
		elements: []string{"projects", req.ProjectID, "pipeline-executions"},
		body:     req,
		again:    never,
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
func (s *ExecutionsService) cancel(ctx context.Context, run Handle, force bool) error {
	return s.client.do(ctx, request{
		method:   http.MethodPatch,
		elements: executionPath(run),
		body:     cancellation{Status: StatusCancelled, ForceUpdate: force},
		again:    whileItMayPass,
	}, nil)
}
