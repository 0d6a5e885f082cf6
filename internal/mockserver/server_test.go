// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestServer_unknownRoutes(t *testing.T) {
	t.Parallel()
	bothWays(t, testScenario(Run{}), func(t *testing.T, c *client) {
		for _, test := range [][2]string{
			{http.MethodGet, "/"}, {http.MethodGet, "/v1/projects"}, {http.MethodGet, APIPath + "/v1/projects/"},
			{http.MethodGet, APIPath + "//v1/projects"}, {http.MethodDelete, testExecutions + "/x"},
			{http.MethodPut, APIPath + "/v1/projects"},
			{http.MethodGet, APIPath + "/v1/projects//environments"}, {http.MethodGet, TokenPath},
			{http.MethodGet, testExecutions},
			{http.MethodGet, APIPath + "/v1/projects/%2e%2e/x"},
		} {
			if r := c.do(test[0], test[1], ""); r.status != http.StatusNotFound {
				t.Errorf("%s %s answered %d", test[0], test[1], r.status)
			}
		}
		wantEqual(t, len(c.server.Unexpected()), 10)
		wantEqual(t, c.server.Calls(OpUnknown), 10)
	})
}

func TestServer_reportsUnknownParameters(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	wantEqual(t, c.get(APIPath+"/v1/projects?pagesize=3").status, http.StatusOK)
	wantEqual(t, len(c.server.Unexpected()), 1)
}

func TestServer_bodyTooLarge(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	wantEqual(t, c.execute(repeat("x", maxBody+1)).status, http.StatusBadRequest)
}

func TestServer_latency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testScenario(Run{})
		s.Latency = 2 * second
		c := inProcess(t, s)
		begin := time.Now()
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { c.start() })
		}
		all.Wait()
		c.askToken(grant(defaultClientID, defaultClientSecret))
		wantEqual(t, time.Since(begin), 4*time.Second)
		c.wantStarted(10)
	})
}

func TestServer_update(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{Forever: true}))
	first := c.start()
	c.server.Update(func(s *Scenario) {
		s.Projects[0].Environments[0].Pipelines[0].Run = Run{Ends: statusFailed}
		s.FlatDetails = true
	})
	second := c.start()
	wantEqual(t, c.list(nil).values("status"), []any{statusFailed, statusRunning})
	wantEqual(t, c.list(nil).values("pipelineExecutionId"), []any{second, first})
	wantEqual(t, c.get(testExecutions + "/" + first).body["status"], any(statusRunning))
}

func TestServer_sharesNothingWithTheScenario(t *testing.T) {
	t.Parallel()
	s := testScenario(Run{})
	c := inProcess(t, s)
	c.server.Update(func(s *Scenario) { s.Projects[0].Environments[0].Pipelines[0].Disabled = true })
	wantEqual(t, s.Projects[0].Environments[0].Pipelines[0].Disabled, false)
	wantEqual(t, c.execute(executeJSON("")).status, http.StatusGone)
}

func TestServer_waitForCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, testScenario(Run{}))
		go func() {
			for range 3 {
				advance(time.Second)
				c.start()
			}
		}()
		begin := time.Now()
		if err := c.server.WaitForCalls(t.Context(), OpExecute, 2); err != nil {
			t.Error(err)
		}
		wantEqual(t, time.Since(begin), 2*time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := c.server.WaitForCalls(ctx, OpCancel, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
	})
}

func TestServer_log(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	id := c.start()
	c.details(id)
	c.details("nonsense")
	wantEqual(t, []int{c.server.Calls(""), c.server.Calls(OpDetails), c.server.Calls(OpCancel)}, []int{3, 2, 0})
	wantEqual(t, []int{c.server.Refused("", 404), c.server.Refused(OpDetails, 404), c.server.Refused(OpExecute, 404)},
		[]int{1, 1, 0})
	logged := c.server.Requests()[0]
	wantEqual(t, []any{logged.Operation, logged.Method, logged.Path, string(logged.Body), logged.Status},
		[]any{OpExecute, http.MethodPost, testExecutions, executeJSON(""), 201})
	logged.Body[0] = 'x'
	logged.Header.Set("Content-Type", "x")
	again := c.server.Requests()[0]
	wantEqual(t, string(again.Body), executeJSON(""))
	wantEqual(t, again.Header.Get("Content-Type"), "application/json")
}

// FuzzServer holds that nothing a client sends makes the server panic or answer with an error of its own.
func FuzzServer(f *testing.F) {
	for _, path := range []string{testExecutions, testExecutions + "/x", APIPath + "/v1/pipeline-executions", TokenPath} {
		f.Add(http.MethodPost, path, "limit=3&status=RUNNING", executeJSON(`,"gridVariables":{"g":[["a"]]}`))
		f.Add(http.MethodPatch, path, "paginationToken="+encodePosition(position{1, 2, 0}),
			`{"status":"CANCELLED","forceUpdate":true}`)
	}
	f.Add(http.MethodGet, testProjectPath+"/published-pipelines", "environmentName=Production&page=9223372036854775807",
		"")
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://mock.example", strings.NewReader(body))
		if err != nil {
			t.Skip()
		}
		req.URL.Path, req.URL.RawQuery = path, query
		req.Header.Set("Authorization", "Bearer "+defaultToken)
		req.Header.Set("Content-Type", "application/json")
		answered := httptest.NewRecorder()
		New(SampleScenario()).ServeHTTP(answered, req)
		if answered.Code >= 500 {
			t.Errorf("%s %s?%s answered %d", method, path, query, answered.Code)
		}
	})
}
