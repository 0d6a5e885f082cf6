// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package execution_test

import (
	"context"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// heardWithin is how soon an apply ends after Ctrl-C: the request has three more seconds, and the look has five.
// Terraform itself needs a moment to end.
const heardWithin = 8*time.Second + 2*time.Second

// A lost start with a real CLI: whenever Ctrl-C comes, it is heard, nothing is sent again, and the run is in the state
// or in an error.
func TestLostStart_CtrlCIsHeard(t *testing.T) {
	t.Parallel()
	lists := func(n int) func(context.Context, *acctest.API) error {
		return func(ctx context.Context, a *acctest.API) error { return a.WaitForCalls(ctx, mockserver.OpList, n) }
	}
	posted := func(ctx context.Context, a *acctest.API) error { return a.WaitForCalls(ctx, mockserver.OpExecute, 1) }
	for name, test := range map[string]struct {
		fault    string
		listed   time.Duration
		moment   func(context.Context, *acctest.API) error
		summary  string
		severity string
	}{
		"in a request that hangs": {
			mockserver.FaultHang, 0, posted, "Pipeline execution was adopted", "warning"},
		"in a request that hangs, never listed": {
			mockserver.FaultHang, time.Hour, posted, "Pipeline may have been started", "error"},
		"in the first look":               {mockserver.FaultDropAfter, 0, lists(1), "Pipeline execution was adopted", "warning"},
		"in the first look, never listed": {mockserver.FaultDropAfter, time.Hour, lists(1), "Pipeline may have been started", "error"},
		"in the fourth look, never listed": {
			mockserver.FaultDropAfter, time.Hour, lists(4), "Pipeline may have been started", "error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := acctest.Scenario(mockserver.Run{Forever: true})
			s.ListedAfter = mockserver.Duration(test.listed)
			s.Faults = []mockserver.Fault{{On: mockserver.OpExecute, Kind: test.fault}}
			a := acctest.Serve(t, 1, s)
			w := acctest.NewWorkspace(t, a.Provider(`plan_checks = "off"`)+acctest.Execution())
			var interrupted time.Time
			result, _ := w.ApplyCutOff(func(ctx context.Context) error { return test.moment(ctx, a) },
				func(terraform int) error {
					interrupted = time.Now()
					return acctest.ToGroup(syscall.SIGINT)(terraform)
				})
			if took := time.Since(interrupted); took > heardWithin {
				t.Errorf("the apply ended %s after the interrupt, want at most %s", took, heardWithin)
			}
			if posts := a.Calls(mockserver.OpExecute); posts != 1 {
				t.Errorf("%d requests to start, want 1", posts)
			}
			if !slices.Contains(result.Summaries(test.severity), test.summary) {
				t.Errorf("%ss %q, want %q", test.severity, result.Summaries(test.severity), test.summary)
			}
			id := a.Started()[0].ID
			if test.severity == "warning" && (w.State() == nil || w.State().Attributes["id"] != id) {
				t.Errorf("the state is %v, want the execution %s", w.State(), id)
			}
			if test.severity == "error" && !strings.Contains(result.Detail(test.summary), "Started between") {
				t.Errorf("the error has no time window: %s", result.Detail(test.summary))
			}
		})
	}
}

// Two aliases of the provider are two processes. One must not take the run of the other for its own.
func TestLostStart_theRunOfAnotherAliasIsNotTakenOver(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{Duration: mockserver.Duration(time.Hour)})
	s.Faults = []mockserver.Fault{{On: mockserver.OpExecute, Kind: mockserver.FaultStatus, Status: 503, Times: 1}}
	a := acctest.Serve(t, 1, s)
	w := acctest.NewWorkspace(t, a.Provider(`plan_checks = "off"`)+
		strings.Replace(a.Provider(`plan_checks = "off"`), "{", "{\n  alias = \"other\"", 1)+`
resource "matillion_pipeline_execution" "refused" {
  environment_name = "`+acctest.EnvironmentName+`"
  pipeline_name    = "`+acctest.PipelineName+`"
}
resource "terraform_data" "later" {
  provisioner "local-exec" { command = "sleep 4" }
}
resource "matillion_pipeline_execution" "other" {
  provider         = matillion.other
  environment_name = "`+acctest.EnvironmentName+`"
  pipeline_name    = "`+acctest.PipelineName+`"
  depends_on       = [terraform_data.later]
}`)
	result := w.Apply()
	if !slices.Contains(result.Summaries("error"), "Pipeline may have been started") {
		t.Errorf("errors %q, want that it is not known whether the pipeline was started", result.Summaries("error"))
	}
	if detail := result.Detail("Pipeline may have been started"); !strings.Contains(detail, a.Started()[0].ID) {
		t.Errorf("the run of the other alias is not shown: %s", detail)
	}
	if state := w.Raw(); strings.Count(state, a.Started()[0].ID+`"`) == 0 ||
		strings.Count(state, `"name": "refused"`) != 0 {
		t.Errorf("the state is %s, want the other's run alone", state)
	}
}
