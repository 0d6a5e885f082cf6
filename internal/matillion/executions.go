// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

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
	return s.list(ctx, query, listing{pages: maxPages, enough: enough, again: whileTransient})
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
			return executions, endlessPages(req)
		}
		tokens[more] = true
		req.query.Set(pageToken, more)
	}
	return executions, morePages(req, limits.pages)
}

// pageToken is the parameter that leads to a further page.
const pageToken = "paginationToken"

// page lists one page of executions, and returns the token of the next one, or "".
func (s *ExecutionsService) page(ctx context.Context, req request) (executions []Execution, more string, err error) {
	var page executionsPage
	if err := s.client.do(ctx, req, &page); err != nil {
		return nil, "", err
	}
	executions = page.Results.Items
	for i, execution := range executions {
		executions[i].ProjectID = cmp.Or(execution.ProjectID, req.query.Get("projectId"))
	}
	return executions, page.More, nil
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

// Running lists the executions of an environment that are running, those that started last first, whoever started them.
// It asks for one status: whether the filter takes several is not known, and a server that takes the last of them would
// hide all that run.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-executions
func (s *ExecutionsService) Running(ctx context.Context, projectID, environmentName string) ([]Execution, error) {
	listed, err := s.list(ctx, ExecutionsQuery{
		ProjectID: projectID, EnvironmentName: environmentName, Statuses: []Status{StatusRunning},
	}, listing{pages: lookPages, timeout: lookTimeout, again: whileTransient})
	found := executionSet{}
	found.add(listed, func(e Execution) bool {
		return !e.Status.Ended() && isIn(e, ExecuteRequest{ProjectID: projectID, EnvironmentName: environmentName})
	})
	return found.sorted(), err
}
