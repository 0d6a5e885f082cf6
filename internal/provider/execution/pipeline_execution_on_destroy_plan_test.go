// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// What is kept does not outlive a change of mind, unless the run that is still wanted is running.
func TestOnDestroy_anApplyForgetsWhatWasLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		changed tftypes.Value // of pipeline_name
		ends    bool
		keeps   bool
		says    string
		runs    int
	}{
		"the run has ended":     {ends: true, runs: 2},
		"it is running":         {keeps: true, says: "Pipeline execution is kept", runs: 1},
		"another run is wanted": {changed: acctest.String("archive"), says: "Pipeline execution is forgotten", runs: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			more := map[string]tftypes.Value{"timeouts": deleteTimeout("10m")}
			forOnDestroy(t, c.runs, mockserver.Run{Forever: true}, more,
				func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
					left := destroyed(t, server, created, true)
					first := server.Started()[0].ID
					if c.ends {
						server.Finish(first, "SUCCESS", "")
					}
					config := onDestroy(map[string]tftypes.Value{"timeouts": deleteTimeout("2h")})
					if !c.changed.IsNull() {
						config["execution_tag"] = c.changed
					}
					core := onDestroyCore(t, server)
					planned := core.Decode(core.Plan(t.Context(), left, config).PlannedState)
					shown := acctest.Instance{Value: planned}.Attributes()["unfinished_run"]
					if shown.IsKnown() {
						t.Errorf("the plan does not show what is left: %s", shown)
					}
					left, said := core.Apply(t.Context(), left, config)
					if kept := unfinished(left, "execution_id") == first; kept != c.keeps || said.Failed() ||
						!strings.Contains(said.String(), c.says) || (c.says == "") != (len(said) == 0) {
						t.Errorf("the apply kept the run: %t, want %t; it said %s", kept, c.keeps, said)
					}
					if c.keeps {
						server.Finish(first, "SUCCESS", "")
					}
					<-time.After(100 * 24 * time.Hour)
					endsWell(server)
					destroyed(t, server, left, false)
				})
		})
	}
}

func TestOnDestroy_withNothingLeftAPlanIsEmptyAndCallsNothing(t *testing.T) {
	t.Parallel()
	forOnDestroy(t, 0, mockserver.Run{}, nil,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			c := onDestroyCore(t, server, map[string]tftypes.Value{"plan_checks": acctest.String("error")})
			refreshed, _ := c.Refresh(t.Context(), created)
			planned := c.Plan(t.Context(), refreshed, onDestroy(nil))
			if !c.Decode(planned.PlannedState).Equal(created.Value) || len(planned.Diagnostics) > 0 {
				t.Errorf("the plan is %s, want no change", c.Decode(planned.PlannedState))
			}
			if calls := server.Calls(""); calls > 0 {
				t.Errorf("the plan took %d calls, want none", calls)
			}
		})
}

// Every argument changes in place, and no change starts anything.
func TestOnDestroy_changesStartNothing(t *testing.T) {
	t.Parallel()
	changes := map[string]tftypes.Value{
		"project_id":       acctest.String("6a3f9a52-8a1e-4c0f-9d7b-0c1d2e3f4a5b"),
		"environment_name": acctest.String("Development"), "pipeline_name": acctest.String("Other"),
		"version_name": acctest.String("2"), "agent_id": acctest.String("7a3f9a52-8a1e-4c0f-9d7b-0c1d2e3f4a5b"),
		"execution_tag": acctest.String("t"), "scalar_variables": acctest.StringMap("a", "b"),
		"grid_variables": tftypes.NewValue(tftypes.Map{ElementType: gridType}, map[string]tftypes.Value{
			"g": tftypes.NewValue(gridType, []tftypes.Value{acctest.Strings("x")}),
		}),
		"on_conflict": acctest.String("wait"), "on_failure": acctest.String("warn"),
		"on_interrupt": acctest.String("cancel"), "timeouts": deleteTimeout("2h"),
	}
	forOnDestroy(t, 0, mockserver.Run{}, nil,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			c := onDestroyCore(t, server)
			for _, attribute := range c.Schema().Block.Attributes {
				change, changes := changes[attribute.Name]
				if !changes && attribute.Name != "unfinished_run" {
					t.Errorf("no change of %s is tested", attribute.Name)
				}
				config := onDestroy(map[string]tftypes.Value{attribute.Name: change})
				if !changes {
					continue
				}
				if planned := c.Plan(t.Context(), created, config); len(planned.RequiresReplace) > 0 {
					t.Errorf("a change of %s replaces the instance", attribute.Name)
				}
				changed, said := c.Apply(t.Context(), created, config)
				if len(said) > 0 || !changed.Attributes()[attribute.Name].Equal(change) {
					t.Errorf("a change of %s led to %s and said %s", attribute.Name, changed.Value, said)
				}
			}
			if calls := server.Calls(""); calls > 0 {
				t.Errorf("the changes took %d calls, want none", calls)
			}
		})
}

func TestOnDestroy_aUUIDInAnotherCaseIsNoChange(t *testing.T) {
	t.Parallel()
	const agent = "7a3f9a52-8a1e-4c0f-9d7b-0c1d2e3f4a5b"
	with := func(agent string) map[string]tftypes.Value {
		return map[string]tftypes.Value{"agent_id": acctest.String(agent)}
	}
	forOnDestroy(t, 0, mockserver.Run{}, with(agent),
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			c := onDestroyCore(t, server)
			planned := c.Decode(c.Plan(t.Context(), created, onDestroy(with(strings.ToUpper(agent)))).PlannedState)
			if !planned.Equal(created.Value) {
				t.Errorf("the plan is %s, want no change", planned)
			}
		})
}

var gridType = tftypes.List{ElementType: tftypes.List{ElementType: tftypes.String}}

// Delete runs only what a plan has marked to be destroyed.
func TestOnDestroy_aReplacementRunsNothing(t *testing.T) {
	t.Parallel()
	for _, tainted := range []bool{false, true} {
		more := map[string]tftypes.Value{"timeouts": deleteTimeout("10m")}
		forOnDestroy(t, 1, mockserver.Run{Forever: true}, more,
			func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
				left := destroyed(t, server, created, true)
				c, known := onDestroyCore(t, server), left
				if tainted {
					known = acctest.Instance{} // as Terraform plans it
				}
				left.Private = c.Plan(t.Context(), known, onDestroy(more)).PlannedPrivate
				said := c.Delete(t.Context(), left)
				if said.Failed() || !strings.Contains(said.String(), server.Started()[0].ID) {
					t.Errorf("the replacement said %s, want a warning that names the run", said)
				}
			})
	}
}

func TestOnDestroy_withoutAMarkNothingIsRunAndTheInstanceIsKept(t *testing.T) {
	t.Parallel()
	forOnDestroy(t, 0, mockserver.Run{}, nil,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			for _, private := range [][]byte{nil, created.Private} {
				created.Private = private
				said := onDestroyCore(t, server).Delete(t.Context(), created)
				if !strings.Contains(said.String(), "Pipeline cannot be run on destroy") {
					t.Errorf("a client without plans is told %s", said)
				}
			}
		})
}

// What a destroy that was killed has started is named by the plan of the next one.
func TestOnDestroy_thePlanNamesWhatIsRunning(t *testing.T) {
	t.Parallel()
	forOnDestroy(t, 0, mockserver.Run{Forever: true}, nil,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			running := server.StartElsewhere(mockserver.Execution{Trigger: "API"})
			server.StartElsewhere(mockserver.Execution{Status: "SUCCESS"})
			server.StartElsewhere(mockserver.Execution{PipelineName: "Other"})
			for level, want := range map[string]int{"off": 0, "warn": 1, "error": 1} {
				before := server.Calls("list")
				c := onDestroyCore(t, server, map[string]tftypes.Value{"plan_checks": acctest.String(level)})
				for range 3 {
					said := acctest.Diagnostics(c.PlanDestroy(t.Context(), created).Diagnostics)
					if len(said) != want || said.Failed() || strings.Contains(said.String(), running) != (want > 0) {
						t.Errorf("with %s the plan says %s, want %d warnings", level, said, want)
					}
				}
				if calls := server.Calls("list") - before; calls != want {
					t.Errorf("with %s three plans took %d calls, want %d", level, calls, want)
				}
			}
			server.Inject(mockserver.Fault{On: "list", Kind: mockserver.FaultStatus, Status: 403})
			c := onDestroyCore(t, server, map[string]tftypes.Value{"plan_checks": acctest.String("error")})
			if said := c.PlanDestroy(t.Context(), created).Diagnostics; len(said) > 0 {
				t.Errorf("what cannot be asked is a finding: %s", acctest.Diagnostics(said))
			}
		})
}

func TestOnDestroy_aListThatIsNotAnsweredIsSaidOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range unansweredLists {
		for _, level := range []string{"warn", "error"} {
			t.Run(name+" "+level, func(t *testing.T) {
				t.Parallel()
				forOnDestroy(t, 0, mockserver.Run{}, nil,
					func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
						server.Inject(fault)
						c := onDestroyCore(t, server, map[string]tftypes.Value{"plan_checks": acctest.String(level)})
						var plans []acctest.Diagnostics
						for range 3 {
							plans = append(plans, c.PlanDestroy(t.Context(), created).Diagnostics)
						}
						wantListUnanswered(t, level, plans)
					})
			})
		}
	}
}

func TestOnDestroy_thePlanDoesNotNameWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	more := map[string]tftypes.Value{"timeouts": deleteTimeout("10m")}
	forOnDestroy(t, 1, mockserver.Run{Forever: true}, more,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			left := destroyed(t, server, created, true)
			c := onDestroyCore(t, server, map[string]tftypes.Value{"plan_checks": acctest.String("warn")})
			if said := c.PlanDestroy(t.Context(), left).Diagnostics; len(said) > 0 {
				t.Errorf("the plan says %s, want nothing", acctest.Diagnostics(said))
			}
		})
}

func TestOnDestroy_waitsForItsTagAndAttachesToNothing(t *testing.T) {
	t.Parallel()
	more := map[string]tftypes.Value{"execution_tag": acctest.String("archive"), "on_conflict": acctest.String("wait")}
	forOnDestroy(t, 1, mockserver.Run{}, more,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			server.StartElsewhere(mockserver.Execution{Status: "RUNNING"})
			server.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultStatus, Status: 409, Times: 3})
			destroyed(t, server, created, false, "Waited for another pipeline execution")
			c := onDestroyCore(t, server)
			config := onDestroy(map[string]tftypes.Value{"on_conflict": acctest.String("attach")})
			validated, err := c.Provider.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{
				TypeName: onDestroyType, Config: c.Encode(c.Object(c.Schema(), config)),
			})
			if err != nil || !acctest.Diagnostics(validated.Diagnostics).Failed() {
				t.Errorf("on_conflict = \"attach\" is accepted: %v", err)
			}
		})
}

func TestOnDestroy_mistakesAreFoundWhenItIsCreated(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		c := onDestroyCore(t, server, map[string]tftypes.Value{"plan_checks": acctest.String("error")})
		config := onDestroy(map[string]tftypes.Value{"pipeline_name": acctest.String("Nightly lode")})
		said := acctest.Diagnostics(c.Plan(t.Context(), acctest.Instance{}, config).Diagnostics)
		if !said.Failed() || !strings.Contains(said.String(), acctest.PipelineName) {
			t.Errorf("the plan says %s, want the nearest name", said)
		}
	})
}

func TestOnDestroy_instancesWithOneTagQueue(t *testing.T) {
	t.Parallel()
	more := map[string]tftypes.Value{"execution_tag": acctest.String("archive"), "on_conflict": acctest.String("wait")}
	forOnDestroy(t, 3, mockserver.Run{Duration: mockserver.Duration(time.Minute)}, more,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			c, done := onDestroyCore(t, server), make(chan acctest.Diagnostics)
			for range 3 {
				go func() {
					_, said := c.Destroy(t.Context(), created)
					done <- said
				}()
			}
			var failed []bool
			for range 3 {
				failed = append(failed, (<-done).Failed())
			}
			if slices.Contains(failed, true) {
				t.Errorf("destroys failed: %t", failed)
			}
		})
}
