// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const defaultPageSize = 25

var listStatuses = []string{
	statusRunning, statusCancelling, statusSuccess, statusFailed, statusCancelled, statusSkipped, statusUnknown,
}

// listWire is one page; More is absent on the last.
type listWire struct {
	Results []executionWire `json:"results"`
	More    string          `json:"more,omitempty"`
}

// listQuery is the query of the list call after all checks.
type listQuery struct {
	projectID, pipelineName, environmentName, scheduleID string
	startedAfter, startedBefore                          time.Time
	statuses                                             []string
	limit                                                int
	token                                                string
	after                                                *position
}

// position is the place in the order of the list behind one run. It is stable while new runs come in at the front.
type position struct {
	Began  int64 `json:"t"`
	Number int   `json:"n"`
	// Round counts how often an endless list has begun again.
	Round int `json:"r,omitempty"`
}

func (e *execution) position() position {
	return position{Began: e.began.UnixNano(), Number: e.number}
}

// newestFirst orders runs by their start, newest first.
func newestFirst(a, b position) int {
	return cmp.Or(cmp.Compare(b.Began, a.Began), cmp.Compare(b.Number, a.Number))
}

// list answers the executions of all projects that pass the filter.
//
// CONFIRMED: parameters, order, answer. Assumed: that several statuses may be repeated or separated by commas, and that
// filters are given again with each page. timeFrame is accepted and has no effect, as its format is not given.
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-executions
func (s *Server) list(c *call) answer {
	if s.scenario.SingleStatus && len(strings.Split(strings.Join(c.query["status"], ","), ",")) > 1 {
		return c.problem(http.StatusUnprocessableEntity, "status must be one value.")
	}
	query, violations := s.readListQuery(c.query)
	if len(violations) > 0 {
		return c.malformed(violations...)
	}
	found := s.matching(c, query)
	page := listWire{Results: emptyPage[executionWire](s), More: s.nextToken(query, found)}
	for _, e := range found[:min(query.limit, len(found))] {
		page.Results = append(page.Results, s.wire(c, e))
	}
	return jsonAnswer(http.StatusOK, page)
}

// nextToken leads to what comes after the page; "" if that is nothing.
func (s *Server) nextToken(query listQuery, found []*execution) string {
	var here position
	if query.after != nil {
		here = *query.after
	}
	switch {
	case s.scenario.RepeatPageToken && query.token != "":
		return query.token
	case len(found) > query.limit:
		next := found[query.limit-1].position()
		next.Round = here.Round
		return encodePosition(next)
	case s.scenario.EndlessPages:
		return encodePosition(position{Began: math.MaxInt64, Round: here.Round + 1})
	case s.scenario.RepeatPageToken:
		return encodePosition(position{})
	default:
		return ""
	}
}

func (s *Server) matching(c *call, query listQuery) []*execution {
	var found []*execution
	for _, e := range s.executions {
		if s.visible(c, e) && query.wants(e, s.answeredName(e), c.standing(e).status) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b *execution) int { return newestFirst(a.position(), b.position()) })
	return found
}

// wants says whether a run passes the filters, by the name and the status that the answer has for it.
func (q listQuery) wants(e *execution, name, status string) bool {
	switch {
	case q.after != nil && newestFirst(*q.after, e.position()) >= 0,
		q.projectID != "" && !strings.EqualFold(q.projectID, e.ProjectID),
		q.environmentName != "" && q.environmentName != e.EnvironmentName,
		q.scheduleID != "" && q.scheduleID != e.ScheduleID,
		!strings.Contains(strings.ToLower(name), strings.ToLower(q.pipelineName)),
		!q.startedAfter.IsZero() && e.StartedAt.Before(q.startedAfter),
		!q.startedBefore.IsZero() && e.StartedAt.After(q.startedBefore):
		return false
	}
	return len(q.statuses) == 0 || slices.Contains(q.statuses, status)
}

func (s *Server) readListQuery(values url.Values) (listQuery, []string) {
	values = maps.Clone(values)
	for _, name := range s.scenario.IgnoredFilters {
		values.Del(name)
	}
	reader := queryReader{values: values}
	query := listQuery{
		projectID:       values.Get("projectId"),
		pipelineName:    values.Get("pipelineName"),
		environmentName: values.Get("environmentName"),
		scheduleID:      values.Get("scheduleId"),
		startedAfter:    reader.time("startedAfter"),
		startedBefore:   reader.time("startedBefore"),
		statuses:        reader.statuses(),
		limit:           min(reader.number("limit", defaultPageSize, 1), s.scenario.MaxPageSize),
		token:           values.Get("paginationToken"),
		after:           reader.position("paginationToken"),
	}
	return query, reader.violations
}

// queryReader takes values out of a query and notes what is wrong.
type queryReader struct {
	values     url.Values
	violations []string
}

func (q *queryReader) refuse(name, reason string) {
	q.violations = append(q.violations, fmt.Sprintf("%s=%q %s", name, q.values.Get(name), reason))
}

func (q *queryReader) number(name string, unset, least int) int {
	if !q.values.Has(name) {
		return unset
	}
	number, err := strconv.ParseInt(q.values.Get(name), 10, 32)
	if err != nil || int(number) < least {
		q.refuse(name, fmt.Sprintf("must be a whole number from %d", least))
		return unset
	}
	return int(number)
}

func (q *queryReader) time(name string) time.Time {
	if !q.values.Has(name) {
		return time.Time{}
	}
	parsed, err := time.Parse(time.RFC3339Nano, q.values.Get(name))
	if err != nil {
		q.refuse(name, "must be a date-time")
	}
	return parsed
}

func (q *queryReader) statuses() []string {
	var statuses []string
	for _, value := range q.values["status"] {
		for status := range strings.SplitSeq(value, ",") {
			if !slices.Contains(listStatuses, status) {
				q.refuse("status", "must be one of "+strings.Join(listStatuses, ", "))
			}
			statuses = append(statuses, status)
		}
	}
	return statuses
}

func (q *queryReader) position(name string) *position {
	if !q.values.Has(name) {
		return nil
	}
	place, ok := decodePosition(q.values.Get(name))
	if !ok {
		q.refuse(name, "is not a token of this list")
	}
	return &place
}

// encodePosition uses the alphabet with +, / and =, which only a client that escapes its query properly gets back here
// whole.
func encodePosition(p position) string {
	text, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return "+/" + base64.StdEncoding.EncodeToString(text) + "="
}

func decodePosition(token string) (position, bool) {
	token, hasPrefix := strings.CutPrefix(token, "+/")
	token, hasSuffix := strings.CutSuffix(token, "=")
	text, err := base64.StdEncoding.DecodeString(token)
	var p position
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	return p, err == nil && hasPrefix && hasSuffix
}
