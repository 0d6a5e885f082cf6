// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	testPipeline    = "load/seed.orch.yaml"
	testEnvironment = "Production"
)

// testProject has one pipeline, which unfolds as the run says.
func testProject(run Run) Project {
	return Project{
		ID:   SampleProjectID,
		Name: "Test project",
		Environments: []Environment{{
			Name:      testEnvironment,
			Pipelines: []Pipeline{{Name: testPipeline, Run: run}},
		}},
	}
}

func testScenario(run Run) Scenario {
	return Scenario{Projects: []Project{testProject(run)}}
}

// client talks to a server, by a socket or in process.
type client struct {
	t      *testing.T
	server *Server
	http   *http.Client
	base   string
	token  string
	// settle waits until the server is done with all it was sent.
	settle func()
}

// reply is an answer as a client sees it.
type reply struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func inProcess(t *testing.T, s Scenario) *client {
	t.Helper()
	server := New(s)
	talks := &http.Client{Transport: server.Transport(t, &http.Transport{}), CheckRedirect: stay}
	return &client{t, server, talks, "https://mock.example", defaultToken, func() {}}
}

func overSocket(t *testing.T, s Scenario) *client {
	t.Helper()
	server := New(s)
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	talks := listening.Client()
	talks.CheckRedirect = stay
	return &client{t, server, talks, listening.URL, defaultToken, listening.Close}
}

// stay follows no redirect.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// bothWays runs a test over a socket and in process.
func bothWays(t *testing.T, s Scenario, test func(t *testing.T, c *client)) {
	t.Helper()
	ways := map[string]func(*testing.T, Scenario) *client{"socket": overSocket, "transport": inProcess}
	for name, connect := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, connect(t, s))
		})
	}
}

func (c *client) request(ctx context.Context, method, path, body string) *http.Request {
	c.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

func (c *client) send(req *http.Request) (reply, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	r := reply{status: resp.StatusCode, header: resp.Header, text: string(text)}
	_ = json.Unmarshal(text, &r.body)
	return r, err
}

func (c *client) do(method, path, body string) reply {
	c.t.Helper()
	r, err := c.send(c.request(c.t.Context(), method, path, body))
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *client) get(path string) reply {
	c.t.Helper()
	return c.do(http.MethodGet, path, "")
}

const testExecutions = APIPath + "/v1/projects/" + SampleProjectID + "/pipeline-executions"

// executeJSON is an execute body for the test pipeline with more fields.
func executeJSON(more string) string {
	return fmt.Sprintf(`{"pipelineName":%q,"environmentName":%q%s}`, testPipeline, testEnvironment, more)
}

func (c *client) execute(body string) reply {
	c.t.Helper()
	return c.do(http.MethodPost, testExecutions, body)
}

// start starts a run and returns its id.
func (c *client) start() string {
	c.t.Helper()
	r := c.execute(executeJSON(""))
	id, ok := r.body["pipelineExecutionId"].(string)
	if r.status != http.StatusCreated || !ok {
		c.t.Fatalf("execute answered %d %s", r.status, r.text)
	}
	return id
}

// details returns the details of a run, out of their wrapping.
func (c *client) details(id string) reply {
	c.t.Helper()
	r := c.get(testExecutions + "/" + id)
	if result, ok := r.body["result"].(map[string]any); ok {
		r.body = result
	}
	return r
}

func (c *client) cancel(id string, force bool) reply {
	c.t.Helper()
	return c.do(http.MethodPatch, testExecutions+"/"+id, fmt.Sprintf(`{"status":"CANCELLED","forceUpdate":%v}`, force))
}

func (c *client) list(query url.Values) reply {
	c.t.Helper()
	return c.get(APIPath + "/v1/pipeline-executions?" + query.Encode())
}

func (c *client) wantStatus(id, want string) {
	c.t.Helper()
	if got := c.details(id).body["status"]; got != want {
		c.t.Errorf("status = %v, want %s", got, want)
	}
}

func (c *client) wantStarted(want int) {
	c.t.Helper()
	if got := len(c.server.Started()); got != want {
		c.t.Errorf("%d runs started, want %d", got, want)
	}
}

// values returns one field of each result.
func (r reply) values(field string) []any {
	results, _ := r.body["results"].([]any)
	values := []any{}
	for _, result := range results {
		fields, _ := result.(map[string]any)
		values = append(values, fields[field])
	}
	return values
}

func wantEqual(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("not as wanted (-want +got):\n%s", diff)
	}
}

// advance lets time pass in a bubble.
func advance(d time.Duration) { <-time.After(d) }

func repeat(s string, n int) string { return string(bytes.Repeat([]byte(s), n)) }
