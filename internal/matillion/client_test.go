// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

const (
	testBase        = "https://api.example"
	testProject     = mockserver.SampleProjectID
	testEnvironment = "Production"
	testPipeline    = "load/seed.orch.yaml"
	testID          = "11111111-2222-4333-8444-555555555555"
)

// Short names of what tests write often.
const (
	second = mockserver.Duration(time.Second)
	minute = mockserver.Duration(time.Minute)
)

// forever is a run that keeps running until somebody ends it.
var forever = mockserver.Run{Forever: true}

// setup is what a test starts from. Its zero value is a server with one pipeline, whose runs have ended in SUCCESS at
// the first look, and a client with working client credentials.
type setup struct {
	// run is how each run of the pipeline unfolds.
	run mockserver.Run
	// scenario is all else about the server.
	scenario mockserver.Scenario
	// config is how the client's configuration differs from the usual.
	config Config
	// alter may change an answer on its way to the client.
	alter func(*http.Request, *http.Response)
	// started is how many runs the server must have started when the test is over.
	started int
}

// fixture is a client that talks to a server of its own, in virtual time if it is made in a bubble.
type fixture struct {
	*Client
	server *mockserver.Server
	wire   *wire
	began  time.Time
	skew   time.Duration
}

// connect makes a fixture. When the test is over, the server must have started as many runs as the setup says, and must
// not have met a request that it did not expect.
func connect(t *testing.T, s setup) *fixture {
	t.Helper()
	if s.scenario.Projects == nil {
		s.scenario.Projects = []mockserver.Project{{ID: testProject, Name: "Test", Environments: []mockserver.Environment{
			{Name: testEnvironment, Pipelines: []mockserver.Pipeline{{Name: testPipeline, Run: s.run}}},
			{Name: "Development", Pipelines: []mockserver.Pipeline{{Name: testPipeline, Run: s.run}}},
		}}}
	}
	server := mockserver.New(s.scenario)
	line := &wire{next: server.Transport(t, NewTransport()), alter: s.alter}
	client, err := New(withDefaults(s.config, line))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		t.Helper()
		if got := len(server.Started()); got != s.started {
			t.Errorf("the server started %d runs, want %d", got, s.started)
		}
		for _, r := range server.Unexpected() {
			t.Errorf("unexpected request: %s %s?%s %s", r.Method, r.Path, r.Query.Encode(), r.Body)
		}
	})
	return &fixture{
		Client: client, server: server, wire: line, began: time.Now(), skew: time.Duration(s.scenario.ClockSkew),
	}
}

func withDefaults(cfg Config, transport http.RoundTripper) Config {
	if cfg.BaseURL == "" {
		cfg.BaseURL = testBase + mockserver.APIPath
	}
	if cfg.TokenURL == "" {
		cfg.TokenURL = "https://id.example" + mockserver.TokenPath
	}
	if cfg.Token == "" && cfg.ClientID == "" {
		cfg.ClientID, cfg.ClientSecret = "mock-client-id", "mock-client-secret"
	}
	if cfg.Transport == nil {
		cfg.Transport = transport
	}
	return cfg
}

// since returns the handle of an execution that started at the given time.
func (h Handle) since(at time.Time) Handle {
	h.StartedAt = at
	return h
}

// wire is a transport that keeps count of what the client sends, whether or not the server gets it.
type wire struct {
	next  http.RoundTripper
	alter func(*http.Request, *http.Response)

	mu       sync.Mutex
	posts    int
	underway int
}

// RoundTrip sends one request.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	w.count(req, 1)
	defer w.count(nil, -1)
	resp, err := w.next.RoundTrip(req)
	if err == nil && w.alter != nil {
		w.alter(req, resp)
	}
	return resp, err
}

func (w *wire) count(req *http.Request, underway int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.underway += underway
	if req != nil && isExecute(req) {
		w.posts++
	}
}

func isExecute(req *http.Request) bool {
	return req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/pipeline-executions")
}

// sentPosts is how often the client sent the execute call, or tried to.
func (f *fixture) sentPosts() int {
	f.wire.mu.Lock()
	defer f.wire.mu.Unlock()
	return f.wire.posts
}

// underway is how many requests wait for an answer.
func (f *fixture) underway() int {
	f.wire.mu.Lock()
	defer f.wire.mu.Unlock()
	return f.wire.underway
}

// reads is how often the server was asked where executions stand.
func (f *fixture) reads() int {
	return f.server.Calls(mockserver.OpDetails) + f.server.Calls(mockserver.OpList)
}

// at returns when the server got the requests of an operation, since the fixture was made.
func (f *fixture) at(operation string) []time.Duration {
	var times []time.Duration
	for _, r := range f.server.Requests() {
		if r.Operation == operation {
			times = append(times, r.At.Sub(f.began))
		}
	}
	return times
}

// firstAndLastPost are when the server got the execute calls, by its own clock.
func (f *fixture) firstAndLastPost() (first, last time.Time) {
	for _, r := range f.server.Requests() {
		if r.Operation == mockserver.OpExecute {
			last = r.At.Add(f.skew)
			if first.IsZero() {
				first = last
			}
		}
	}
	return first, last
}

// start starts a run that a test needs.
func (f *fixture) start(t *testing.T) Started {
	t.Helper()
	started, err := f.Executions.Start(t.Context(), testRequest(), StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return started
}

func testRequest() ExecuteRequest {
	return ExecuteRequest{ProjectID: testProject, EnvironmentName: testEnvironment, PipelineName: testPipeline}
}

func taggedRequest(tag string) ExecuteRequest {
	req := testRequest()
	req.ExecutionTag = tag
	return req
}

// replaceBody changes what the execute call answers. With an error, the body breaks off with it.
func replaceBody(change func(body string) string, breaksOff error) func(*http.Request, *http.Response) {
	return func(req *http.Request, resp *http.Response) {
		if !isExecute(req) {
			return
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			panic(err)
		}
		resp.Body.Close()
		end := breaksOff
		if end == nil {
			end = io.EOF
		}
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(change(string(body))), failingReader{end}))
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// stub is a transport that answers as it likes.
type stub func(*http.Request) (*http.Response, error)

// RoundTrip answers one request.
func (s stub) RoundTrip(req *http.Request) (*http.Response, error) { return s(req) }

// answering makes a client, with a ready token, of a server that always gives the same answer.
func answering(t testing.TB, status int, body string) *Client {
	t.Helper()
	return talkingTo(t, func(req *http.Request) (*http.Response, error) {
		return answerTo(req, status, strings.NewReader(body)), nil
	})
}

func talkingTo(t testing.TB, transport stub) *Client {
	t.Helper()
	client, err := New(withDefaults(Config{Token: "ready-token"}, transport))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func answerTo(req *http.Request, status int, body io.Reader) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(body), ContentLength: -1, Request: req,
	}
}

func wantEqual(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// wantError returns the error of the type in err's chain.
func wantError[E error](t testing.TB, err error) E {
	t.Helper()
	found, ok := errors.AsType[E](err)
	if !ok {
		t.Fatalf("error = %v (%T), want a %T", err, err, found)
	}
	return found
}

func wantKind(t testing.TB, err error, want Kind) {
	t.Helper()
	if err == nil || KindOf(err) != want {
		t.Errorf("error = %v (%T), of kind %d, want kind %d", err, err, KindOf(err), want)
	}
}

// wantBetween checks a time or a number that is not exact by design.
func wantBetween[N int | time.Duration](t testing.TB, what string, got, least, most N) {
	t.Helper()
	if got < least || got > most {
		t.Errorf("%s = %v, want from %v to %v", what, got, least, most)
	}
}

// advance lets time pass in a bubble.
func advance(d time.Duration) { <-time.After(d) }

// within returns a context that ends after the given time.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// cancelledAfter returns a context that is cancelled after the given time.
func cancelledAfter(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	timer := time.AfterFunc(d, cancel)
	t.Cleanup(func() { timer.Stop(); cancel() })
	return ctx
}

// together runs the function n times at once, and returns when all are done.
func together(n int, do func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}

func TestNew_refusesAddressesThatTokensMustNotGoTo(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"API address: it must be an absolute https:// address":     {},
		"API address: it must not have a query or a fragment":      {BaseURL: "https://api.example?x=y"},
		"token address: it must be an absolute https:// address":   {BaseURL: testBase, TokenURL: "id.example/token"},
		"token address: it must not contain credentials":           {BaseURL: testBase, TokenURL: "https://a:b@id.example"},
		"API address: it must be an https:// address, because":     {BaseURL: "http://api.example"},
		"token address: it must be an https:// address, because t": {BaseURL: testBase, TokenURL: "http://id.example"},
	} {
		if _, err := New(cfg); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("New(%+v) = %v, want %s", cfg, err, name)
		}
	}
}

func TestNew_hasMatillionsAddressesByDefault(t *testing.T) {
	t.Parallel()
	var addresses, audiences []string
	client, err := New(Config{BaseURL: RegionEU.BaseURL(), ClientID: "id", ClientSecret: "secret", Transport: stub(
		func(req *http.Request) (*http.Response, error) {
			addresses = append(addresses, req.URL.Scheme+"://"+req.URL.Host+req.URL.Path)
			if err := req.ParseForm(); err != nil {
				return nil, err
			}
			audiences = append(audiences, req.PostForm.Get("audience"))
			return answerTo(req, http.StatusOK, strings.NewReader(`{"access_token":"t","results":[]}`)), nil
		})})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Projects.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "addresses", addresses, []string{
		"https://id.core.matillion.com/oauth/dpc/token", "https://eu1.api.matillion.com/dpc/v1/projects",
	})
	wantEqual(t, "audience", audiences[0], "https://api.matillion.com")
}

func TestClient_acceptsTheAddressWithOrWithoutTheVersion(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://api.example":            "/v1/projects",
		"https://api.example/":           "/v1/projects",
		"https://api.example/v1":         "/v1/projects",
		"https://api.example/v1/":        "/v1/projects",
		"https://api.example/dpc":        "/dpc/v1/projects",
		"https://api.example/dpc/":       "/dpc/v1/projects",
		"https://api.example/dpc/v1":     "/dpc/v1/projects",
		"https://api.example/dpc/v1/":    "/dpc/v1/projects",
		"https://api.example/a/dpc/v1//": "/a/dpc/v1/projects",
		"https://api.example/v11":        "/v11/v1/projects",
		"https://api.example/a%20b/v1":   "/a%20b/v1/projects",
	} {
		var got string
		client, err := New(Config{BaseURL: base, Token: "ready-token", Transport: stub(
			func(req *http.Request) (*http.Response, error) {
				got = req.URL.EscapedPath()
				return answerTo(req, http.StatusOK, strings.NewReader(`{"results":[]}`)), nil
			})})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Projects.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, base, got, want)
	}
}

func TestClient_escapesEveryElementOfThePath(t *testing.T) {
	t.Parallel()
	var got, query string
	client := talkingTo(t, func(req *http.Request) (*http.Response, error) {
		got, query = req.URL.EscapedPath(), req.URL.RawQuery
		return answerTo(req, http.StatusOK, strings.NewReader(`{"results":[],"total":0}`)), nil
	})
	if _, err := client.Pipelines.Published(t.Context(), "a/b?c#d %2F", "Prod & <Test>"); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "path", got, "/dpc/v1/projects/a%2Fb%3Fc%23d%20%252F/published-pipelines")
	wantEqual(t, "query", query, "environmentName=Prod+%26+%3CTest%3E&page=0&size=100")
}

func TestClient_saysWhoItIs(t *testing.T) {
	t.Parallel()
	c := connect(t, setup{
		started:  1,
		scenario: mockserver.Scenario{AccountID: "account-1"},
		config:   Config{AccountID: "account-1", UserAgent: "terraform-provider-matillion/test"},
	})
	c.start(t)
	for _, r := range c.server.Requests() {
		if r.Operation == mockserver.OpToken {
			wantEqual(t, "user agent", r.Header.Get("User-Agent"), "terraform-provider-matillion/test")
			continue
		}
		wantEqual(t, "headers", []string{
			r.Header.Get("User-Agent"), r.Header.Get("Account-Id"), r.Header.Get("Accept"), r.Header.Get("Content-Type"),
		}, []string{"terraform-provider-matillion/test", "account-1", "application/json, application/problem+json", "application/json"})
	}
}

func TestClient_sendsNoAccountByDefault(t *testing.T) {
	t.Parallel()
	c := connect(t, setup{started: 1})
	c.start(t)
	for _, r := range c.server.Requests() {
		if _, ok := r.Header["Account-Id"]; ok {
			t.Errorf("%s %s has an account-id", r.Method, r.Path)
		}
	}
}

func TestClient_logsNoQueryBodyOrCredentials(t *testing.T) {
	t.Parallel()
	var lines []string
	c := connect(t, setup{started: 1, config: Config{Log: func(_ context.Context, message string, fields map[string]any) {
		delete(fields, "duration")
		lines = append(lines, fmt.Sprintln(message, fields))
	}}})
	req := testRequest()
	req.ScalarVariables = map[string]string{"name": "canary-value"}
	if _, err := c.Executions.Start(t.Context(), req, StartOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Pipelines.Published(t.Context(), testProject, testEnvironment); err != nil {
		t.Fatal(err)
	}
	const path = "/v1/projects/" + testProject
	wantEqual(t, "log", lines, []string{
		"Matillion API request map[method:POST path:" + path + "/pipeline-executions status:201]\n",
		"Matillion API request map[method:GET path:" + path + "/published-pipelines status:200]\n",
	})
}

func TestClient_repeatsReadingsThatMayPass(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  mockserver.Fault
		calls  int
		status int
	}{
		"429":               {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 429, Times: 5}, 6, 0},
		"408":               {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 408, Times: 1}, 2, 0},
		"500":               {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 500, Times: 5}, 6, 0},
		"500 for ever":      {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 500}, 6, 500},
		"501":               {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 501}, 1, 501},
		"502":               {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 502, Times: 1}, 2, 0},
		"503":               {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 503, Times: 1}, 2, 0},
		"504":               {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 504, Times: 1}, 2, 0},
		"400":               {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 400}, 1, 400},
		"403":               {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 403}, 1, 403},
		"404":               {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 404}, 1, 404},
		"connection lost":   {mockserver.Fault{Kind: mockserver.FaultDrop, Times: 5}, 6, 0},
		"answer breaks off": {mockserver.Fault{Kind: mockserver.FaultTruncate, Times: 1}, 2, 0},
		"revoked token":     {mockserver.Fault{Kind: mockserver.FaultForgetToken, Times: 1}, 2, 0},
		"revoked for ever":  {mockserver.Fault{Kind: mockserver.FaultForgetToken}, 2, 401},
		"no answer":         {mockserver.Fault{Kind: mockserver.FaultHang, Times: 1}, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				test.fault.On = mockserver.OpProjects
				c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{test.fault}}})
				projects, err := c.Projects.List(t.Context())
				wantEqual(t, "status", StatusCode(err), test.status)
				wantEqual(t, "calls", c.server.Calls(mockserver.OpProjects), test.calls)
				if test.status == 0 && (err != nil || len(projects) != 1) {
					t.Errorf("Projects = %v, %v", projects, err)
				}
			})
		})
	}
}

func TestClient_repeatsWhatCouldNotBeDialled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{
			{On: mockserver.OpProjects, Kind: mockserver.FaultDial},
		}}})
		_, err := c.Projects.List(t.Context())
		connErr := wantError[*ConnectionError](t, err)
		wantEqual(t, "written", connErr.Written, false)
		wantEqual(t, "error", err.Error(), "GET /v1/projects: dial tcp: connection refused")
		// Five pauses of a half to the whole of 1, 2, 4, 8 and 15 seconds.
		wantBetween(t, "time", time.Since(c.began), 15*time.Second, 30*time.Second)
	})
}

func TestClient_doesNotRepeatWhatCannotComeInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{
			{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "20"},
		}}})
		_, err := c.Projects.List(within(t, 20*time.Second))
		wantEqual(t, "status", StatusCode(err), 429)
		wantEqual(t, "time", time.Since(c.began), time.Duration(0))
		wantEqual(t, "calls", c.server.Calls(""), 1)
	})
}

func TestClient_boundsEachRequest(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]mockserver.Fault{
		"no answer":    {Kind: mockserver.FaultHang},
		"drip by drip": {Kind: mockserver.FaultDrip, Delay: second * 7 / 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{fault}}})
				var projects page[Project]
				err := c.send(t.Context(), request{method: http.MethodGet, elements: []string{"projects"}}, &projects)
				wantKind(t, err, KindUnreachable)
				wantEqual(t, "time", time.Since(c.began), 30*time.Second)
				if !strings.HasSuffix(err.Error(), "no complete answer within 30s") || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error = %v", err)
				}
			})
		})
	}
}

func TestClient_contextEndsEveryRequestAtOnce(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]mockserver.Fault{
		"no answer":              {{Kind: mockserver.FaultHang}},
		"drip by drip":           {{Kind: mockserver.FaultDrip, Delay: second * 7 / 10}},
		"between attempts":       {{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "3600"}},
		"waiting for a token":    {{On: mockserver.OpToken, Kind: mockserver.FaultHang}},
		"between token attempts": {{On: mockserver.OpToken, Kind: mockserver.FaultStatus, Status: 503, RetryAfter: "60"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{Faults: faults}})
				_, err := c.Projects.List(cancelledAfter(t, 5*time.Second))
				if name == "between attempts" { // nobody waits for an hour: the refusal is the answer
					wantEqual(t, "status", StatusCode(err), 429)
					return
				}
				if name == "between token attempts" {
					wantKind(t, err, KindNoToken)
				} else if !errors.Is(err, context.Canceled) {
					t.Errorf("error = %v, want the context's", err)
				}
				wantEqual(t, "time", time.Since(c.began), 5*time.Second)
			})
		})
	}
}

// hugeBody is how much a server may want to say.
const hugeBody = 64 << 20

// countingReader is a huge body that counts what is read of it.
type countingReader struct {
	start string
	read  int
}

func (r *countingReader) Read(p []byte) (int, error) {
	if r.read >= hugeBody {
		return 0, io.EOF
	}
	n := 0
	if r.read < len(r.start) {
		n = copy(p, r.start[r.read:])
	} else {
		n = copy(p, bytes.Repeat([]byte{' '}, min(len(p), 32<<10)))
	}
	r.read += n
	return n, nil
}

func TestClient_readsNoMoreThanItMust(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		start  string
		want   string
	}{
		"success":        {200, `{"results":[],"total":0}`, "GET /v1/projects: 200 OK: the answer is too large"},
		"never any JSON": {200, ``, "GET /v1/projects: 200 OK: the answer is too large"},
		"error":          {403, `{"title":"Forbidden"}`, "GET /v1/projects: 403 Forbidden: Forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := &countingReader{start: test.start}
			client := talkingTo(t, func(req *http.Request) (*http.Response, error) {
				return answerTo(req, test.status, body), nil
			})
			_, err := client.Projects.List(t.Context())
			if err == nil || err.Error() != test.want {
				t.Errorf("error = %v, want %s", err, test.want)
			}
			if body.read > maxBody+1 {
				t.Errorf("%d bytes were read, want at most %d", body.read, maxBody+1)
			}
		})
	}
}

func TestClient_takesTheIDOutOfAHugeAnswer(t *testing.T) {
	t.Parallel()
	body := &countingReader{start: `{"pipelineExecutionId":"` + testID + `"}`}
	client := talkingTo(t, func(req *http.Request) (*http.Response, error) {
		return answerTo(req, http.StatusCreated, body), nil
	})
	started, err := client.Executions.Start(t.Context(), testRequest(), StartOptions{})
	if err != nil || started.ID != testID || started.Adopted {
		t.Errorf("Start = %+v, %v", started, err)
	}
	if body.read > maxBody+1 {
		t.Errorf("%d bytes were read", body.read)
	}
}
