// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDetails_flatOrWrapped(t *testing.T) {
	t.Parallel()
	for _, wrapped := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := testScenario(Run{Duration: 10 * second, Ends: statusFailed, Message: `"Load": no`})
			s.FlatDetails = !wrapped
			c := inProcess(t, s)
			id := c.start()
			want := map[string]any{
				"environmentName": testEnvironment, "pipelineExecutionId": id, "pipelineName": testPipeline,
				"pipelineType": "ORCHESTRATION", "projectId": SampleProjectID, "startedAt": "2000-01-01T00:00:00.000Z",
				"status": "RUNNING", "trigger": "API",
			}
			wrap := func(fields map[string]any) map[string]any { return fields }
			if wrapped {
				delete(want, "projectId")
				wrap = func(fields map[string]any) map[string]any { return map[string]any{"result": fields} }
			}
			wantEqual(t, c.get(testExecutions+"/"+id).body, wrap(want))
			advance(12345 * time.Millisecond)
			want["status"], want["message"], want["finishedAt"] = "FAILED", `"Load": no`, "2000-01-01T00:00:10.000Z"
			wantEqual(t, c.get(testExecutions+"/"+id).body, wrap(want))
		})
	}
}

func TestDetails_timesComeInManyForms(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testScenario(Run{})
		s.ClockSkew = Duration(time.Hour)
		c := inProcess(t, s)
		advance(1234567891 * time.Nanosecond)
		var got []any
		for range layouts {
			got = append(got, c.details(c.start()).body["startedAt"])
		}
		wantEqual(t, got, []any{
			"2000-01-01T01:00:01.234Z", "2000-01-01T01:00:01.234567+00:00", "2000-01-01T01:00:01Z",
			"2000-01-01T01:00:01.234567891+00:00", "2000-01-01T01:00:01.2Z", "2000-01-01T01:00:01+00:00",
		})
		for i, e := range c.server.Started() {
			text, _ := got[i].(string)
			parsed, err := time.Parse(time.RFC3339, text)
			if err != nil || !parsed.Equal(e.StartedAt) {
				t.Errorf("answered %s (%v), StartedAt is %s", got[i], err, e.StartedAt)
			}
		}
	})
}

func TestDetails_unknownExecutions(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	id := c.start()
	wantEqual(t, c.details(strings.ToUpper(id)).status, http.StatusOK)
	other := APIPath + "/v1/projects/5f0c2f0e-0000-4c58-9a3e-2b7d4e8f1a60/pipeline-executions/" + id
	for _, path := range []string{testExecutions + "/nonsense", other, other + "/status", other + "/steps"} {
		wantEqual(t, c.get(path).status, http.StatusNotFound)
	}
	c.server.Forget(id)
	wantEqual(t, c.details(id).status, http.StatusNotFound)
	wantEqual(t, c.list(nil).values("status"), []any{})
	c.wantStarted(1)
	wantEqual(t, len(c.server.Unexpected()), 0)
}

func TestDetails_visibleAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testScenario(Run{Forever: true})
		s.VisibleAfter = 5 * second
		c := inProcess(t, s)
		id := c.start()
		advance(5*time.Second - 1)
		for _, suffix := range []string{"", "/status", "/steps"} {
			wantEqual(t, c.get(testExecutions+"/"+id+suffix).status, http.StatusNotFound)
		}
		wantEqual(t, c.cancel(id, true).status, http.StatusNotFound)
		wantEqual(t, c.list(nil).values("pipelineExecutionId"), []any{})
		advance(1)
		wantEqual(t, c.details(id).status, http.StatusOK)
		wantEqual(t, c.list(nil).values("pipelineExecutionId"), []any{id})
	})
}

func TestDetails_triggers(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	for _, test := range []struct {
		e    Execution
		want map[string]any
	}{
		{Execution{}, map[string]any{"trigger": "API", "scheduleId": nil, "user": nil}},
		{Execution{User: "ann"}, map[string]any{"trigger": "DESIGNER", "scheduleId": nil, "user": "ann"}},
		{Execution{ScheduleID: "s"}, map[string]any{"trigger": "SCHEDULE", "scheduleId": "s", "user": nil}},
		{
			Execution{Trigger: "SCHEDULE_RUN_NOW", ScheduleID: "s"},
			map[string]any{"trigger": "SCHEDULE_RUN_NOW", "scheduleId": "s", "user": nil},
		},
	} {
		body := c.details(c.server.StartElsewhere(test.e)).body
		wantEqual(t, map[string]any{"trigger": body["trigger"], "scheduleId": body["scheduleId"], "user": body["user"]},
			test.want)
	}
	c.wantStarted(0)
	wantEqual(t, len(c.server.Executions()), 4)
}

func TestStartElsewhere_inThePast(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{Forever: true}))
	start := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	id := c.server.StartElsewhere(Execution{
		ID: "run", PipelineName: "not in the scenario", StartedAt: start, FinishedAt: start.Add(time.Minute),
		Status: statusFailed, Message: "no",
	})
	body := c.details(id).body
	wantEqual(t, body["startedAt"], any("2026-02-03T04:05:06.000Z"))
	wantEqual(t, body["finishedAt"], any("2026-02-03T04:06:06.000Z"))
	wantEqual(t, body["message"], any("no"))
	wantEqual(t, c.server.Executions()[0].FinishedAt, start.Add(time.Minute))
	c.wantStatus(c.server.StartElsewhere(Execution{}), statusRunning)
}

func TestStatus_body(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{Forever: true}))
	wantEqual(t, c.get(testExecutions+"/"+c.start()+"/status").text, `{"status":"RUNNING"}`)
}

func TestSteps_paged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := Run{Duration: 2 * second, Ends: statusFailed, Steps: []Step{
			{Name: "one", Duration: second},
			{Name: "two", Status: statusFailed, Message: "broke", After: second, Duration: second},
			{Name: "three", Status: statusSkipped, After: 2 * second},
		}}
		c := inProcess(t, testScenario(run))
		path := testExecutions + "/" + c.start() + "/steps"
		wantEqual(t, c.get(path).values("name"), []any{"one"})
		advance(time.Minute)
		wantEqual(t, c.get(path+"?page=0&size=2").values("name"), []any{"one", "two"})
		last := c.get(path + "?page=1&size=2")
		wantEqual(t, last.values("result"), []any{map[string]any{"status": "SKIPPED"}})
		wantEqual(t, last.body["total"], any(3.0))
		wantEqual(t, c.get(path).values("result")[1], any(map[string]any{
			"status": "FAILED", "message": "broke",
			"startedAt": "2000-01-01T00:00:01.000Z", "finishedAt": "2000-01-01T00:00:02.000Z",
		}))
		wantEqual(t, c.get(path).values("id"), c.get(path).values("id"))
	})
}

func TestFinish_leavesEndedRuns(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{Forever: true}))
	id := c.start()
	c.server.Finish(id, statusFailed, "theirs")
	c.server.Finish(id, statusSuccess, "")
	c.server.Finish("nonsense", statusSuccess, "")
	c.wantStatus(id, statusFailed)
}
