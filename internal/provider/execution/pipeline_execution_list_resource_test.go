// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"
	"github.com/hashicorp/terraform-plugin-testing/querycheck/queryfilter"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

const listName = "matillion_pipeline_execution"

func ids(results []acctest.Listed) []string {
	var found []string
	for _, result := range results {
		found = append(found, result.Identity["id"])
	}
	return found
}

func identityOf(id string) map[string]string {
	return map[string]string{"project_id": acctest.ProjectID, "id": id}
}

func TestPipelineExecutionListResource_yieldsIdentitiesNewestFirst(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	want := history(a, "SUCCESS", "FAILED", "RUNNING")
	results, failure := newCore(t, a.Server).List(tfprotov6.ListResourceRequest{}, nil, 0)
	if len(failure) > 0 {
		t.Fatal(failure)
	}
	expected := []acctest.Listed{
		{Identity: identityOf(want[2]), Name: "Nightly load, Production, RUNNING, 2026-03-01T02:00:00Z"},
		{Identity: identityOf(want[1]), Name: "Nightly load, Production, FAILED, 2026-03-01T01:00:00Z"},
		{Identity: identityOf(want[0]), Name: "ingest/Orders.orch.yaml, Production, SUCCESS, 2026-03-01T00:00:00Z"},
	}
	if diff := cmp.Diff(expected, results); diff != "" {
		t.Errorf("the results differ (-want +got):\n%s", diff)
	}
}

func TestPipelineExecutionListResource_includesWhatAnImportWouldSet(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	want := history(a, "FAILED", "RUNNING")
	results, failure := newCore(t, a.Server).List(tfprotov6.ListResourceRequest{IncludeResource: true}, nil, 0)
	if len(failure) > 0 || len(results) != 2 {
		t.Fatalf("%d results %s", len(results), failure)
	}
	running := map[string]string{
		"project_id": acctest.ProjectID, "id": want[1], "environment_name": acctest.EnvironmentName,
		"pipeline_name": acctest.PipelineName,
		"status":        "RUNNING", "pipeline_type": "ORCHESTRATION", "trigger": "API", "started_at": "2026-03-01T01:00:00Z",
	}
	failed := map[string]string{
		"project_id": acctest.ProjectID, "id": want[0], "environment_name": acctest.EnvironmentName,
		"pipeline_name": acctest.PipelineName,
		"status":        "FAILED", "pipeline_type": "ORCHESTRATION", "trigger": "SCHEDULE",
		"started_at":  "2026-03-01T00:00:00Z",
		"finished_at": "2026-03-01T00:01:00Z", "message": "as told",
	}
	for i, state := range []map[string]string{running, failed} {
		state["url"] = "https://app.matillion.com/observability-dashboard/pipeline/" + state["id"]
		if diff := cmp.Diff(state, results[i].State); diff != "" {
			t.Errorf("state %d differs (-want +got):\n%s", i, diff)
		}
	}
}

func TestPipelineExecutionListResource_filters(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	all := history(a, "SUCCESS", "FAILED", "RUNNING")
	core := newCore(t, a.Server)
	for name, c := range map[string]struct {
		filter tftypes.Value
		want   []string
	}{
		"project_id":       {acctest.String("0f6b0f39-5d0c-4b2b-8b6a-3f6a4d1c9e77"), nil},
		"pipeline_name":    {acctest.String("ORDERS"), all[:1]},
		"environment_name": {acctest.String("Live"), nil},
		"schedule_id":      {acctest.String("schedule-1"), all[1:2]},
		"status":           {acctest.Strings("SUCCESS"), all[:1]},
		"started_after":    {acctest.String("2026-03-01T02:00:00Z"), all[2:]},
		"started_before":   {acctest.String("2026-03-01T00:30:00Z"), all[:1]},
		"time_frame":       {acctest.String("P1D"), []string{all[2], all[1], all[0]}},
	} {
		results, failure := core.List(tfprotov6.ListResourceRequest{}, map[string]tftypes.Value{name: c.filter}, 0)
		if diff := cmp.Diff(c.want, ids(results)); diff != "" || len(failure) > 0 {
			t.Errorf("%s: %s; the ids differ (-want +got):\n%s", name, failure, diff)
		}
	}
}

func TestPipelineExecutionListResource_asksForNoPageThatNobodyWants(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{})
	s.MaxPageSize = 2
	a := acctest.Serve(t, 0, s)
	all := history(a, "RUNNING", "RUNNING", "RUNNING", "RUNNING", "RUNNING")
	core := newCore(t, a.Server)
	for _, c := range []struct {
		limit      int64
		stop       int
		want, page int
	}{
		{limit: 0, want: 5, page: 3}, {limit: 9, want: 5, page: 3}, {limit: 5, want: 5, page: 3},
		{limit: 3, want: 3, page: 2},
		{limit: 2, want: 2, page: 1}, {limit: 1, want: 1, page: 1}, {limit: 5, stop: 3, want: 3, page: 2},
		{stop: 1, want: 1, page: 1},
	} {
		before := a.Calls(mockserver.OpList)
		results, failure := core.List(tfprotov6.ListResourceRequest{Limit: c.limit}, nil, c.stop)
		if len(results) != c.want || len(failure) > 0 || results[0].Identity["id"] != all[4] {
			t.Errorf("limit %d, stop %d: %d results %s, want %d", c.limit, c.stop, len(results), failure, c.want)
		}
		if got := a.Calls(mockserver.OpList) - before; got != c.page {
			t.Errorf("limit %d, stop %d: %d pages, want %d", c.limit, c.stop, got, c.page)
		}
	}
}

func TestPipelineExecutionListResource_streams(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{})
	s.MaxPageSize = 2
	a := acctest.Serve(t, 0, s)
	history(a, "RUNNING", "RUNNING", "RUNNING")
	a.Inject(mockserver.Fault{On: mockserver.OpList, Kind: mockserver.FaultStatus, Status: 403, Skip: 1})
	results, failure := newCore(t, a.Server).List(tfprotov6.ListResourceRequest{}, nil, 0)
	if len(results) != 2 || !strings.Contains(failure.String(), "Matillion denied access") {
		t.Errorf("%d results and %q, want the first page and an error", len(results), failure)
	}
}

func TestPipelineExecutionListResource_endsWhenPagesDoNot(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{})
	s.RepeatPageToken = true
	_, failure := newCore(t, mockserver.New(s)).List(tfprotov6.ListResourceRequest{}, nil, 0)
	if !strings.Contains(failure.String(), "Unexpected answer from Matillion") {
		t.Errorf("a list that repeats its token: %q", failure)
	}
}

func TestPipelineExecutionListResource_refusesMistakes(t *testing.T) {
	t.Parallel()
	c := newCore(t, mockserver.New(acctest.Scenario(mockserver.Run{})))
	for argument, mistake := range map[string]tftypes.Value{
		"project_id": acctest.String("Warehouse"), "pipeline_name": acctest.String(""),
		"started_after": acctest.String("yesterday"),
		"status":        acctest.Strings("DONE"),
	} {
		config := c.Object(c.Schemas.ListResourceSchemas[listName], map[string]tftypes.Value{argument: mistake})
		resp, err := c.ListServer().ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{
			TypeName: listName, Config: c.Encode(config),
		})
		if err != nil || len(resp.Diagnostics) != 1 || !strings.Contains(resp.Diagnostics[0].Attribute.String(), argument) {
			t.Errorf("%s = %s: %v, got %s; want an error on it", argument, mistake, err, acctest.Diagnostics(resp.Diagnostics))
		}
	}
}

func TestPipelineExecutionListResource_query(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	var all []string
	for i := range 3 {
		all = append(all, a.StartElsewhere(mockserver.Execution{
			Status: "FAILED", StartedAt: time.Date(2026, time.March, 1, i, 0, 0, 0, time.UTC),
		}))
	}
	const failed, two = "matillion_pipeline_execution.failed", "matillion_pipeline_execution.two"
	identity := func(id string) map[string]knownvalue.Check {
		return map[string]knownvalue.Check{
			"project_id": knownvalue.StringExact(acctest.ProjectID), "id": knownvalue.StringExact(id),
		}
	}
	oldest := queryfilter.ByResourceIdentity(identity(all[0]))
	acctest.NewerCLI(t, acctest.Queries(),
		resource.TestStep{
			Query: true,
			Config: a.Provider() + `
				list "matillion_pipeline_execution" "failed" {
					provider         = matillion
					include_resource = true
					config {
						status        = ["FAILED"]
						started_after = "2026-03-01T00:00:00Z"
					}
				}
				list "matillion_pipeline_execution" "two" {
					provider = matillion
					limit    = 2
				}`,
			QueryResultChecks: []querycheck.QueryResultCheck{
				querycheck.ExpectLength(failed, 3),
				querycheck.ExpectIdentity(failed, identity(all[1])),
				querycheck.ExpectResourceDisplayName(failed, oldest,
					knownvalue.StringExact("Nightly load, Production, FAILED, 2026-03-01T00:00:00Z")),
				querycheck.ExpectResourceKnownValues(failed, oldest, []querycheck.KnownValueCheck{
					{Path: tfjsonpath.New("status"), KnownValue: knownvalue.StringExact("FAILED")},
					{Path: tfjsonpath.New("wait_for_completion"), KnownValue: knownvalue.Null()},
				}),
				querycheck.ExpectLength(two, 2),
				querycheck.ExpectIdentity(two, identity(all[2])),
			},
		})
}

func TestPipelineExecutionListResource_whatIsFoundIsImportedAndNotStarted(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	found := history(a, "FAILED", "RUNNING")
	w := acctest.NewWorkspace(t, a.Provider())
	w.Needs(acctest.Queries())
	query := "list \"matillion_pipeline_execution\" \"found\" {\n  provider = matillion\n}\n"
	if err := os.WriteFile(filepath.Join(w.Dir, "found.tfquery.hcl"), []byte(query), 0o600); err != nil {
		t.Fatal(err)
	}
	if result := w.Run("query", "-no-color", "-generate-config-out=found.tf"); result.Exit != 0 {
		t.Fatalf("query: exit status %d", result.Exit)
	}
	if result := w.Apply(); result.Exit != 0 {
		t.Fatalf("apply: exit status %d", result.Exit)
	}
	state := w.Raw()
	for _, id := range found {
		if !strings.Contains(state, id) {
			t.Errorf("the execution %s was not imported", id)
		}
	}
}
