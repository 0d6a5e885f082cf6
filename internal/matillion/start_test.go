// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// verdict puts the outcome of a start into words.
func verdict(started Started, err error) string {
	switch {
	case err == nil && started.Adopted:
		return "adopted"
	case err == nil:
		return "started"
	}
	if maybe, ok := errors.AsType[*MaybeStartedError](err); ok {
		return fmt.Sprintf("maybe: %d candidates", len(maybe.Candidates))
	}
	if _, ok := errors.AsType[*NotStartedError](err); ok {
		return "not started"
	}
	if _, ok := errors.AsType[*TagInUseError](err); ok {
		return "tag in use"
	}
	if tokenErr, ok := errors.AsType[*TokenError](err); ok {
		return fmt.Sprintf("no token: %d", tokenErr.StatusCode)
	}
	if connErr, ok := errors.AsType[*ConnectionError](err); ok && !connErr.Written {
		return "not reached"
	}
	if status := StatusCode(err); status != 0 {
		return fmt.Sprintf("refused: %d", status)
	}
	return "unsorted: " + err.Error()
}

// random is a time that is not exact, because a back-off is in it.
const random = time.Duration(-1)

// looking is how long it takes to look for a lost execution.
const looking = searchFor

// startCase is a start against a server that misbehaves, and what must come of it.
type startCase struct {
	faults []mockserver.Fault
	// change is what else is different about the server.
	change func(*mockserver.Scenario)
	alter  func(*http.Request, *http.Response)
	tag    string
	opts   StartOptions

	want string
	// posts is how often the execute call reached the server, attempts how often it was sent; 0 means as often.
	posts, attempts int
	// started is how many runs the server started.
	started int
	took    time.Duration
}

func (test startCase) run(t *testing.T) {
	t.Helper()
	s := setup{run: forever, alter: test.alter, started: test.started, scenario: mockserver.Scenario{Faults: test.faults}}
	if test.change != nil {
		test.change(&s.scenario)
	}
	c := connect(t, s)
	started, err := c.Executions.Start(t.Context(), taggedRequest(test.tag), test.opts)
	if got := verdict(started, err); got != test.want {
		t.Errorf("outcome = %s, want %s (%+v, %v)", got, test.want, started, err)
	}
	if test.took != random {
		wantEqual(t, "time", time.Since(c.began), test.took)
	}
	wantEqual(t, "posts that reached the server", c.server.Calls(mockserver.OpExecute), test.posts)
	wantEqual(t, "posts that were sent", c.sentPosts(), max(test.posts, test.attempts))
	if err == nil {
		wantEqual(t, "execution", started.key(), Handle{ProjectID: testProject, ID: c.server.Started()[0].ID})
		wantEqual(t, "cause is there", started.Cause != nil, started.Adopted)
		// The server tells whole seconds: what it showed is known to a second.
		first, last := c.firstAndLastPost()
		if started.Adopted {
			wantBetween(t, "start, before the request", first.Sub(started.StartedAt), first.Sub(last), time.Second)
		} else {
			wantBetween(t, "start, before the request", last.Sub(started.StartedAt), 0, time.Second)
		}
	}
}

func runStartCases(t *testing.T, tests map[string]startCase) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, test.run)
		})
	}
}

// once and always are faults of the execute call.
func once(f mockserver.Fault) []mockserver.Fault {
	f.Times = 1
	return always(f)
}

func always(f mockserver.Fault) []mockserver.Fault {
	if f.On == "" {
		f.On = mockserver.OpExecute
	}
	return []mockserver.Fault{f}
}

func TestStart_answered(t *testing.T) {
	t.Parallel()
	status := func(code int) func(*mockserver.Scenario) {
		return func(s *mockserver.Scenario) { s.ExecuteStatus = code }
	}
	body := func(format string) func(*http.Request, *http.Response) {
		return replaceBody(func(body string) string { return strings.ReplaceAll(format, "BODY", body) }, nil)
	}
	cut := func(end error) func(*http.Request, *http.Response) {
		return replaceBody(func(body string) string { return strings.TrimSuffix(body, "}") }, end)
	}
	runStartCases(t, map[string]startCase{
		"201":                    {want: "started", posts: 1, started: 1},
		"200":                    {change: status(200), want: "started", posts: 1, started: 1},
		"202":                    {change: status(202), want: "started", posts: 1, started: 1},
		"206":                    {change: status(206), want: "started", posts: 1, started: 1},
		"with a tag":             {tag: "tag", want: "started", posts: 1, started: 1},
		"wrapped":                {alter: body(`{"result":BODY}`), want: "started", posts: 1, started: 1},
		"with spaces":            {alter: body("\r\n\t BODY \n"), want: "started", posts: 1, started: 1},
		"with a byte order mark": {alter: body("\ufeffBODY"), want: "started", posts: 1, started: 1},
		"with something after":   {alter: body("BODYBODY"), want: "started", posts: 1, started: 1},
		"cut, connection broken": {alter: cut(io.ErrUnexpectedEOF), want: "started", posts: 1, started: 1},
		"cut, connection closed": {alter: cut(nil), want: "started", posts: 1, started: 1},
		"whole, connection broken": {alter: replaceBody(func(body string) string { return body }, io.ErrUnexpectedEOF),
			want: "started", posts: 1, started: 1},
		"slowly": {faults: always(mockserver.Fault{Kind: mockserver.FaultDelay, Delay: 20 * second}),
			want: "started", posts: 1, started: 1, took: 20 * time.Second},
		// 62 bytes: when the request times out, the id has come.
		"drip by drip, slowly": {faults: always(mockserver.Fault{Kind: mockserver.FaultDrip, Delay: second * 45 / 100}),
			want: "started", posts: 1, started: 1, took: random},
	})
}

func TestStart_sendsAgainWhatProvablyStartedNothing(t *testing.T) {
	t.Parallel()
	token := func(f mockserver.Fault) []mockserver.Fault {
		f.On = mockserver.OpToken
		return []mockserver.Fault{f}
	}
	times := func(n int, f mockserver.Fault) []mockserver.Fault {
		f.On, f.Times = mockserver.OpExecute, n
		return []mockserver.Fault{f}
	}
	limited := func(retryAfter string) mockserver.Fault {
		return mockserver.Fault{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: retryAfter}
	}
	runStartCases(t, map[string]startCase{
		"dial refused once": {faults: times(1, mockserver.Fault{Kind: mockserver.FaultDial}),
			want: "started", posts: 1, attempts: 2, started: 1, took: random},
		"dial refused five times": {faults: times(5, mockserver.Fault{Kind: mockserver.FaultDial}),
			want: "started", posts: 1, attempts: 6, started: 1, took: random},
		"dial refused for ever": {faults: always(mockserver.Fault{Kind: mockserver.FaultDial}),
			want: "not reached", attempts: 6, took: random},
		"token unavailable once": {faults: token(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 503, Times: 1}),
			want: "started", posts: 1, started: 1, took: random},
		"token unavailable for ever": {faults: token(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 503}),
			want: "no token: 503", took: random},
		"token connection lost": {faults: token(mockserver.Fault{Kind: mockserver.FaultDropAfter, Times: 1}),
			want: "started", posts: 1, started: 1, took: random},
		"token dial refused": {faults: token(mockserver.Fault{Kind: mockserver.FaultDial, Times: 2}),
			want: "started", posts: 1, started: 1, took: random},
		"token limited": {faults: token(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "9", Times: 2}),
			want: "started", posts: 1, started: 1, took: 18 * time.Second},
		"token refused": {faults: token(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 401}),
			want: "no token: 401"},
		"429, seconds": {faults: times(1, limited("7")),
			want: "started", posts: 2, started: 1, took: 7 * time.Second},
		"429, a date": {faults: times(1, limited("date:9")),
			want: "started", posts: 2, started: 1, took: 9 * time.Second},
		"429, a date, clocks apart": {faults: times(1, limited("date:9")),
			change: func(s *mockserver.Scenario) { s.ClockSkew = 60 * minute },
			want:   "started", posts: 2, started: 1, took: 9 * time.Second},
		"429, more often than other attempts": {faults: times(20, limited("30")),
			want: "started", posts: 21, started: 1, took: 20 * 30 * time.Second},
		"429, no word of when": {faults: times(3, limited("")),
			want: "started", posts: 4, started: 1, took: random},
		"429, no sense in when": {faults: times(1, limited("soon")),
			want: "started", posts: 2, started: 1, took: random},
		"429, longer than anybody waits": {faults: always(limited("601")),
			want: "refused: 429", posts: 1},
		"429 with HTML": {faults: times(1, mockserver.Fault{
			Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "3", Body: "<html>", ContentType: "text/html"}),
			want: "started", posts: 2, started: 1, took: 3 * time.Second},
		"401 once": {faults: times(1, mockserver.Fault{Kind: mockserver.FaultForgetToken}),
			want: "started", posts: 2, started: 1},
		"401 for ever": {faults: always(mockserver.Fault{Kind: mockserver.FaultForgetToken}),
			want: "refused: 401", posts: 2},
		"401, then 429, then 401": {faults: []mockserver.Fault{
			{On: mockserver.OpExecute, Kind: mockserver.FaultForgetToken, Times: 1},
			{On: mockserver.OpExecute, Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "5", Times: 1},
			{On: mockserver.OpExecute, Kind: mockserver.FaultForgetToken, Times: 1},
		}, want: "started", posts: 4, started: 1, took: random},
		"401, then lost": {faults: []mockserver.Fault{
			{On: mockserver.OpExecute, Kind: mockserver.FaultForgetToken, Times: 1},
			{On: mockserver.OpExecute, Kind: mockserver.FaultDropAfter, Times: 1},
		}, want: "adopted", posts: 2, started: 1, took: looking},
		"dial refused, then lost": {faults: []mockserver.Fault{
			{On: mockserver.OpExecute, Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "5", Times: 1},
			{On: mockserver.OpExecute, Kind: mockserver.FaultDropAfter, Times: 1},
		}, want: "adopted", posts: 2, started: 1, took: 5*time.Second + looking},
	})
}

func TestStart_givesUpWhenRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]startCase{}
	for _, status := range []int{301, 307, 308, 400, 403, 404, 410, 413, 414, 415, 421, 422, 425, 431} {
		for _, tag := range []string{"", "tag"} {
			tests[fmt.Sprintf("%d, tag %q", status, tag)] = startCase{
				tag: tag, faults: always(mockserver.Fault{Kind: mockserver.FaultStatus, Status: status}),
				want: fmt.Sprintf("refused: %d", status), posts: 1,
			}
		}
	}
	// Only a tag can be in use: what a 409 without one means is for the API to say.
	tests["409, no tag"] = startCase{
		faults: always(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 409}), want: "refused: 409", posts: 1,
	}
	tests["409, no tag, to be waited for"] = startCase{
		faults: always(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 409}), want: "refused: 409", posts: 1,
		opts: StartOptions{OnConflict: ConflictWaits},
	}
	tests["HTML"] = startCase{
		faults: always(mockserver.Fault{
			Kind: mockserver.FaultStatus, Status: 403, Body: "<html>Forbidden</html>", ContentType: "text/html"}),
		want: "refused: 403", posts: 1,
	}
	tests["disabled pipeline"] = startCase{
		change: func(s *mockserver.Scenario) {
			s.Projects = []mockserver.Project{{ID: testProject, Name: "Test", Environments: []mockserver.Environment{{
				Name: testEnvironment, Pipelines: []mockserver.Pipeline{{Name: testPipeline, Disabled: true}},
			}}}}
		},
		want: "refused: 410", posts: 1,
	}
	tests["unknown project"] = startCase{
		change: func(s *mockserver.Scenario) { s.Projects = []mockserver.Project{} },
		want:   "refused: 404", posts: 1,
	}
	runStartCases(t, tests)
}

func TestStart_looksWhenTheAnswerIsLost(t *testing.T) {
	t.Parallel()
	answered := func(status int, body string) []mockserver.Fault {
		return always(mockserver.Fault{Kind: mockserver.FaultBody, Status: status, Body: body})
	}
	adopted := func(faults []mockserver.Fault) startCase {
		return startCase{faults: faults, want: "adopted", posts: 1, started: 1, took: looking}
	}
	tests := map[string]startCase{
		"no id":                       adopted(always(mockserver.Fault{Kind: mockserver.FaultNoID})),
		"cut before the id":           adopted(always(mockserver.Fault{Kind: mockserver.FaultTruncate})),
		"empty body":                  adopted(answered(201, "")),
		"HTML":                        adopted(answered(200, "<!doctype html><title>Welcome</title>")),
		"array":                       adopted(answered(201, `[]`)),
		"null":                        adopted(answered(201, `null`)),
		"string":                      adopted(answered(201, `"ok"`)),
		"number":                      adopted(answered(201, `42`)),
		"number as id":                adopted(answered(201, `{"pipelineExecutionId":42}`)),
		"null as id":                  adopted(answered(201, `{"pipelineExecutionId":null}`)),
		"array as id":                 adopted(answered(201, `{"pipelineExecutionId":["`+testID+`"]}`)),
		"empty id":                    adopted(answered(201, `{"pipelineExecutionId":""}`)),
		"blank id":                    adopted(answered(201, `{"pipelineExecutionId":"  "}`)),
		"id with control characters":  adopted(answered(201, `{"pipelineExecutionId":"a\u0000b"}`)),
		"id with line breaks":         adopted(answered(201, `{"pipelineExecutionId":"a\nb"}`)),
		"id of two thousand letters":  adopted(answered(201, `{"pipelineExecutionId":"`+strings.Repeat("a", 2000)+`"}`)),
		"id under another name":       adopted(answered(201, `{"id":"`+testID+`"}`)),
		"empty result":                adopted(answered(201, `{"result":{}}`)),
		"deep nesting":                adopted(answered(201, strings.Repeat("[", 100_000))),
		"success without a body, 204": adopted(answered(204, "")),
		"success without a body, 205": adopted(answered(205, "")),
		// An id that is not where the API puts it is nobody's.
		"wrapped otherwise": adopted(answered(201, `{"data":[{"pipelineExecutionId":"`+testID+`"}]}`)),
		"inside of HTML":    adopted(answered(200, `<pre>{"pipelineExecutionId":"`+testID+`"}</pre>`)),
		"somebody else's id": adopted(answered(200,
			`{"error":{"runningExecution":{"pipelineExecutionId":"`+testID+`"}}}`)),
		"dropped": adopted(always(mockserver.Fault{Kind: mockserver.FaultDropAfter})),
		"no answer in time": {faults: always(mockserver.Fault{Kind: mockserver.FaultHang}),
			want: "adopted", posts: 1, started: 1, took: requestTimeout + looking},
		"no whole answer in time": {faults: always(mockserver.Fault{Kind: mockserver.FaultDrip, Delay: second * 7 / 10}),
			want: "adopted", posts: 1, started: 1, took: requestTimeout + looking},
	}
	for _, status := range []int{300, 302, 303, 304, 405, 408, 418, 451, 499, 500, 501, 502, 503, 504, 520, 599} {
		fault := mockserver.Fault{Status: status, Headers: map[string]string{}}
		if status < 400 && status != 304 {
			fault.Headers["Location"] = testBase + "/dpc/v1/projects/" + testProject + "/pipeline-executions"
		}
		fault.Kind = mockserver.FaultStatusAfter
		tests[fmt.Sprintf("%d after the start", status)] = adopted(always(fault))
		fault.Kind = mockserver.FaultStatus
		tests[fmt.Sprintf("%d before the start", status)] = startCase{
			faults: always(fault), want: "maybe: 0 candidates", posts: 1, took: looking,
		}
	}
	tests["503 that says when to come back"] = startCase{
		faults: always(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 503, RetryAfter: "1"}),
		want:   "maybe: 0 candidates", posts: 1, took: looking,
	}
	tests["dropped before the start"] = startCase{
		faults: always(mockserver.Fault{Kind: mockserver.FaultDrop}),
		want:   "maybe: 0 candidates", posts: 1, took: looking,
	}
	runStartCases(t, tests)
}

func TestStart_tagInUse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		holds mockserver.Execution
		opts  StartOptions
		want  string
		posts int
		// lists are calls that look for who holds the tag: four for each that does, once.
		lists int
	}{
		"fail":                {mockserver.Execution{Status: "RUNNING"}, StartOptions{}, "tag in use", 1, 4},
		"fail, cancelling":    {mockserver.Execution{Status: "CANCELLING"}, StartOptions{}, "tag in use", 1, 4},
		"ended":               {mockserver.Execution{Status: "SUCCESS"}, StartOptions{}, "started", 1, 0},
		"other environment":   {mockserver.Execution{Status: "RUNNING", EnvironmentName: "Development"}, StartOptions{}, "started", 1, 0},
		"wait, nobody has it": {mockserver.Execution{Status: "FAILED"}, StartOptions{OnConflict: ConflictWaits}, "started", 1, 0},
		// One second between the first ten, and so on until thirty seconds have passed.
		"wait": {mockserver.Execution{Status: "RUNNING"}, StartOptions{OnConflict: ConflictWaits}, "started", 22, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := setup{}
				if test.want == "started" {
					s.started = 1
				}
				c := connect(t, s)
				test.holds.ExecutionTag = "tag"
				holder := c.server.StartElsewhere(test.holds)
				timer := time.AfterFunc(20500*time.Millisecond, func() { c.server.Finish(holder, "SUCCESS", "") })
				defer timer.Stop()
				started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), test.opts)
				wantEqual(t, "outcome", verdict(started, err), test.want)
				wantEqual(t, "posts", c.server.Calls(mockserver.OpExecute), test.posts)
				wantEqual(t, "lists", c.server.Calls(mockserver.OpList), test.lists)
				if err != nil {
					tagErr := wantError[*TagInUseError](t, err)
					wantEqual(t, "waited", tagErr.Waited, time.Duration(0))
					wantEqual(t, "status", StatusCode(err), 409)
				}
			})
		})
	}
}

// Only another 409 is waited through.
func TestStart_aRefusalEndsTheWaitForATag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{refusedWith(403, 2)}}})
		c.server.StartElsewhere(holds)
		started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), StartOptions{OnConflict: ConflictWaits})
		wantEqual(t, "outcome", verdict(started, err), "refused: 403")
		wantEqual(t, "posts", c.sentPosts(), 3)
	})
}

// After an interrupt nothing is attached to any more, and the error shows who may hold the tag all the same.
func TestStart_anInterruptedOneShowsWhoMayHoldTheTag(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		late := mockserver.Fault{On: mockserver.OpExecute, Kind: mockserver.FaultDelay, Delay: 2 * second}
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{late}}})
		holder := c.server.StartElsewhere(holds)
		_, err := c.Executions.Start(cancelledAfter(t, time.Second), taggedRequest("tag"), attaches)
		wantEqual(t, "holders", idsOf(wantError[*TagInUseError](t, err).Holders), []string{holder})
	})
}

func TestStart_deadlineWhileTheTagIsInUse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ctx  func(*testing.T, time.Duration) context.Context
		time time.Duration
	}{
		"deadline":     {within, 10500 * time.Millisecond},
		"long waiting": {within, 599 * time.Second},
		"cancelled":    {cancelledAfter, 100*time.Second + 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{})
				c.server.StartElsewhere(mockserver.Execution{ExecutionTag: "tag", Status: "RUNNING"})
				_, err := c.Executions.Start(test.ctx(t, test.time), taggedRequest("tag"), StartOptions{OnConflict: ConflictWaits})
				tagErr := wantError[*TagInUseError](t, err)
				wantEqual(t, "waited", tagErr.Waited, test.time)
				wantEqual(t, "time", time.Since(c.began), test.time)
				wantEqual(t, "status", StatusCode(err), 409)
			})
		})
	}
}

func TestStart_deadlineWhileTheTagIsAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{
			{On: mockserver.OpExecute, Kind: mockserver.FaultForgetToken, Skip: 1},
			{On: mockserver.OpToken, Kind: mockserver.FaultDelay, Delay: 10 * second, Skip: 1},
		}}})
		c.server.StartElsewhere(mockserver.Execution{ExecutionTag: "tag", Status: "RUNNING"})
		_, err := c.Executions.Start(within(t, 5*time.Second), taggedRequest("tag"), StartOptions{OnConflict: ConflictWaits})
		tagErr := wantError[*TagInUseError](t, err)
		wantEqual(t, "waited", tagErr.Waited, 5*time.Second)
		wantEqual(t, "status", StatusCode(err), 409)
	})
}

func TestStart_waitingForTheTagLooksLessOftenWithTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		c.server.StartElsewhere(mockserver.Execution{ExecutionTag: "tag", Status: "RUNNING"})
		_, err := c.Executions.Start(within(t, 599*time.Second), taggedRequest("tag"), StartOptions{OnConflict: ConflictWaits})
		wantKind(t, err, KindConflict)
		// The first, thirty a second apart, forty three seconds apart, the rest fifteen seconds apart.
		wantEqual(t, "posts", c.server.Calls(mockserver.OpExecute), 1+30+40+29)
	})
}

func TestStart_contextEndsBeforeTheRequestIsSent(t *testing.T) {
	t.Parallel()
	execute := mockserver.OpExecute
	for name, test := range map[string]struct {
		faults []mockserver.Fault
		after  time.Duration
		posts  int
		last   string
	}{
		"at once":             {nil, 0, 0, ""},
		"waiting for a token": {[]mockserver.Fault{{On: mockserver.OpToken, Kind: mockserver.FaultDelay, Delay: 20 * second}}, 5 * time.Second, 0, ""},
		"token attempts": {[]mockserver.Fault{{On: mockserver.OpToken, Kind: mockserver.FaultStatus, Status: 503, RetryAfter: "20"}},
			5 * time.Second, 0, "access token: 503 server_error"},
		"limited": {[]mockserver.Fault{{On: execute, Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "20"}}, 5 * time.Second, 1,
			"POST /v1/projects/" + testProject + "/pipeline-executions: 429 Too Many Requests: " +
				"Too Many Requests: Injected by the mock server."},
		"dial refused": {[]mockserver.Fault{{On: execute, Kind: mockserver.FaultDial}}, 300 * time.Millisecond, 0,
			"POST /v1/projects/" + testProject + "/pipeline-executions: dial tcp: connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{Faults: test.faults}})
				ctx, cancel := context.WithCancel(t.Context())
				defer time.AfterFunc(test.after, cancel).Stop()
				if test.after == 0 {
					cancel()
				}
				_, err := c.Executions.Start(ctx, testRequest(), StartOptions{})
				notStarted := wantError[*NotStartedError](t, err)
				if !errors.Is(err, context.Canceled) {
					t.Errorf("error = %v, want the context's in it", err)
				}
				last, message := "", "the pipeline was not started: context canceled"
				if notStarted.Last != nil {
					last = notStarted.Last.Error()
					message = "the pipeline was not started: " + last + " (context canceled)"
				}
				wantEqual(t, "last answer", last, test.last)
				wantEqual(t, "message", err.Error(), message)
				wantEqual(t, "time", time.Since(c.began), test.after)
				wantEqual(t, "posts", c.server.Calls(execute), test.posts)
			})
		})
	}
}

// Nobody may be there any more to be told what a request has started that is sent after the end of its context.
func TestStart_contextEndsDuringTheDial(t *testing.T) {
	t.Parallel()
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		t.Run(end.Error(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{})
				client, err := New(withDefaults(Config{}, stub(func(req *http.Request) (*http.Response, error) {
					if isExecute(req) && sleep(req.Context(), 2*time.Second) != nil {
						return nil, context.Cause(req.Context())
					}
					return c.wire.RoundTrip(req)
				})))
				if err != nil {
					t.Fatal(err)
				}
				ctx := within(t, time.Second)
				if errors.Is(end, context.Canceled) {
					ctx = cancelledAfter(t, time.Second)
				}
				_, err = client.Executions.Start(ctx, testRequest(), StartOptions{})
				_ = wantError[*NotStartedError](t, err)
				wantEqual(t, "message", err.Error(), "the pipeline was not started: "+end.Error())
				wantEqual(t, "time", time.Since(c.began), time.Second)
				advance(time.Minute)
				wantEqual(t, "posts", c.sentPosts(), 0)
			})
		})
	}
}

func TestStart_deadlineTooNearToSendAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{
			Faults: always(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "20"}),
		}})
		started, err := c.Executions.Start(within(t, 10*time.Second), testRequest(), StartOptions{})
		wantEqual(t, "outcome", verdict(started, err), "refused: 429")
		wantEqual(t, "time", time.Since(c.began), time.Duration(0))
	})
}

func TestStart_contextEndsWhileTheRequestIsUnderWay(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ctx    func(*testing.T, time.Duration) context.Context
		answer mockserver.Duration
		want   string
		took   time.Duration
	}{
		"cancelled":            {cancelledAfter, 7 * second, "started", 7 * time.Second},
		"deadline":             {within, 7 * second, "started", 7 * time.Second},
		"cancelled, no answer": {cancelledAfter, 20 * second, "adopted", 5*time.Second + uncutFor + time.Second},
		"deadline, no answer":  {within, 20 * second, "adopted", 5*time.Second + uncutFor + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := test.ctx
				c := connect(t, setup{started: 1, scenario: mockserver.Scenario{
					Faults: always(mockserver.Fault{Kind: mockserver.FaultDelay, Delay: test.answer}),
				}})
				started, err := c.Executions.Start(ctx(t, 5*time.Second), testRequest(), StartOptions{})
				wantEqual(t, "outcome", verdict(started, err), test.want)
				if id := c.server.Started()[0].ID; started.ID != id {
					maybe := wantError[*MaybeStartedError](t, err)
					wantEqual(t, "candidate", maybe.Candidates[0].ID, id)
				}
				wantEqual(t, "time", time.Since(c.began), test.took)
			})
		})
	}
}

func TestStart_tokenRunsOutWhileTheRequestWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{TokenLifetime: minute, Faults: []mockserver.Fault{
			{On: mockserver.OpProjects, Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "120"},
			{On: mockserver.OpToken, Kind: mockserver.FaultStatus, Status: 401, Skip: 1},
		}}})
		if _, err := c.Projects.List(within(t, time.Second)); StatusCode(err) != 429 {
			t.Fatal(err)
		}
		started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		wantEqual(t, "outcome", verdict(started, err), "no token: 401")
		wantEqual(t, "time", time.Since(c.began), 2*time.Minute)
		wantEqual(t, "posts", c.sentPosts(), 0)
	})
}

func TestStart_contextEndsBetweenTheTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{
			{On: mockserver.OpExecute, Kind: mockserver.FaultForgetToken},
			{On: mockserver.OpToken, Kind: mockserver.FaultDelay, Delay: 10 * second, Skip: 1},
		}}})
		started, err := c.Executions.Start(cancelledAfter(t, 5*time.Second), testRequest(), StartOptions{})
		wantEqual(t, "outcome", verdict(started, err), "not started")
		wantEqual(t, "time", time.Since(c.began), 5*time.Second)
		wantEqual(t, "posts", c.server.Calls(mockserver.OpExecute), 1)
	})
}

func TestStart_sendsWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		req  ExecuteRequest
		body string
	}{
		"least": {testRequest(), `{"environmentName":"Production","pipelineName":"load/seed.orch.yaml"}`},
		"all": {
			ExecuteRequest{
				ProjectID: testProject, EnvironmentName: testEnvironment, PipelineName: testPipeline,
				VersionName: "1.0.0", AgentID: "agent", ExecutionTag: "tag",
				ScalarVariables: map[string]string{"b": "", "a": "1"},
				GridVariables:   map[string][][]string{"g": {{"x", ""}, {}}, "e": {}},
			},
			`{"environmentName":"Production","pipelineName":"load/seed.orch.yaml","versionName":"1.0.0","agentId":"agent",` +
				`"executionTag":"tag","scalarVariables":{"a":"1","b":""},"gridVariables":{"e":[],"g":[["x",""],[]]}}`,
		},
		"empty is not absent": {
			ExecuteRequest{
				ProjectID: testProject, EnvironmentName: testEnvironment, PipelineName: testPipeline,
				ScalarVariables: map[string]string{}, GridVariables: map[string][][]string{},
			},
			`{"environmentName":"Production","pipelineName":"load/seed.orch.yaml","scalarVariables":{},"gridVariables":{}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, setup{started: 1})
			if _, err := c.Executions.Start(t.Context(), test.req, StartOptions{}); err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "body", string(c.server.Started()[0].Body), test.body)
		})
	}
}

func TestStart_manyAtOnceStartOneEach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 100
		c := connect(t, setup{started: n})
		ids := make([]string, n)
		together(n, func(i int) {
			started, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
			if err != nil || started.Adopted {
				t.Errorf("Start = %+v, %v", started, err)
			}
			ids[i] = started.ID
		})
		different := map[string]bool{}
		for _, id := range ids {
			different[id] = true
		}
		wantEqual(t, "ids", len(different), n)
		wantEqual(t, "posts", c.server.Calls(mockserver.OpExecute), n)
		wantEqual(t, "time", time.Since(c.began), time.Duration(0))
	})
}

func TestStart_roughWeatherStartsNothingTwice(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const n = 40
				faults := []mockserver.Fault{
					{On: mockserver.OpExecute, Kind: mockserver.FaultStatus, Status: 429, Percent: 20},
					{On: mockserver.OpExecute, Kind: mockserver.FaultDial, Percent: 20},
					{On: mockserver.OpExecute, Kind: mockserver.FaultDropAfter, Percent: 10},
					{On: mockserver.OpExecute, Kind: mockserver.FaultDrop, Percent: 10},
					{On: mockserver.OpExecute, Kind: mockserver.FaultStatusAfter, Status: 502, Percent: 10},
					{On: mockserver.OpExecute, Kind: mockserver.FaultForgetToken, Percent: 10},
					{On: mockserver.OpToken, Kind: mockserver.FaultStatus, Status: 503, Percent: 20},
					{On: mockserver.OpList, Kind: mockserver.FaultStatus, Status: 503, Percent: 30},
				}
				s := mockserver.Scenario{Seed: seed + 1, Faults: faults}
				pipelines := make([]mockserver.Pipeline, n)
				for i := range pipelines {
					pipelines[i] = mockserver.Pipeline{Name: fmt.Sprint("pipeline ", i), Run: forever}
				}
				s.Projects = []mockserver.Project{{ID: testProject, Name: "Test", Environments: []mockserver.Environment{
					{Name: testEnvironment, Pipelines: pipelines},
				}}}
				server := mockserver.New(s)
				client, err := New(withDefaults(Config{}, server.Transport(t, NewTransport())))
				if err != nil {
					t.Fatal(err)
				}
				outcomes := make([]string, n)
				together(n, func(i int) {
					req := taggedRequest(fmt.Sprint("tag ", i))
					req.PipelineName = pipelines[i].Name
					outcomes[i] = verdict(client.Executions.Start(t.Context(), req, StartOptions{}))
				})
				counts := map[string]int{}
				for _, e := range server.Started() {
					counts[e.PipelineName]++
				}
				for i, outcome := range outcomes {
					got := counts[pipelines[i].Name]
					started := outcome == "started" || outcome == "adopted"
					if got > 1 || (started && got != 1) || (strings.HasPrefix(outcome, "refused") && got != 0) {
						t.Errorf("%s: %s, %d runs", pipelines[i].Name, outcome, got)
					}
				}
			})
		})
	}
}

func TestStartErrors_sayWhatHappened(t *testing.T) {
	t.Parallel()
	cause := &ConnectionError{Method: "POST", Path: "/v1/p", Written: true, Err: io.ErrUnexpectedEOF}
	for want, err := range map[string]error{
		"the pipeline may have been started: POST /v1/p: unexpected EOF; 2 candidates": &MaybeStartedError{
			Cause: cause, Candidates: make([]Execution, 2)},
		"the pipeline may have been started: POST /v1/p: unexpected EOF; looking for it: GET /v1/l: 503 Service Unavailable": &MaybeStartedError{
			Cause: cause, LookErr: &Error{Method: "GET", Path: "/v1/l", StatusCode: 503}},
		"the execution tag is in use (waited 2s): context canceled": &TagInUseError{
			Waited: 1600 * time.Millisecond, Err: context.Canceled},
		"the pipeline was not started: context canceled": &NotStartedError{Err: context.Canceled},
	} {
		wantEqual(t, "message", err.Error(), want)
	}
	wantEqual(t, "cause of a lost answer", errors.Is(&MaybeStartedError{Cause: cause}, io.ErrUnexpectedEOF), true)
	wantEqual(t, "status of a start that was not", StatusCode(&NotStartedError{Err: context.Canceled}), 0)
	wantEqual(t, "status of the last answer", StatusCode(&NotStartedError{Err: context.Canceled, Last: &Error{StatusCode: 429}}), 429)
}
