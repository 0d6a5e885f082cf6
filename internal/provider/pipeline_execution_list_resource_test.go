package provider

import (
	"context"
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
)

const listName = "matillion_pipeline_execution"

// listed is a result of the list resource in plain Go.
type listed struct {
	projectID, id, name string
	state               map[string]string // what is not null; only where it was asked for
}

// lister is what [tfprotov6.ProviderServer] does not have yet.
type lister interface {
	ValidateListResourceConfig(
		context.Context, *tfprotov6.ValidateListResourceConfigRequest,
	) (*tfprotov6.ValidateListResourceConfigResponse, error)
	ListResource(context.Context, *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error)
}

func (c *core) lister() lister {
	c.t.Helper()
	server, ok := c.provider.(lister)
	if !ok {
		c.t.Fatal("the provider has no list resources")
	}
	return server
}

// list reads results until there are no more or a number of them, and returns the diagnostics among them.
func (c *core) list(
	req tfprotov6.ListResourceRequest, filters map[string]tftypes.Value, stop int,
) (results []listed, failure diagnosed) {
	c.t.Helper()
	req.TypeName, req.Config = listName, c.encode(c.object(c.schema.ListResourceSchemas[listName], filters))
	stream, err := c.lister().ListResource(c.t.Context(), &req)
	if err != nil {
		c.t.Fatal(err)
	}
	for result := range stream.Results {
		if len(result.Diagnostics) > 0 {
			failure = append(failure, result.Diagnostics...)
			continue
		}
		results = append(results, c.listed(result))
		if len(results) == stop {
			break
		}
	}
	return results, failure
}

func (c *core) listed(result tfprotov6.ListResourceResult) listed {
	c.t.Helper()
	schemas, err := c.provider.GetResourceIdentitySchemas(c.t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		c.t.Fatal(err)
	}
	identity := c.strings(result.Identity.IdentityData, schemas.IdentitySchemas[listName].ValueType())
	found := listed{projectID: identity["project_id"], id: identity["id"], name: result.DisplayName}
	if result.Resource != nil {
		found.state = c.strings(result.Resource, c.resource().ValueType())
	}
	return found
}

// strings returns the attributes of an object that are not null, all of which must be strings.
func (c *core) strings(value *tfprotov6.DynamicValue, kind tftypes.Type) map[string]string {
	c.t.Helper()
	object, err := value.Unmarshal(kind)
	if err != nil {
		c.t.Fatal(err)
	}
	var attributes map[string]tftypes.Value
	if err := object.As(&attributes); err != nil {
		c.t.Fatal(err)
	}
	found := map[string]string{}
	for name, attribute := range attributes {
		if attribute.IsNull() {
			continue
		}
		var value string
		if err := attribute.As(&value); err != nil {
			c.t.Errorf("%s: %s", name, err)
		}
		found[name] = value
	}
	return found
}

func ids(results []listed) []string {
	var found []string
	for _, result := range results {
		found = append(found, result.id)
	}
	return found
}

func TestPipelineExecutionListResource_yieldsIdentitiesNewestFirst(t *testing.T) {
	t.Parallel()
	a := serve(t, 0, scenario(mockserver.Run{}))
	want := history(a, "SUCCESS", "FAILED", "RUNNING")
	results, failure := newCore(t, a.Server).list(tfprotov6.ListResourceRequest{}, nil, 0)
	if len(failure) > 0 {
		t.Fatal(failure)
	}
	expected := []listed{
		{testProject, want[2], "Nightly load, Production, RUNNING, 2026-03-01T02:00:00Z", nil},
		{testProject, want[1], "Nightly load, Production, FAILED, 2026-03-01T01:00:00Z", nil},
		{testProject, want[0], "ingest/Orders.orch.yaml, Production, SUCCESS, 2026-03-01T00:00:00Z", nil},
	}
	if diff := cmp.Diff(expected, results, cmp.AllowUnexported(listed{})); diff != "" {
		t.Errorf("the results differ (-want +got):\n%s", diff)
	}
}

func TestPipelineExecutionListResource_includesWhatAnImportWouldSet(t *testing.T) {
	t.Parallel()
	a := serve(t, 0, scenario(mockserver.Run{}))
	want := history(a, "FAILED", "RUNNING")
	results, failure := newCore(t, a.Server).list(tfprotov6.ListResourceRequest{IncludeResource: true}, nil, 0)
	if len(failure) > 0 || len(results) != 2 {
		t.Fatalf("%d results %s", len(results), failure)
	}
	running := map[string]string{
		"project_id": testProject, "id": want[1], "environment_name": testEnvironment, "pipeline_name": testPipeline,
		"status": "RUNNING", "pipeline_type": "ORCHESTRATION", "trigger": "API", "started_at": "2026-03-01T01:00:00Z",
	}
	failed := map[string]string{
		"project_id": testProject, "id": want[0], "environment_name": testEnvironment, "pipeline_name": testPipeline,
		"status": "FAILED", "pipeline_type": "ORCHESTRATION", "trigger": "SCHEDULE", "started_at": "2026-03-01T00:00:00Z",
		"finished_at": "2026-03-01T00:01:00Z", "message": "as told",
	}
	for i, state := range []map[string]string{running, failed} {
		if diff := cmp.Diff(state, results[i].state); diff != "" {
			t.Errorf("state %d differs (-want +got):\n%s", i, diff)
		}
	}
}

func TestPipelineExecutionListResource_filters(t *testing.T) {
	t.Parallel()
	a := serve(t, 0, scenario(mockserver.Run{}))
	all := history(a, "SUCCESS", "FAILED", "RUNNING")
	core := newCore(t, a.Server)
	for name, c := range map[string]struct {
		filter tftypes.Value
		want   []string
	}{
		"project_id":       {text("0f6b0f39-5d0c-4b2b-8b6a-3f6a4d1c9e77"), nil},
		"pipeline_name":    {text("ORDERS"), all[:1]},
		"environment_name": {text("Live"), nil},
		"schedule_id":      {text("schedule-1"), all[1:2]},
		"status":           {texts("SUCCESS"), all[:1]},
		"started_after":    {text("2026-03-01T02:00:00Z"), all[2:]},
		"started_before":   {text("2026-03-01T00:30:00Z"), all[:1]},
		"time_frame":       {text("P1D"), []string{all[2], all[1], all[0]}},
	} {
		results, failure := core.list(tfprotov6.ListResourceRequest{}, map[string]tftypes.Value{name: c.filter}, 0)
		if diff := cmp.Diff(c.want, ids(results)); diff != "" || len(failure) > 0 {
			t.Errorf("%s: %s; the ids differ (-want +got):\n%s", name, failure, diff)
		}
	}
}

func TestPipelineExecutionListResource_asksForNoPageThatNobodyWants(t *testing.T) {
	t.Parallel()
	s := scenario(mockserver.Run{})
	s.MaxPageSize = 2
	a := serve(t, 0, s)
	all := history(a, "RUNNING", "RUNNING", "RUNNING", "RUNNING", "RUNNING")
	core := newCore(t, a.Server)
	for _, c := range []struct {
		limit      int64
		stop       int
		want, page int
	}{
		{limit: 0, want: 5, page: 3}, {limit: 9, want: 5, page: 3}, {limit: 5, want: 5, page: 3}, {limit: 3, want: 3, page: 2},
		{limit: 2, want: 2, page: 1}, {limit: 1, want: 1, page: 1}, {limit: 5, stop: 3, want: 3, page: 2},
		{stop: 1, want: 1, page: 1},
	} {
		before := a.Calls(mockserver.OpList)
		results, failure := core.list(tfprotov6.ListResourceRequest{Limit: c.limit}, nil, c.stop)
		if len(results) != c.want || len(failure) > 0 || results[0].id != all[4] {
			t.Errorf("limit %d, stop %d: %d results %s, want %d", c.limit, c.stop, len(results), failure, c.want)
		}
		if got := a.Calls(mockserver.OpList) - before; got != c.page {
			t.Errorf("limit %d, stop %d: %d pages, want %d", c.limit, c.stop, got, c.page)
		}
	}
}

func TestPipelineExecutionListResource_streams(t *testing.T) {
	t.Parallel()
	s := scenario(mockserver.Run{})
	s.MaxPageSize = 2
	a := serve(t, 0, s)
	history(a, "RUNNING", "RUNNING", "RUNNING")
	a.Inject(mockserver.Fault{On: mockserver.OpList, Kind: mockserver.FaultStatus, Status: 403, Skip: 1})
	results, failure := newCore(t, a.Server).list(tfprotov6.ListResourceRequest{}, nil, 0)
	if len(results) != 2 || !strings.Contains(failure.String(), "Matillion denied access") {
		t.Errorf("%d results and %q, want the first page and an error", len(results), failure)
	}
}

func TestPipelineExecutionListResource_endsWhenPagesDoNot(t *testing.T) {
	t.Parallel()
	s := scenario(mockserver.Run{})
	s.RepeatPageToken = true
	_, failure := newCore(t, mockserver.New(s)).list(tfprotov6.ListResourceRequest{}, nil, 0)
	if !strings.Contains(failure.String(), "Unexpected answer from Matillion") {
		t.Errorf("a list that repeats its token: %q", failure)
	}
}

func TestPipelineExecutionListResource_refusesMistakes(t *testing.T) {
	t.Parallel()
	c := newCore(t, mockserver.New(scenario(mockserver.Run{})))
	for argument, mistake := range map[string]tftypes.Value{
		"project_id": text("Warehouse"), "pipeline_name": text(""), "started_after": text("yesterday"),
		"status": texts("DONE"),
	} {
		config := c.object(c.schema.ListResourceSchemas[listName], map[string]tftypes.Value{argument: mistake})
		resp, err := c.lister().ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{
			TypeName: listName, Config: c.encode(config),
		})
		if err != nil || len(resp.Diagnostics) != 1 || !strings.Contains(resp.Diagnostics[0].Attribute.String(), argument) {
			t.Errorf("%s = %s: %v, got %s; want an error on it", argument, mistake, err, diagnosed(resp.Diagnostics))
		}
	}
}

func TestPipelineExecutionListResource_query(t *testing.T) {
	t.Parallel()
	a := serve(t, 0, scenario(mockserver.Run{}))
	var all []string
	for i := range 3 {
		all = append(all, a.StartElsewhere(mockserver.Execution{
			Status: "FAILED", StartedAt: time.Date(2026, time.March, 1, i, 0, 0, 0, time.UTC),
		}))
	}
	const failed, two = "matillion_pipeline_execution.failed", "matillion_pipeline_execution.two"
	identity := func(id string) map[string]knownvalue.Check {
		return map[string]knownvalue.Check{
			"project_id": knownvalue.StringExact(testProject), "id": knownvalue.StringExact(id),
		}
	}
	oldest := queryfilter.ByResourceIdentity(identity(all[0]))
	testNewerCLI(t, queries(),
		resource.TestStep{
			Query: true,
			Config: a.provider() + `
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
	a := serve(t, 0, scenario(mockserver.Run{}))
	found := history(a, "FAILED", "RUNNING")
	w := newWorkspace(t, a.provider())
	w.needs(queries())
	query := "list \"matillion_pipeline_execution\" \"found\" {\n  provider = matillion\n}\n"
	if err := os.WriteFile(filepath.Join(w.dir, "found.tfquery.hcl"), []byte(query), 0o600); err != nil {
		t.Fatal(err)
	}
	if result := w.run("query", "-no-color", "-generate-config-out=found.tf"); result.exit != 0 {
		t.Fatalf("query: exit status %d", result.exit)
	}
	if result := w.apply(); result.exit != 0 {
		t.Fatalf("apply: exit status %d", result.exit)
	}
	state := w.raw()
	for _, id := range found {
		if !strings.Contains(state, id) {
			t.Errorf("the execution %s was not imported", id)
		}
	}
}
