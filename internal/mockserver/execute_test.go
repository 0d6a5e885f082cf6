// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
)

func TestExecute_startsARun(t *testing.T) {
	t.Parallel()
	bothWays(t, testScenario(Run{Forever: true}), func(t *testing.T, c *client) {
		body := executeJSON(`,"agentId":"a","executionTag":"tag","versionName":"1.0.0",` +
			`"scalarVariables":{"s":"x","n":1.5,"b":true},"gridVariables":{"g":[["a","b"],[]],"none":[]}`)
		r := c.execute(body)
		wantEqual(t, r.status, http.StatusCreated)
		wantEqual(t, len(r.body), 1)
		id, _ := r.body["pipelineExecutionId"].(string)
		if _, err := uuid.Parse(id); err != nil {
			t.Errorf("id %q: %v", id, err)
		}
		c.wantStarted(1)
		e := c.server.Started()[0]
		if time.Since(e.StartedAt) > time.Minute {
			t.Errorf("started at %s", e.StartedAt)
		}
		e.StartedAt = time.Time{}
		wantEqual(t, e, Execution{
			ID: id, ProjectID: SampleProjectID, EnvironmentName: testEnvironment, PipelineName: testPipeline,
			PipelineType: "ORCHESTRATION", VersionName: "1.0.0", AgentID: "a", ExecutionTag: "tag", Trigger: "API",
			ScalarVariables: map[string]any{"s": "x", "n": 1.5, "b": true},
			GridVariables:   map[string]any{"g": []any{[]any{"a", "b"}, []any{}}, "none": []any{}},
			Body:            []byte(body), Status: "RUNNING",
		})
		wantEqual(t, len(c.server.Unexpected()), 0)
	})
}

func TestExecute_otherSuccessCode(t *testing.T) {
	t.Parallel()
	s := testScenario(Run{})
	s.ExecuteStatus = http.StatusAccepted
	wantEqual(t, inProcess(t, s).execute(executeJSON("")).status, http.StatusAccepted)
}

func TestExecute_refusesMalformedBodies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, violation string }{
		"no body":                {``, "Content-Type"},
		"not JSON":               {`{`, "JSON object"},
		"not an object":          {`[]`, "JSON object"},
		"null":                   {`null`, "JSON object"},
		"more than one":          {executeJSON("") + `{}`, "nothing else"},
		"not UTF-8":              {executeJSON(`,"executionTag":"` + "\xff" + `"`), "JSON object"},
		"unknown field":          {executeJSON(`,"tag":"x"`), "tag is not a known field"},
		"field in other case":    {executeJSON(`,"AgentId":"x"`), "AgentId is not a known field"},
		"no pipeline":            {`{"environmentName":"Production"}`, "pipelineName must be"},
		"empty pipeline":         {`{"environmentName":"Production","pipelineName":""}`, "pipelineName must be"},
		"no environment":         {`{"pipelineName":"x"}`, "environmentName must be"},
		"number for environment": {`{"pipelineName":"x","environmentName":1}`, "environmentName must be"},
		"long environment":       {`{"pipelineName":"x","environmentName":"` + repeat("é", 256) + `"}`, "at most 255"},
		"empty agent":            {executeJSON(`,"agentId":""`), "agentId must be"},
		"null agent":             {executeJSON(`,"agentId":null`), "agentId must be"},
		"null version":           {executeJSON(`,"versionName":null`), "versionName must be"},
		"empty tag":              {executeJSON(`,"executionTag":""`), "executionTag must be"},
		"long tag":               {executeJSON(`,"executionTag":"` + repeat("x", 256) + `"`), "at most 255"},
		"null scalars":           {executeJSON(`,"scalarVariables":null`), "scalarVariables must be an object"},
		"scalar list":            {executeJSON(`,"scalarVariables":{"a":[]}`), `number or a boolean for "a"`},
		"null scalar":            {executeJSON(`,"scalarVariables":{"a":null}`), `for "a"`},
		"scalar without a name":  {executeJSON(`,"scalarVariables":{"":"x"}`), `for ""`},
		"grids as a list":        {executeJSON(`,"gridVariables":[]`), "gridVariables must be an object"},
		"grid of one dimension":  {executeJSON(`,"gridVariables":{"g":["a"]}`), `rows of strings for "g"`},
		"grid with a number":     {executeJSON(`,"gridVariables":{"g":[["a",1]]}`), `rows of strings for "g"`},
		"grid with a null cell":  {executeJSON(`,"gridVariables":{"g":[["a",null]]}`), `rows of strings for "g"`},
		"grid with a null row":   {executeJSON(`,"gridVariables":{"g":[null]}`), `rows of strings for "g"`},
		"null grid":              {executeJSON(`,"gridVariables":{"g":null}`), `rows of strings for "g"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := inProcess(t, testScenario(Run{}))
			r := c.execute(test.body)
			wantEqual(t, r.status, http.StatusBadRequest)
			wantEqual(t, r.body["detail"], any("Invalid request"))
			violations, _ := r.body["violations"].([]any)
			if !strings.Contains(fmt.Sprint(violations...), test.violation) {
				t.Errorf("violations %q do not say %q", violations, test.violation)
			}
			wantEqual(t, len(c.server.Unexpected()), 1)
			c.wantStarted(0)
		})
	}
}

func TestExecute_refusesWithAProblem(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	r := c.execute(executeJSON(`,"versionName":"9"`))
	wantEqual(t, r.header.Get("Content-Type"), "application/problem+json")
	wantEqual(t, r.body, map[string]any{
		"type":     "https://api.matillion.com/problems/not-found",
		"title":    "Not Found",
		"status":   404.0,
		"detail":   `Version "9" not found.`,
		"instance": "/v1/projects/" + SampleProjectID + "/pipeline-executions",
	})
}

func TestExecute_refusesTargets(t *testing.T) {
	t.Parallel()
	project := testProject(Run{})
	env := &project.Environments[0]
	env.Pipelines = append(env.Pipelines, Pipeline{Name: "off", Disabled: true}, Pipeline{Name: "old"},
		Pipeline{Name: "declares", Variables: []string{"a"}}, Pipeline{Name: "declares none", Variables: []string{}})
	env.Versions = []Version{
		{Name: "1", Disabled: true}, {Name: "2"},
		{Name: "3", Pipelines: []string{testPipeline, "off", "declares", "declares none"}},
	}
	for name, test := range map[string]struct {
		project, body string
		want          int
	}{
		"latest":                {SampleProjectID, executeJSON(""), 201},
		"project in upper case": {strings.ToUpper(SampleProjectID), executeJSON(""), 201},
		"named version": {
			SampleProjectID, `{"pipelineName":"old","environmentName":"Production","versionName":"2"}`, 201,
		},
		"declared variable": {
			SampleProjectID, `{"pipelineName":"declares","environmentName":"Production","scalarVariables":{"a":"1"}}`, 201,
		},
		"unknown project":     {uuid.NewString(), executeJSON(""), 404},
		"unknown environment": {SampleProjectID, `{"pipelineName":"old","environmentName":"production"}`, 404},
		"unknown version":     {SampleProjectID, executeJSON(`,"versionName":"4"`), 404},
		"unknown pipeline":    {SampleProjectID, `{"pipelineName":"seed.orch.yaml","environmentName":"Production"}`, 404},
		"not in the latest":   {SampleProjectID, `{"pipelineName":"old","environmentName":"Production"}`, 404},
		"disabled pipeline":   {SampleProjectID, `{"pipelineName":"off","environmentName":"Production"}`, 410},
		"disabled version":    {SampleProjectID, executeJSON(`,"versionName":"1"`), 410},
		"undeclared scalar": {
			SampleProjectID, `{"pipelineName":"declares","environmentName":"Production","scalarVariables":{"b":"1"}}`, 400,
		},
		"undeclared grid": {
			SampleProjectID, `{"pipelineName":"declares","environmentName":"Production","gridVariables":{"g":[]}}`, 400,
		},
		"declares no variable": {
			SampleProjectID, `{"pipelineName":"declares none","environmentName":"Production","scalarVariables":{"a":"1"}}`, 400,
		},
		"other content type":      {SampleProjectID, "", 400},
		"project is not in there": {"x", executeJSON(""), 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := inProcess(t, Scenario{Projects: []Project{project}})
			r := c.do(http.MethodPost, APIPath+"/v1/projects/"+test.project+"/pipeline-executions", test.body)
			wantEqual(t, r.status, test.want)
			if test.want == 201 {
				c.wantStarted(1)
			} else {
				c.wantStarted(0)
			}
		})
	}
}

func TestExecute_tagIsTakenWhileRunning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testScenario(Run{Duration: 10 * second, CancelTakes: 5 * second})
		s.Projects[0].Environments = append(s.Projects[0].Environments,
			Environment{Name: "Other", Pipelines: []Pipeline{{Name: testPipeline}}})
		c := inProcess(t, s)
		tagged := executeJSON(`,"executionTag":"one"`)
		wantEqual(t, c.execute(tagged).status, http.StatusCreated)
		wantEqual(t, c.execute(tagged).status, http.StatusConflict)
		wantEqual(t, c.execute(executeJSON(`,"executionTag":"two"`)).status, http.StatusCreated)
		wantEqual(t, c.execute(executeJSON("")).status, http.StatusCreated)
		other := fmt.Sprintf(`{"pipelineName":%q,"environmentName":"Other","executionTag":"one"}`, testPipeline)
		wantEqual(t, c.execute(other).status, http.StatusCreated)

		c.cancel(c.server.Started()[0].ID, false)
		wantEqual(t, c.execute(tagged).status, http.StatusConflict)
		advance(5 * time.Second)
		wantEqual(t, c.execute(tagged).status, http.StatusCreated)
		advance(10 * time.Second)
		wantEqual(t, c.execute(tagged).status, http.StatusCreated)
		wantEqual(t, c.server.Refused(OpExecute, http.StatusConflict), 2)
		c.wantStarted(6)
		wantEqual(t, len(c.server.Unexpected()), 0)
	})
}

func TestExecute_tagIsTakenByRunsElsewhere(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{Forever: true}))
	id := c.server.StartElsewhere(Execution{ExecutionTag: "one", ScheduleID: "s"})
	wantEqual(t, c.execute(executeJSON(`,"executionTag":"one"`)).status, http.StatusConflict)
	c.server.Finish(id, statusSuccess, "")
	wantEqual(t, c.execute(executeJSON(`,"executionTag":"one"`)).status, http.StatusCreated)
	c.wantStarted(1)
}
