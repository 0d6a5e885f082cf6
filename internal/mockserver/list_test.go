// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestList_filters(t *testing.T) {
	t.Parallel()
	at := func(hour int) time.Time { return time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC) }
	runs := []Execution{
		{
			ID: "a", PipelineName: "load/Orders.orch.yaml", EnvironmentName: "Production", Status: statusRunning,
			StartedAt: at(12),
		},
		{
			ID: "b", PipelineName: "load/orders.orch.yaml", EnvironmentName: "Development", Status: statusFailed,
			StartedAt: at(13), ProjectID: "P2",
		},
		{
			ID: "c", PipelineName: "Nightly", EnvironmentName: "Production", Status: statusCancelled, StartedAt: at(14),
			ScheduleID: "s",
		},
	}
	for name, test := range map[string]struct {
		query string
		want  []any
	}{
		"none":                {"", []any{"c", "b", "a"}},
		"project":             {"projectId=p2", []any{"b"}},
		"unknown project":     {"projectId=p3", []any{}},
		"pipeline":            {"pipelineName=ORDERS", []any{"b", "a"}},
		"environment":         {"environmentName=Production", []any{"c", "a"}},
		"environment in part": {"environmentName=Prod", []any{}},
		"schedule":            {"scheduleId=s", []any{"c"}},
		"after, inclusive":    {"startedAfter=2026-03-01T13:00:00Z", []any{"c", "b"}},
		"before, inclusive":   {"startedBefore=2026-03-01T15:00:00%2B02:00", []any{"b", "a"}},
		"both": {
			"startedAfter=2026-03-01T12:00:00.001Z&startedBefore=2026-03-01T13:59:59.999Z", []any{"b"},
		},
		"status":                 {"status=FAILED", []any{"b"}},
		"statuses repeated":      {"status=FAILED&status=RUNNING", []any{"b", "a"}},
		"statuses with commas":   {"status=FAILED,CANCELLED", []any{"c", "b"}},
		"limit":                  {"limit=2", []any{"c", "b"}},
		"time frame, unfiltered": {"timeFrame=LAST_DAY", []any{"c", "b", "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := inProcess(t, testScenario(Run{}))
			for _, e := range runs {
				c.server.StartElsewhere(e)
			}
			r := c.get(APIPath + "/v1/pipeline-executions?" + test.query)
			wantEqual(t, r.values("pipelineExecutionId"), test.want)
			wantEqual(t, len(c.server.Unexpected()), 0)
		})
	}
}

func TestList_refuses(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	for _, query := range []string{
		"limit=0", "limit=x", "limit=9999999999", "limit=", "status=DONE", "status=", "startedAfter=yesterday",
		"startedBefore=2026-03-01", "paginationToken=x", "paginationToken=", "%zz", "a;b",
	} {
		if r := c.get(APIPath + "/v1/pipeline-executions?" + query); r.status != http.StatusBadRequest {
			t.Errorf("%s answered %d", query, r.status)
		}
	}
	wantEqual(t, len(c.server.Unexpected()), 12)
}

func TestList_flatEvenWhenDetailsAreWrapped(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{Forever: true}))
	c.start()
	wantEqual(t, c.list(nil).values("projectId"), []any{SampleProjectID})
}

func TestList_pagesAreStable(t *testing.T) {
	t.Parallel()
	bothWays(t, testScenario(Run{}), func(t *testing.T, c *client) {
		var want []any
		for range 7 {
			want = append(want, c.start())
		}
		slices.Reverse(want)
		got, query := []any{}, url.Values{"limit": {"3"}}
		for page := range 3 {
			r := c.list(query)
			got = append(got, r.values("pipelineExecutionId")...)
			more, ok := r.body["more"].(string)
			wantEqual(t, ok, page < 2)
			query.Set("paginationToken", more)
			c.start()
		}
		wantEqual(t, got, want)
	})
}

func TestList_sizes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ most, limit, want int }{
		{0, 0, 25}, {0, 500, 100}, {10, 500, 10}, {10, 0, 10}, {0, 3, 3},
	} {
		s := testScenario(Run{})
		s.MaxPageSize = test.most
		c := inProcess(t, s)
		for range 101 {
			c.server.StartElsewhere(Execution{})
		}
		query := url.Values{}
		if test.limit > 0 {
			query.Set("limit", strconv.Itoa(test.limit))
		}
		wantEqual(t, len(c.list(query).values("status")), test.want)
	}
}

func TestList_repeatPageToken(t *testing.T) {
	t.Parallel()
	for _, runs := range []int{0, 1, 5} {
		s := testScenario(Run{})
		s.RepeatPageToken = true
		c := inProcess(t, s)
		for range runs {
			c.start()
		}
		more, _ := c.list(url.Values{"limit": {"2"}}).body["more"].(string)
		for range 3 {
			wantEqual(t, c.list(url.Values{"limit": {"2"}, "paginationToken": {more}}).body["more"], any(more))
		}
	}
}

func TestList_newestStartFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, testScenario(Run{}))
		now := time.Now()
		for id, ahead := range map[string]time.Duration{"b": 2 * time.Minute, "a": time.Minute, "c": 3 * time.Minute} {
			c.server.StartElsewhere(Execution{ID: id, StartedAt: now.Add(ahead)})
		}
		wantEqual(t, c.list(nil).values("pipelineExecutionId"), []any{})
		advance(time.Hour)
		wantEqual(t, c.list(nil).values("pipelineExecutionId"), []any{"c", "b", "a"})
	})
}
