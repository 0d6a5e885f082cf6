// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

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
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// history starts an execution an hour for each status, the last one first in every list.
func history(a *acctest.API, statuses ...string) (ids []string) {
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
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
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
	config := a.Provider()
	var checks []statecheck.StateCheck
	for label, c := range cases {
		config += executionsWith(label, c.arguments)
		var want []knownvalue.Check
		for _, i := range c.want {
			want = append(want, knownvalue.ObjectPartial(map[string]knownvalue.Check{"id": knownvalue.StringExact(ids[i])}))
		}
		checks = append(checks, acctest.Finds("data.matillion_pipeline_executions."+label, "executions", want...))
	}
	acctest.CLI(t, resource.TestStep{Config: config, ConfigStateChecks: checks})
	for _, request := range a.Requests() {
		if frame := request.Query.Get("timeFrame"); frame != "" && frame != "whatever" {
			t.Errorf("the time frame was sent as %q", frame)
		}
	}
}

func TestPipelineExecutionsDataSource_tellsAllThatTheAPITells(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	ids := history(a, "FAILED", "CANCELLED", "RUNNING")
	started := func(hour int, more map[string]string) knownvalue.Check {
		texts := map[string]string{
			"id": ids[hour], "started_at": fmt.Sprintf("2026-03-01T%02d:00:00Z", hour),
			"environment_name": acctest.EnvironmentName,
			"pipeline_name":    acctest.PipelineName, "pipeline_type": "ORCHESTRATION", "message": "as told",
			"finished_at": fmt.Sprintf("2026-03-01T%02d:01:00Z", hour), "schedule_id": "", "user": "",
			"url": "https://app.matillion.com/observability-dashboard/pipeline/" + ids[hour],
		}
		for name, text := range more {
			texts[name] = text
		}
		return acctest.Object(texts)
	}
	acctest.CLI(t, resource.TestStep{
		Config: a.Provider() + executionsWith("test"),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.matillion_pipeline_executions.test", tfjsonpath.New("project_id"),
				knownvalue.StringExact(acctest.ProjectID)),
			acctest.Finds("data.matillion_pipeline_executions.test", "executions",
				started(2, map[string]string{"status": "RUNNING", "trigger": "API", "finished_at": "", "message": ""}),
				started(1, map[string]string{"status": "CANCELLED", "trigger": "DESIGNER", "user": "ada@example.com"}),
				started(0, map[string]string{"status": "FAILED", "trigger": "SCHEDULE", "schedule_id": "schedule-1"})),
		},
	})
}

func TestPipelineExecutionsDataSource_asksForNoMorePagesThanItNeeds(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{})
	s.MaxPageSize = 2
	a := acctest.Serve(t, 0, s)
	history(a, "RUNNING", "RUNNING", "RUNNING", "RUNNING", "RUNNING")
	acctest.CLI(t, resource.TestStep{
		Config: a.Provider() + executionsWith("test", "max_results = 3"),
		ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue("data.matillion_pipeline_executions.test",
			tfjsonpath.New("executions"), knownvalue.ListSizeExact(3))},
	})
	if pages, reads := a.Calls(mockserver.OpList), a.Calls(mockserver.OpToken); pages != 2*reads {
		t.Errorf("%d pages in %d reads, want two in each", pages, reads)
	}
}

func TestPipelineExecutionsDataSource_endsWhenPagesDoNot(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{})
	s.RepeatPageToken = true
	a := acctest.Serve(t, 0, s)
	history(a, "RUNNING")
	acctest.CLI(t, acctest.FailsToRead(a.Provider()+executionsWith("test"), "Unexpected answer from Matillion"))
	if got := a.Calls(mockserver.OpList); got > 5 {
		t.Errorf("%d calls of a list that repeats its token", got)
	}
}

func TestPipelineExecutionsDataSource_refusesMistakes(t *testing.T) {
	t.Parallel()
	const name = "matillion_pipeline_executions"
	c := newCore(t, mockserver.New(acctest.Scenario(mockserver.Run{})))
	for argument, mistake := range map[string]tftypes.Value{
		"project_id": acctest.String("Warehouse"), "pipeline_name": acctest.String(""),
		"environment_name": acctest.String(""), "schedule_id": acctest.String(""),
		"time_frame": acctest.String(""), "started_after": acctest.String("yesterday"),
		"started_before": acctest.String("2026-03-01"),
		"max_results":    tftypes.NewValue(tftypes.Number, 0), "status": acctest.Strings("DONE"),
	} {
		config := c.Object(c.Schemas.DataSourceSchemas[name], map[string]tftypes.Value{argument: mistake})
		resp, err := c.Provider.ValidateDataResourceConfig(t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{
			TypeName: name, Config: c.Encode(config),
		})
		if err != nil || len(resp.Diagnostics) != 1 || !strings.Contains(resp.Diagnostics[0].Attribute.String(), argument) {
			t.Errorf("%s = %s: %v, got %s; want an error on it", argument, mistake, err, acctest.Diagnostics(resp.Diagnostics))
		}
	}
}
