// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// publishing is a scenario with as many published pipelines.
func publishing(n int) mockserver.Scenario {
	pipelines := make([]mockserver.Pipeline, n)
	for i := range pipelines {
		pipelines[i].Name = fmt.Sprintf("folder/pipeline %03d.orch.yaml", i)
	}
	return mockserver.Scenario{Projects: []mockserver.Project{{ID: testProject, Name: "Test", Environments: []mockserver.Environment{
		{Name: testEnvironment, Pipelines: pipelines},
	}}}}
}

func TestPages_areFollowedToTheEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ pipelines, pageSize, calls int }{
		{0, 100, 1}, {1, 100, 1}, {99, 100, 1}, {100, 100, 1}, {101, 100, 2}, {200, 100, 2}, {240, 100, 3},
		// A server that gives smaller pages than it is asked for.
		{240, 25, 10}, {240, 1, 240}, {24, 7, 4},
	} {
		t.Run(fmt.Sprintf("%d by %d", test.pipelines, test.pageSize), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := publishing(test.pipelines)
				s.MaxPageSize = test.pageSize
				c := connect(t, setup{scenario: s})
				pipelines, err := c.Pipelines.Published(t.Context(), testProject, testEnvironment)
				if err != nil {
					t.Fatal(err)
				}
				wantEqual(t, "pipelines", len(pipelines), test.pipelines)
				for i, p := range pipelines {
					wantEqual(t, "name", p.Name, fmt.Sprintf("folder/pipeline %03d.orch.yaml", i))
				}
				wantEqual(t, "calls", c.server.Calls(mockserver.OpPublishedPipelines), test.calls)
			})
		})
	}
}

// pages answers pages of numbered projects; total is what each page says the total is, if anything.
func pages(t *testing.T, all int, total string) (client *Client, calls func() int) {
	t.Helper()
	n := 0
	client = talkingTo(t, func(req *http.Request) (*http.Response, error) {
		n++
		number, err := strconv.Atoi(req.URL.Query().Get("page"))
		if err != nil {
			return nil, err
		}
		items := []string{}
		for i := number * pageSize; i < min(all, (number+1)*pageSize); i++ {
			items = append(items, fmt.Sprintf(`{"id":"%d"}`, i))
		}
		body := `{"results":[` + strings.Join(items, ",") + `]` + total + `}`
		return answerTo(req, http.StatusOK, strings.NewReader(body)), nil
	})
	return client, func() int { return n }
}

func TestPages_theTotalMayBeAbsentOrWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		all   int
		total string
		items int
		calls int
	}{
		"absent, none":         {0, ``, 0, 1},
		"absent, short":        {99, ``, 99, 1},
		"absent, one full":     {100, ``, 100, 2},
		"absent, three":        {240, ``, 240, 3},
		"null":                 {240, `,"total":null`, 240, 3},
		"right":                {240, `,"total":240`, 240, 3},
		"too great":            {240, `,"total":1000`, 240, 4},
		"great beyond measure": {240, `,"total":9000000000000000000`, 240, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, calls := pages(t, test.all, test.total)
			projects, err := client.Projects.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "items", len(projects), test.items)
			wantEqual(t, "calls", calls(), test.calls)
		})
	}
}

func TestPages_endlessOnesComeToAnEnd(t *testing.T) {
	t.Parallel()
	const endless = "GET /v1/projects: 200 OK: the pages of the list do not come to an end"
	t.Run("the same for ever", func(t *testing.T) {
		t.Parallel()
		n := 0
		full := `{"results":[` + strings.Repeat(`{"id":"x"},`, pageSize-1) + `{"id":"x"}],"total":1000000}`
		client := talkingTo(t, func(req *http.Request) (*http.Response, error) {
			n++
			return answerTo(req, http.StatusOK, strings.NewReader(full)), nil
		})
		_, err := client.Projects.List(t.Context())
		if err == nil || err.Error() != endless {
			t.Errorf("error = %v", err)
		}
		wantEqual(t, "calls", n, 2)
	})
	t.Run("another for ever", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			client, calls := pages(t, 1<<30, `,"total":1073741824`)
			_, err := client.Projects.List(t.Context())
			if err == nil || err.Error() != endless {
				t.Errorf("error = %v", err)
			}
			wantEqual(t, "calls", calls(), maxPages)
		})
	})
}

func TestPages_anErrorOnAnyOfThemIsTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := publishing(240)
		s.Faults = []mockserver.Fault{
			{On: mockserver.OpPublishedPipelines, Kind: mockserver.FaultStatus, Status: 503, Skip: 1, Times: 2},
			{On: mockserver.OpPublishedPipelines, Kind: mockserver.FaultStatus, Status: 403, Skip: 4},
		}
		c := connect(t, setup{scenario: s})
		pipelines, err := c.Pipelines.Published(t.Context(), testProject, testEnvironment)
		wantEqual(t, "status", StatusCode(err), 403)
		wantEqual(t, "pipelines", len(pipelines), 0)
		wantEqual(t, "calls", c.server.Calls(""), 5)
	})
}

func TestExecutions_listsNewestFirstToTheEnd(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ runs, calls int }{{0, 1}, {1, 1}, {100, 1}, {101, 2}, {240, 3}} {
		t.Run(fmt.Sprint(test.runs), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{})
				refs := c.running(test.runs, c.began)
				executions, err := c.Executions.List(t.Context(), ExecutionsQuery{ProjectID: testProject}, nil)
				if err != nil || executions == nil {
					t.Fatal(executions, err)
				}
				slices.Reverse(refs)
				for i, e := range executions {
					wantEqual(t, "ref", e.Handle().key(), refs[i])
				}
				wantEqual(t, "executions", len(executions), test.runs)
				wantEqual(t, "calls", c.server.Calls(mockserver.OpList), test.calls)
			})
		})
	}
}

func TestExecutions_untilThereAreEnough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		c.running(500, c.began)
		var seen []int
		executions, err := c.Executions.List(t.Context(), ExecutionsQuery{ProjectID: testProject}, func(listed []Execution) bool {
			seen = append(seen, len(listed))
			return len(listed) > 150
		})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "seen", seen, []int{100, 200})
		wantEqual(t, "executions", len(executions), 200)
		wantEqual(t, "calls", c.server.Calls(mockserver.OpList), 2)
	})
}

func TestExecutions_asksForWhatIsWanted(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678900000, time.FixedZone("", 3600))
	for name, test := range map[string]struct {
		query ExecutionsQuery
		want  url.Values
	}{
		"nothing": {ExecutionsQuery{}, url.Values{"limit": {"100"}}},
		"all": {ExecutionsQuery{
			ProjectID: "p", PipelineName: "n & m", EnvironmentName: "e", ScheduleID: "s", TimeFrame: "t",
			Statuses: []Status{StatusRunning, StatusFailed}, StartedAfter: at, StartedBefore: at.Add(time.Second),
		}, url.Values{
			"limit": {"100"}, "projectId": {"p"}, "pipelineName": {"n & m"}, "environmentName": {"e"}, "scheduleId": {"s"},
			"timeFrame": {"t"}, "status": {"RUNNING", "FAILED"},
			"startedAfter": {"2026-01-02T02:04:05.6789Z"}, "startedBefore": {"2026-01-02T02:04:06.6789Z"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, setup{})
			if _, err := c.Executions.List(t.Context(), test.query, nil); err != nil {
				t.Fatal(err)
			}
			for _, r := range c.server.Requests() {
				if r.Operation == mockserver.OpList {
					wantEqual(t, "query", r.Query, test.want)
				}
			}
		})
	}
}

// The token leads to the next page, and the filters are given again.
func TestExecutions_passesTheTokenOn(t *testing.T) {
	t.Parallel()
	var queries []url.Values
	client := talkingTo(t, func(req *http.Request) (*http.Response, error) {
		queries = append(queries, req.URL.Query())
		body := `{"results":[{"pipelineExecutionId":"a"}],"more":"to+ken/= &1"}`
		if len(queries) == 2 {
			body = `{"results":[{"pipelineExecutionId":"b","projectId":"q"}]}`
		}
		return answerTo(req, http.StatusOK, strings.NewReader(body)), nil
	})
	executions, err := client.Executions.List(t.Context(), ExecutionsQuery{ProjectID: "p"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "refs", []Handle{executions[0].Handle().key(), executions[1].Handle().key()},
		[]Handle{{ProjectID: "p", ID: "a"}, {ProjectID: "q", ID: "b"}})
	wantEqual(t, "queries", queries, []url.Values{
		{"projectId": {"p"}, "limit": {"100"}},
		{"projectId": {"p"}, "limit": {"100"}, "paginationToken": {"to+ken/= &1"}},
	})
}

func TestExecutions_endlessOnesComeToAnEnd(t *testing.T) {
	t.Parallel()
	const (
		list    = "GET /v1/pipeline-executions: 200 OK: the "
		endless = list + "pages of the list do not come to an end"
		long    = list + "list has more than 300 pages, which is as far as it is read"
	)
	for name, test := range map[string]struct {
		more  func(n int) string
		calls int
		want  string
	}{
		"the same token":  {func(int) string { return "again" }, 2, endless},
		"tokens in turns": {func(n int) string { return strconv.Itoa(n % 7) }, 8, endless},
		"other tokens":    {strconv.Itoa, maxPages, long},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := 0
				client := talkingTo(t, func(req *http.Request) (*http.Response, error) {
					n++
					body := fmt.Sprintf(`{"results":[{"pipelineExecutionId":"%d"}],"more":%q}`, n, test.more(n))
					return answerTo(req, http.StatusOK, strings.NewReader(body)), nil
				})
				executions, err := client.Executions.List(t.Context(), ExecutionsQuery{}, nil)
				if err == nil || err.Error() != test.want {
					t.Errorf("error = %v", err)
				}
				wantEqual(t, "calls", n, test.calls)
				wantEqual(t, "what there was", len(executions), test.calls)
			})
		})
	}
}

func TestExecutions_whatWasListedComesWithTheError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{
			{On: mockserver.OpList, Kind: mockserver.FaultStatus, Status: 403, Skip: 2},
		}}})
		c.running(500, c.began)
		executions, err := c.Executions.List(t.Context(), ExecutionsQuery{ProjectID: testProject}, nil)
		wantEqual(t, "status", StatusCode(err), 403)
		wantEqual(t, "executions", len(executions), 200)
	})
}

func TestSteps_listsAllPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := mockserver.Run{Duration: minute, Ends: "FAILED"}
		for i := range 130 {
			run.Steps = append(run.Steps, mockserver.Step{Name: fmt.Sprint("step ", i)})
		}
		run.Steps = append(run.Steps,
			mockserver.Step{Name: "fails", Status: "FAILED", Message: "no\nsuch table", Duration: 10 * second},
			mockserver.Step{Name: "skipped", Status: "SKIPPED"},
			mockserver.Step{Name: "not yet", After: 2 * minute})
		c := connect(t, setup{run: run, started: 1})
		ref := c.start(t).Handle
		advance(time.Minute)
		steps, err := c.Executions.Steps(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "steps", len(steps), 132)
		wantEqual(t, "calls", c.server.Calls(mockserver.OpSteps), 2)
		failed, skipped := steps[130], steps[131]
		wantEqual(t, "failed", []any{failed.Name, failed.Result.Status, failed.Result.Message}, []any{Text("fails"), StatusFailed, Text("no such table")})
		wantEqual(t, "times", failed.Result.FinishedAt.Sub(failed.Result.StartedAt.Time), 10*time.Second)
		wantEqual(t, "skipped", []any{skipped.Result.Status, skipped.Result.StartedAt.IsZero()}, []any{StatusSkipped, true})
	})
}
