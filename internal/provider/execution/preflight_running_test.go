// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

const isRunning = "Pipeline is running"

// checkingCore starts a process of the provider that makes the plan checks.
func checkingCore(t *testing.T, server *mockserver.Server, level string) *acctest.Resource {
	t.Helper()
	arguments := map[string]tftypes.Value{"plan_checks": acctest.String(level)}
	return acctest.NewCore(t, server, arguments).Resource("matillion_pipeline_execution")
}

func planOfNew(t *testing.T, c *acctest.Resource, config map[string]tftypes.Value) acctest.Diagnostics {
	t.Helper()
	return c.Plan(t.Context(), acctest.Instance{}, config).Diagnostics
}

// A plan that starts a pipeline names what is running of it, and starts nothing.
func TestPlanChecks_nameWhatIsRunning(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		other mockserver.Execution
		level string
		said  bool
	}{
		"the same pipeline": {mockserver.Execution{Status: "RUNNING", Trigger: "SCHEDULE"}, "warn", true},
		"never an error":    {mockserver.Execution{Status: "RUNNING"}, "error", true},
		"no checks":         {mockserver.Execution{Status: "RUNNING"}, "off", false},
		"a name that is alike": {
			mockserver.Execution{Status: "RUNNING", PipelineName: "a/Nightly load.orch.yaml"}, "warn", true,
		},
		"another pipeline":        {mockserver.Execution{Status: "RUNNING", PipelineName: "b"}, "warn", false},
		"another environment":     {mockserver.Execution{Status: "RUNNING", EnvironmentName: "Test"}, "warn", false},
		"it has ended":            {mockserver.Execution{Status: "SUCCESS"}, "warn", false},
		"one that has just begun": {mockserver.Execution{Status: "RUNNING", User: "somebody"}, "warn", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
				id := server.StartElsewhere(test.other)
				<-time.After(time.Minute)
				said := planOfNew(t, checkingCore(t, server, test.level), acctest.Request())
				if said.Failed() || strings.Contains(said.String(), isRunning) != test.said {
					t.Fatalf("the plan says %s, want a warning: %t", said, test.said)
				}
				for _, want := range []string{id, acctest.ProjectID + "/" + id, "trigger", "started", "in this state"} {
					if test.said && !strings.Contains(said.String(), want) {
						t.Errorf("the plan says %s, without %q", said, want)
					}
				}
			})
		})
	}
}

// What this process has read, started or taken over is not somebody else's, nor is what started after it.
func TestPlanChecks_leaveOutWhatBelongsToThePlan(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{Forever: true}),
		func(t *testing.T, server *mockserver.Server) {
			another := acctest.Request()
			another["triggers"] = acctest.StringMap("another", "instance")
			c := checkingCore(t, server, "warn")
			instance, _ := c.Apply(t.Context(), acctest.Instance{}, acctest.Request())
			if said := planOfNew(t, c, another); strings.Contains(said.String(), isRunning) {
				t.Errorf("after the start the plan says %s", said)
			}
			<-time.After(time.Minute)

			c = checkingCore(t, server, "warn")
			_, _ = c.Refresh(t.Context(), instance)
			if said := planOfNew(t, c, another); strings.Contains(said.String(), isRunning) {
				t.Errorf("after the refresh the plan says %s", said)
			}

			c = checkingCore(t, server, "warn")
			<-time.After(time.Minute)
			server.StartElsewhere(mockserver.Execution{Status: "RUNNING"})
			said := planOfNew(t, c, another).String()
			if strings.Count(said, "import {") != 1 || !strings.Contains(said, instance.Attribute("id")) {
				t.Errorf("without a refresh the plan says %s, want it to name the run of before", said)
			}
		})
}

// However many instances a plan starts, and however many executions are running, it is one call and few words.
func TestPlanChecks_askOnceWhatIsRunning(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		for range 8 {
			server.StartElsewhere(mockserver.Execution{Status: "RUNNING"})
		}
		<-time.After(time.Minute)
		c := checkingCore(t, server, "warn")
		for i := range 20 {
			config := maps.Clone(acctest.Request())
			config["triggers"] = acctest.StringMap("n", string(rune('a'+i)))
			said := planOfNew(t, c, config).String()
			if strings.Count(said, "import {") != 5 || !strings.Contains(said, "3 more are running.") {
				t.Fatalf("the plan says %s, want five executions and how many more there are", said)
			}
		}
		if calls := server.Calls(mockserver.OpList); calls != 1 {
			t.Errorf("%d calls, want one", calls)
		}
	})
}

// What a server does not list for lack of permission or of the endpoint is no finding.
func TestPlanChecks_withoutTheListNothingIsSaid(t *testing.T) {
	t.Parallel()
	for _, status := range []int{403, 404} {
		acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
			server.StartElsewhere(mockserver.Execution{Status: "RUNNING"})
			server.Inject(mockserver.Fault{On: mockserver.OpList, Kind: mockserver.FaultStatus, Status: status})
			if said := planOfNew(t, checkingCore(t, server, "error"), acctest.Request()); len(said) > 0 {
				t.Errorf("%d: the plan says %s", status, said)
			}
		})
	}
}

// unansweredLists are what leaves it open what is running.
var unansweredLists = map[string]mockserver.Fault{
	"it hangs":      {On: mockserver.OpList, Kind: mockserver.FaultHang},
	"it is broken":  {On: mockserver.OpList, Kind: mockserver.FaultStatus, Status: 500},
	"it is refused": {On: mockserver.OpList, Kind: mockserver.FaultStatus, Status: 401},
}

// wantListUnanswered checks that the first of several plans says that the checks could not be made, with the severity
// of the level, and that the others say nothing.
func wantListUnanswered(t *testing.T, level string, plans []acctest.Diagnostics) {
	t.Helper()
	for i, said := range plans {
		switch {
		case i > 0 && len(said) > 0:
			t.Errorf("plan %d says %s, want it said once", i, said)
		case i == 0 && (len(said) != 1 || said[0].Summary != "Plan checks could not be made"):
			t.Errorf("the plan says %s, want that the checks could not be made", said)
		case i == 0 && said.Failed() != (level == "error"):
			t.Errorf("with plan_checks = %q the plan says %s", level, said)
		}
	}
}

// Who asks for the checks must not take silence for a pass.
func TestPlanChecks_aListThatIsNotAnsweredIsSaidOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range unansweredLists {
		for _, level := range []string{"warn", "error"} {
			t.Run(name+" "+level, func(t *testing.T) {
				t.Parallel()
				acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
					server.Inject(fault)
					c, began := checkingCore(t, server, level), time.Now()
					var plans []acctest.Diagnostics
					for range 3 {
						plans = append(plans, planOfNew(t, c, acctest.Request()))
					}
					wantListUnanswered(t, level, plans)
					if took := time.Since(began); took > session.AskTimeout {
						t.Errorf("the plans took %s, want at most %s", took, session.AskTimeout)
					}
				})
			})
		}
	}
}
