// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/execution"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/nullable"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

// published serves two versions, the first of which is disabled, and one pipeline that only the second has.
func published() mockserver.Scenario {
	s := acctest.Scenario(mockserver.Run{})
	s.Projects[0].Environments = []mockserver.Environment{
		{
			Name: acctest.EnvironmentName,
			Pipelines: []mockserver.Pipeline{
				{Name: "ingest/orders.orch.yaml"}, {Name: "ingest/customers.orch.yaml"}, {Name: acctest.PipelineName},
			},
			Versions: []mockserver.Version{
				{Name: "1.0.0", Disabled: true},
				{Name: "1.1.0", Pipelines: []string{"ingest/orders.orch.yaml"}},
				{Name: "1.2.0"},
			},
		},
		{
			Name: "Switched off", Pipelines: []mockserver.Pipeline{{Name: acctest.PipelineName}},
			Versions: []mockserver.Version{{Name: "2.0.0", Disabled: true}},
		},
		{Name: "Empty"},
	}
	return s
}

// checks are the plan checks of a session.
type checks struct {
	level   session.CheckLevel
	catalog *session.Catalog
}

func (c checks) run(ctx context.Context, plan execution.RequestModel) diag.Diagnostics {
	return execution.CheckPlan(ctx, c.catalog, c.level, plan)
}

// checksOf returns checks that ask a server in this process.
func checksOf(t *testing.T, server *mockserver.Server, level session.CheckLevel) checks {
	t.Helper()
	client, err := matillion.New(matillion.Config{
		BaseURL: "https://mock.example" + mockserver.APIPath, Token: "mock-token", Transport: server.Transport(t, matillion.NewTransport()),
	})
	if err != nil {
		t.Fatal(err)
	}
	return checks{level: level, catalog: session.NewCatalog(client)}
}

// planned returns a request. An empty name is null, and "?" is not known yet.
func planned(environment, pipeline, version string) execution.RequestModel {
	name := func(text string) types.String {
		if text == "?" {
			return types.StringUnknown()
		}
		return nullable.String(text)
	}
	return execution.RequestModel{
		ProjectID: types.StringValue(acctest.ProjectID), EnvironmentName: name(environment),
		PipelineName: name(pipeline), VersionName: name(version),
	}
}

func TestPlanChecks_findWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		model  execution.RequestModel
		on     string // "" for no finding
		says   string
		unsaid string
	}{
		"all there":           {planned(acctest.EnvironmentName, acctest.PipelineName, ""), "", "", ""},
		"short name":          {planned(acctest.EnvironmentName, "orders", ""), "", "", ""},
		"name without folder": {planned(acctest.EnvironmentName, "orders.orch.yaml", "1.2.0"), "", "", ""},
		"version there":       {planned(acctest.EnvironmentName, "ingest/orders.orch.yaml", "1.1.0"), "", "", ""},

		"environment misspelt": {
			planned("Prodcution", acctest.PipelineName, ""), "environment_name", `Did you mean "Production"?`, "Switched off",
		},
		"environment of another name": {
			planned("Staging", acctest.PipelineName, "9"), "environment_name",
			`There are: "Production", "Switched off", "Empty".`, "mean",
		},
		"pipeline misspelt": {
			planned(acctest.EnvironmentName, "ingest/order.orch.yaml", ""), "pipeline_name",
			`Did you mean "ingest/orders.orch.yaml"?`, "customers",
		},
		"pipeline in another folder": {
			planned(acctest.EnvironmentName, "load/orders.orch.yaml", ""), "pipeline_name",
			`Did you mean "ingest/orders.orch.yaml"?`, "",
		},
		"pipeline in no folder": {
			planned("Switched off", "load/Nightly loads", ""), "pipeline_name", `Did you mean "Nightly load"?`, "",
		},
		"nothing published": {planned("Empty", acctest.PipelineName, ""), "pipeline_name", "Publish it",
			"Did you mean"},
		"pipeline not in version": {planned(acctest.EnvironmentName, acctest.PipelineName, "1.1.0"), "pipeline_name",
			"in this version", ""},
		"version not there": {planned(acctest.EnvironmentName, acctest.PipelineName, "1.3.0"), "version_name",
			`"1.2.0"`, ""},
		"version disabled": {planned(acctest.EnvironmentName, acctest.PipelineName, "1.0.0"), "version_name",
			"disabled", "latest"},
		"latest version disabled": {planned("Switched off", acctest.PipelineName, ""), "pipeline_name",
			"Disabled version: 2.0.0", ""},
		"environment not known":    {planned("?", acctest.PipelineName, ""), "", "", ""},
		"pipeline not known":       {planned(acctest.EnvironmentName, "?", ""), "", "", ""},
		"version not known":        {planned(acctest.EnvironmentName, "nowhere", "?"), "", "", ""},
		"only environment known":   {planned("Prod", "?", "?"), "environment_name", "There are", ""},
		"version known, too early": {planned(acctest.EnvironmentName, "?", "1.0.0"), "version_name", "disabled", ""},
		"project not known":        {execution.RequestModel{EnvironmentName: types.StringValue("Prod")}, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := checksOf(t, mockserver.New(published()), session.ChecksWarn).run(t.Context(), c.model)
			wantFinding(t, found, diag.SeverityWarning, c.on)
			for _, finding := range found {
				if !strings.Contains(finding.Detail(), c.says) {
					t.Errorf("%q is not in:\n%s", c.says, finding.Detail())
				}
				if c.unsaid != "" && strings.Contains(finding.Detail(), c.unsaid) {
					t.Errorf("%q is in:\n%s", c.unsaid, finding.Detail())
				}
			}
		})
	}
}

// wantFinding checks that there is exactly one finding on an argument, or none.
func wantFinding(t *testing.T, found diag.Diagnostics, severity diag.Severity, argument string) {
	t.Helper()
	if argument == "" {
		if len(found) > 0 {
			t.Errorf("found %s, want nothing", found)
		}
		return
	}
	if len(found) != 1 {
		t.Fatalf("found %s, want one finding on %s", found, argument)
	}
	on, ok := found[0].(diag.DiagnosticWithPath)
	if !ok || on.Path().String() != argument || found[0].Severity() != severity {
		t.Errorf("found %s, want a %s on %s", found, severity, argument)
	}
}

func TestPlanChecks_levelSaysWhatAFindingIs(t *testing.T) {
	t.Parallel()
	server := mockserver.New(published())
	missing := planned(acctest.EnvironmentName, "nowhere", "")
	wantFinding(t, checksOf(t, server, session.ChecksError).run(t.Context(), missing), diag.SeverityError, "pipeline_name")
	wantFinding(t, checksOf(t, server, session.ChecksWarn).run(t.Context(), missing), diag.SeverityWarning,
		"pipeline_name")
	calls := server.Calls("")
	wantFinding(t, checksOf(t, server, session.ChecksOff).run(t.Context(), missing), diag.SeverityError, "")
	var none checks
	wantFinding(t, none.run(t.Context(), missing), diag.SeverityError, "")
	if got := server.Calls(""); got != calls {
		t.Errorf("%d calls without checks", got-calls)
	}
}

func TestPlanChecks_askOnceForAllThatIsAlike(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := published()
		s.Latency = mockserver.Duration(time.Second)
		server := mockserver.New(s)
		checks := checksOf(t, server, session.ChecksWarn)
		var runs sync.WaitGroup
		for i := range 40 {
			runs.Go(func() {
				found := checks.run(t.Context(), planned(acctest.EnvironmentName, fmt.Sprintf("nowhere %d", i), ""))
				wantFinding(t, found, diag.SeverityWarning, "pipeline_name")
			})
		}
		runs.Wait()
		if got := server.Calls(""); got != 3 {
			t.Errorf("%d calls for 40 runs in one environment, want 3", got)
		}
		checks.run(t.Context(), planned(acctest.EnvironmentName, acctest.PipelineName, "1.1.0"))
		checks.run(t.Context(), planned("Empty", acctest.PipelineName, ""))
		if got := server.Calls(mockserver.OpEnvironments); got != 1 {
			t.Errorf("%d calls for the environments of one project, want 1", got)
		}
	})
}

func TestPlanChecks_whatCannotBeAskedIsNoFinding(t *testing.T) {
	t.Parallel()
	status := func(status int) mockserver.Fault {
		return mockserver.Fault{Kind: mockserver.FaultStatus, Status: status}
	}
	// What each endpoint would find out.
	findings := map[string]execution.RequestModel{
		mockserver.OpEnvironments:       planned("Nowhere", acctest.PipelineName, ""),
		mockserver.OpPublishedPipelines: planned(acctest.EnvironmentName, "nowhere", ""),
		mockserver.OpArtifactDetails:    planned(acctest.EnvironmentName, acctest.PipelineName, "9.9.9"),
	}
	for name, c := range map[string]struct {
		fault mockserver.Fault
		takes time.Duration
	}{
		"no rights":       {status(403), 0},
		"no endpoint":     {status(404), 0},
		"not implemented": {status(501), 0},
		"not JSON":        {mockserver.Fault{Kind: mockserver.FaultBody, Body: "<html>", Status: 200}, 0},
		"hanging":         {mockserver.Fault{Kind: mockserver.FaultHang}, session.AskTimeout},
		"broken":          {status(500), session.AskTimeout},
		"refused":         {mockserver.Fault{Kind: mockserver.FaultDial}, session.AskTimeout},
	} {
		for operation, model := range findings {
			t.Run(name+" "+operation, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					server := mockserver.New(published())
					fault := c.fault
					fault.On = operation
					server.Inject(fault)
					checks := checksOf(t, server, session.ChecksError)
					began := time.Now()
					wantFinding(t, checks.run(t.Context(), model), diag.SeverityError, "")
					if took := time.Since(began); took > c.takes {
						t.Errorf("took %s, want at most %s", took, c.takes)
					}
					calls, began := server.Calls(""), time.Now()
					wantFinding(t, checks.run(t.Context(), model), diag.SeverityError, "")
					if got, took := server.Calls(""), time.Since(began); got != calls || took > 0 {
						t.Errorf("asked again: %d more calls in %s", got-calls, took)
					}
				})
			})
		}
	}
	for operation, model := range findings {
		if found := checksOf(t, mockserver.New(published()), session.ChecksError).run(t.Context(), model); len(found) != 1 {
			t.Errorf("%s: found %s without any fault, want one finding", operation, found)
		}
	}
}

func TestPlanChecks_noEnvironmentAtAllIsWantOfRights(t *testing.T) {
	t.Parallel()
	s := published()
	s.Projects[0].Environments = nil
	found := checksOf(t, mockserver.New(s), session.ChecksError).run(t.Context(),
		planned(acctest.EnvironmentName, acctest.PipelineName, ""))
	wantFinding(t, found, diag.SeverityError, "")
}

func TestPlanChecks_silenceOfAllEndpointsHoldsUpAPlanOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := mockserver.New(published())
		server.Inject(mockserver.Fault{Kind: mockserver.FaultHang})
		checks := checksOf(t, server, session.ChecksError)
		began := time.Now()
		for _, version := range []string{"", "1.0.0", ""} {
			wantFinding(t, checks.run(t.Context(), planned(acctest.EnvironmentName, "nowhere", version)), diag.SeverityError, "")
		}
		if took := time.Since(began); took > 2*session.AskTimeout {
			t.Errorf("took %s", took)
		}
	})
}

func TestPlanChecks_oneCallersEndIsNotTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := published()
		s.Latency = mockserver.Duration(2 * time.Second)
		checks := checksOf(t, mockserver.New(s), session.ChecksWarn)
		missing := planned(acctest.EnvironmentName, "nowhere", "")
		interrupted, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		wantFinding(t, checks.run(interrupted, missing), diag.SeverityWarning, "")
		if took := time.Since(began); took != time.Second {
			t.Errorf("the interrupted plan took %s, want a second", took)
		}
		wantFinding(t, checks.run(t.Context(), missing), diag.SeverityWarning, "pipeline_name")
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("the other plan took %s, want two seconds", took)
		}
	})
}

func TestPlanChecks_publishedPipelinesProveTheirEnvironment(t *testing.T) {
	t.Parallel()
	server := mockserver.New(published())
	server.Inject(mockserver.Fault{
		On: mockserver.OpEnvironments, Kind: mockserver.FaultBody, Body: `{"results": [{"name": "production"}], "total": 1}`,
	})
	found := checksOf(t, server, session.ChecksError).run(t.Context(),
		planned(acctest.EnvironmentName, acctest.PipelineName, ""))
	wantFinding(t, found, diag.SeverityError, "")
}
