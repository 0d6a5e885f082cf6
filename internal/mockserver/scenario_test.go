// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestReadScenario_reads(t *testing.T) {
	t.Parallel()
	got, err := ReadScenario(strings.NewReader(`{
		"client_id": "me", "token_lifetime": "90s", "projects": [{"id": "p", "name": "P", "environments": [{
			"name": "E", "pipelines": [{"name": "n", "published_time": "2026-01-02T03:04:05Z", "variables": [],
				"run": {"phases": [{"after": "1.5s", "status": "SUCCESS"}]}}]}]}],
		"faults": [{"on": "execute", "kind": "status", "status": 503, "retry_after": "date:5", "delay": "1ms"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, got, Scenario{
		ClientID: "me", TokenLifetime: Duration(90 * time.Second),
		Projects: []Project{{ID: "p", Name: "P", Environments: []Environment{{Name: "E", Pipelines: []Pipeline{{
			Name: "n", PublishedTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Variables: []string{},
			Run: Run{Phases: []Phase{{After: Duration(1500 * time.Millisecond), Status: statusSuccess}}},
		}}}}}},
		Faults: []Fault{{On: OpExecute, Kind: FaultStatus, Status: 503, RetryAfter: "date:5",
			Delay: Duration(time.Millisecond)}},
	})
}

func TestReadScenario_refuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"unknown key":         {`{"latencies": "1s"}`, `unknown field "latencies"`},
		"unknown key inside":  {`{"projects": [{"name": "p", "pipeline": 1}]}`, `unknown field "pipeline"`},
		"number for duration": {`{"latency": 5}`, `latency`},
		"bad duration":        {`{"latency": "5 seconds"}`, `5 seconds`},
		"negative duration":   {`{"latency": "-5s"}`, `latency must not be negative`},
		"negative limit":      {`{"max_page_size": -1}`, `must not be negative`},
		"two values":          {`{}{}`, `more than one`},
		"no JSON":             {``, `EOF`},
		"bad execute status":  {`{"execute_status": 404}`, `execute_status 404`},
		"project without":     {`{"projects": [{}]}`, `a project has no name`},
		"environment twice": {
			`{"projects": [{"name": "p", "environments": [{"name": "e"}, {"name": "e"}]}]}`, `environment "e" is there twice`,
		},
		"pipeline without": {
			`{"projects": [{"name": "p", "environments": [{"name": "e", "pipelines": [{}]}]}]}`, `a pipeline has no name`,
		},
		"unknown version": {
			`{"projects": [{"name": "p", "environments": [{"name": "e", "versions": [{"name": "1", "pipelines": ["x"]}]}]}]}`,
			`version "1": there is no pipeline "x"`,
		},
		"phases out of order": {
			`{"projects": [{"name": "p", "environments": [{"name": "e", "pipelines": [{"name": "x",` +
				` "run": {"phases": [{"after": "2s"}, {"after": "1s"}]}}]}]}]}`, `pipeline "x": phases`,
		},
		"unknown form": {
			`{"accepted_names": ["published", "short"]}`, `accepted_names "short": must be one of published, path, last, bare`,
		},
		"form of no question": {`{"accepted_names": ["asked"]}`, `accepted_names "asked"`},
		"unknown answer":      {`{"answered_names": "short"}`, `answered_names "short": must be one of asked, published`},
		"unknown filter":      {`{"ignored_filters": ["trigger"]}`, `ignored_filters "trigger": must be one of projectId`},
		"unknown strictness":  {`{"strict_accept": "yes"}`, `strict_accept "yes": must be one of refuse, succeed`},
		"negative listing":    {`{"listed_after": "-1s"}`, `listed_after must not be negative`},
		"unknown fault":       {`{"faults": [{"kind": "boom"}]}`, `fault kind "boom": must be one of status, `},
		"unknown operation":   {`{"faults": [{"on": "post", "kind": "drop"}]}`, `fault on "post"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadScenario(strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestScenario_survivesJSON(t *testing.T) {
	t.Parallel()
	want := SampleScenario().withDefaults()
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadScenario(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	got.Faults = nil
	wantEqual(t, got, want)
}

func TestScenario_keysAreSnakeCase(t *testing.T) {
	t.Parallel()
	word := regexp.MustCompile(`[A-Z]+[a-z]*`)
	for _, v := range []any{Scenario{}, Project{}, Environment{}, Version{}, Pipeline{}, Run{}, Phase{}, Step{}, Fault{}} {
		for field := range reflect.TypeOf(v).Fields() {
			want := strings.ToLower(strings.Join(word.FindAllString(field.Name, -1), "_"))
			wantEqual(t, field.Tag.Get("json"), want)
		}
	}
}

func TestSampleProject_isServed(t *testing.T) {
	t.Parallel()
	c := inProcess(t, Scenario{})
	want := map[string]int{"Legacy export.orch.yaml": 410}
	for _, env := range SampleProject().Environments {
		for _, p := range env.Pipelines {
			status := c.execute(`{"environmentName":"` + env.Name + `","pipelineName":"` + p.Name + `"}`).status
			if status != max(want[p.Name], 201) {
				t.Errorf("%s in %s: answered %d", p.Name, env.Name, status)
			}
		}
	}
}

func TestNew_refusesWhatIsNotValid(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a negative latency was accepted")
		}
	}()
	New(Scenario{Latency: -1})
}
