package provider

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// texts is a list of strings.
func texts(values ...string) tftypes.Value {
	var elements []tftypes.Value
	for _, value := range values {
		elements = append(elements, text(value))
	}
	return tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, elements)
}

// history starts an execution an hour for each status, the last one first in every list.
func history(a *api, statuses ...string) (ids []string) {
	for i, status := range statuses {
		started := time.Date(2026, time.March, 1, i, 0, 0, 0, time.UTC)
		e := mockserver.Execution{StartedAt: started, Status: status, Message: "as told"}
		switch status {
		case "RUNNING":
			e.Message = ""
		case "CANCELLED":
			e.FinishedAt, e.User = started.Add(time.Minute), "ada@example.com"
		case "FAILED":
			e.FinishedAt, e.ScheduleID = started.Add(time.Minute), "schedule-1"
		default:
			e.FinishedAt, e.PipelineName = started.Add(time.Minute), "ingest/Orders.orch.yaml"
		}
		ids = append(ids, a.StartElsewhere(e))
	}
	return ids
}

func executionsWith(label string, arguments ...string) string {
	return fmt.Sprintf("data \"matillion_pipeline_executions\" %q {\n  %s\n}\n", label, strings.Join(arguments, "\n  "))
}

func TestPipelineExecutionsDataSource_filtersNewestFirst(t *testing.T) {
	t.Parallel()
	a := serve(t, 0, scenario(mockserver.Run{}))
	ids := history(a, "SUCCESS", "FAILED", "CANCELLED", "RUNNING")
	a.StartElsewhere(mockserver.Execution{ProjectID: "0f6b0f39-5d0c-4b2b-8b6a-3f6a4d1c9e77", EnvironmentName: "Live"})
	cases := map[string]struct {
		arguments string
		want      []int
	}{
		"all":      {"", []int{3, 2, 1, 0}},
		"pipeline": {`pipeline_name = "orders"`, []int{0}},
		"nowhere":  {`environment_name = "Live"`, nil},
		"schedule": {`schedule_id = "schedule-1"`, []int{1}},
		"statuses": {`status = ["FAILED", "RUNNING"]`, []int{3, 1}},
		"after":    {`started_after = "2026-03-01T03:00:00+01:00"`, []int{3, 2}},
		"before":   {`started_before = "2026-03-01T01:00:00Z"`, []int{1, 0}},
		"frame":    {`time_frame = "whatever"`, []int{3, 2, 1, 0}},
		"two":      {`max_results = 2`, []int{3, 2}},
		"many":     {`max_results = 5`, []int{3, 2, 1, 0}},
	}
	config := a.provider()
	var checks []statecheck.StateCheck
	for label, c := range cases {
		config += executionsWith(label, c.arguments)
		var want []knownvalue.Check
		for _, i := range c.want {
			want = append(want, knownvalue.ObjectPartial(map[string]knownvalue.Check{"id": knownvalue.StringExact(ids[i])}))
		}
		checks = append(checks, finds("data.matillion_pipeline_executions."+label, "executions", want...))
	}
	testCLI(t, resource.TestStep{Config: config, ConfigStateChecks: checks})
	for _, request := range a.Requests() {
		if frame := request.Query.Get("timeFrame"); frame != "" && frame != "whatever" {
			t.Errorf("the time frame was sent as %q", frame)
		}
	}
}

func TestPipelineExecutionsDataSource_tellsAllThatTheAPITells(t *testing.T) {
	t.Parallel()
	a := serve(t, 0, scenario(mockserver.Run{}))
	ids := history(a, "FAILED", "CANCELLED", "RUNNING")
	started := func(hour int, more map[string]string) knownvalue.Check {
		texts := map[string]string{
			"id": ids[hour], "started_at": fmt.Sprintf("2026-03-01T%02d:00:00Z", hour), "environment_name": testEnvironment,
			"pipeline_name": testPipeline, "pipeline_type": "ORCHESTRATION", "message": "as told",
			"finished_at": fmt.Sprintf("2026-03-01T%02d:01:00Z", hour), "schedule_id": "", "user": "",
		}
		for name, text := range more {
			texts[name] = text
		}
		return object(texts)
	}
	testCLI(t, resource.TestStep{
		Config: a.provider() + executionsWith("test"),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.matillion_pipeline_executions.test", tfjsonpath.New("project_id"),
				knownvalue.StringExact(testProject)),
			finds("data.matillion_pipeline_executions.test", "executions",
				started(2, map[string]string{"status": "RUNNING", "trigger": "API", "finished_at": "", "message": ""}),
				started(1, map[string]string{"status": "CANCELLED", "trigger": "DESIGNER", "user": "ada@example.com"}),
				started(0, map[string]string{"status": "FAILED", "trigger": "SCHEDULE", "schedule_id": "schedule-1"})),
		},
	})
}

func TestPipelineExecutionsDataSource_asksForNoMorePagesThanItNeeds(t *testing.T) {
	t.Parallel()
	s := scenario(mockserver.Run{})
	s.MaxPageSize = 2
	a := serve(t, 0, s)
	history(a, "RUNNING", "RUNNING", "RUNNING", "RUNNING", "RUNNING")
	testCLI(t, resource.TestStep{
		Config: a.provider() + executionsWith("test", "max_results = 3"),
		ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue("data.matillion_pipeline_executions.test",
			tfjsonpath.New("executions"), knownvalue.ListSizeExact(3))},
	})
	if pages, reads := a.Calls(mockserver.OpList), a.Calls(mockserver.OpToken); pages != 2*reads {
		t.Errorf("%d pages in %d reads, want two in each", pages, reads)
	}
}

func TestPipelineExecutionsDataSource_endsWhenPagesDoNot(t *testing.T) {
	t.Parallel()
	s := scenario(mockserver.Run{})
	s.RepeatPageToken = true
	a := serve(t, 0, s)
	history(a, "RUNNING")
	testCLI(t, failsToRead(a.provider()+executionsWith("test"), "Unexpected answer from Matillion"))
	if got := a.Calls(mockserver.OpList); got > 5 {
		t.Errorf("%d calls of a list that repeats its token", got)
	}
}

func TestPipelineExecutionsDataSource_refusesMistakes(t *testing.T) {
	t.Parallel()
	const name = "matillion_pipeline_executions"
	c := newCore(t, mockserver.New(scenario(mockserver.Run{})))
	for argument, mistake := range map[string]tftypes.Value{
		"project_id": text("Warehouse"), "pipeline_name": text(""), "environment_name": text(""), "schedule_id": text(""),
		"time_frame": text(""), "started_after": text("yesterday"), "started_before": text("2026-03-01"),
		"max_results": tftypes.NewValue(tftypes.Number, 0), "status": texts("DONE"),
	} {
		config := c.object(c.schema.DataSourceSchemas[name], map[string]tftypes.Value{argument: mistake})
		resp, err := c.provider.ValidateDataResourceConfig(t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{
			TypeName: name, Config: c.encode(config),
		})
		if err != nil || len(resp.Diagnostics) != 1 || !strings.Contains(resp.Diagnostics[0].Attribute.String(), argument) {
			t.Errorf("%s = %s: %v, got %s; want an error on it", argument, mistake, err, diagnosed(resp.Diagnostics))
		}
	}
}
