package mockserver

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
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

// position is the place in the order of the list behind one run. It is stable
// while new runs come in at the front.
type position struct {
	Began  int64 `json:"t"`
	Number int   `json:"n"`
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
// CONFIRMED: parameters, order, answer. Assumed: that several statuses may be
// repeated or separated by commas, and that filters are given again with each
// page. timeFrame is accepted and has no effect, as its format is not given.
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-executions
func (s *Server) list(c *call) answer {
	query, violations := s.readListQuery(c.query)
	if len(violations) > 0 {
		return c.malformed(violations...)
	}
	found := s.matching(query)
	page := listWire{Results: []executionWire{}}
	for _, e := range found[:min(query.limit, len(found))] {
		page.Results = append(page.Results, s.wire(e))
	}
	switch {
	case s.scenario.RepeatPageToken && query.token != "":
		page.More = query.token
	case len(found) > query.limit:
		page.More = encodePosition(found[query.limit-1].position())
	case s.scenario.RepeatPageToken:
		page.More = encodePosition(position{})
	}
	return jsonAnswer(http.StatusOK, page)
}

func (s *Server) matching(query listQuery) []*execution {
	var found []*execution
	for _, e := range s.executions {
		if s.visible(e) && query.wants(e) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b *execution) int { return newestFirst(a.position(), b.position()) })
	return found
}

func (q listQuery) wants(e *execution) bool {
	switch {
	case q.after != nil && newestFirst(*q.after, e.position()) >= 0,
		q.projectID != "" && !strings.EqualFold(q.projectID, e.ProjectID),
		q.environmentName != "" && q.environmentName != e.EnvironmentName,
		q.scheduleID != "" && q.scheduleID != e.ScheduleID,
		!strings.Contains(strings.ToLower(e.PipelineName), strings.ToLower(q.pipelineName)),
		!q.startedAfter.IsZero() && e.StartedAt.Before(q.startedAfter),
		!q.startedBefore.IsZero() && e.StartedAt.After(q.startedBefore):
		return false
	}
	return len(q.statuses) == 0 || slices.Contains(q.statuses, e.standing().status)
}

func (s *Server) readListQuery(values url.Values) (listQuery, []string) {
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

// encodePosition uses the alphabet with +, / and =, which only a client that
// escapes its query properly gets back here whole.
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
