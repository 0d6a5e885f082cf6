// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// A kind of thing that the provider offers declares here what it may write. What it may is refused while the provider is
// read-only; what "reads" is left alone.
var writes = map[string]func(*testing.T, *acctest.Core) acctest.Diagnostics{
	"resource matillion_pipeline_execution": func(t *testing.T, c *acctest.Core) acctest.Diagnostics {
		_, said := c.Resource("matillion_pipeline_execution").Apply(t.Context(), acctest.Instance{}, acctest.Request())
		return said
	},
	"resource matillion_pipeline_execution_on_destroy": func(t *testing.T, c *acctest.Core) acctest.Diagnostics {
		r := c.Resource("matillion_pipeline_execution_on_destroy")
		got, said := r.Apply(t.Context(), acctest.Instance{}, acctest.Request())
		if said.Failed() {
			t.Fatalf("creating it says %s", said)
		}
		_, said = r.Destroy(t.Context(), got)
		return said
	},
	"resource matillion_artifact_promotion": func(t *testing.T, c *acctest.Core) acctest.Diagnostics {
		_, said := c.Resource("matillion_artifact_promotion").Apply(t.Context(), acctest.Instance{}, map[string]tftypes.Value{
			"source_environment_name": acctest.String("Staging"), "version_name": acctest.String("1.1.0"),
			"target_environment_name": acctest.String(acctest.EnvironmentName), "on_drift": acctest.String("promote"),
		})
		return said
	},
	"data source matillion_pipeline_execution": func(t *testing.T, c *acctest.Core) acctest.Diagnostics {
		config := acctest.Request()
		config["requested_at"] = acctest.String(time.Now().UTC().Format(time.RFC3339))
		_, said := c.ReadDataSource("matillion_pipeline_execution", config)
		return said
	},
	"action matillion_pipeline_execute": func(t *testing.T, c *acctest.Core) acctest.Diagnostics {
		return c.Invoke(t.Context(), "matillion_pipeline_execute", acctest.Request()).Said
	},
}

// reads are the kinds that never write.
var reads = []string{
	"data source matillion_environments", "data source matillion_pipeline_execution_steps",
	"data source matillion_pipeline_executions", "data source matillion_project", "data source matillion_projects",
	"data source matillion_published_pipeline", "data source matillion_published_pipelines",
	"resource matillion_pipeline_execution_completion",
}

// kinds lists everything that the provider offers and that may call the API.
func kinds(c *acctest.Core) (all []string) {
	for name := range c.Schemas.ResourceSchemas {
		all = append(all, "resource "+name)
	}
	for name := range c.Schemas.DataSourceSchemas {
		all = append(all, "data source "+name)
	}
	for name := range c.Schemas.ActionSchemas {
		all = append(all, "action "+name)
	}
	slices.Sort(all)
	return all
}

func readOnly() map[string]tftypes.Value {
	return map[string]tftypes.Value{"read_only": acctest.True()}
}

func TestReadOnly_everyKindDeclaresItself(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		declared := slices.Sorted(slices.Values(slices.AppendSeq(slices.Clone(reads), maps.Keys(writes))))
		if diff := cmp.Diff(declared, kinds(acctest.NewCore(t, server))); diff != "" {
			t.Errorf("reads and writes, above, do not declare what the provider offers (-declared +offered):\n%s", diff)
		}
	})
}

func TestReadOnly_refusesWhatWritesBeforeAnyCall(t *testing.T) {
	t.Parallel()
	for kind, write := range writes {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
				said := write(t, acctest.NewCore(t, server, readOnly()))
				if !said.Failed() || !strings.Contains(said.String(), "Provider is read-only") ||
					!strings.Contains(said.String(), "MATILLION_READ_ONLY") {
					t.Errorf("diagnostics %s, want that the provider is read-only", said)
				}
				wantNoWrite(t, server)
			})
		})
	}
}

// wantNoWrite looks for requests that may have changed something. A token is not one.
func wantNoWrite(t *testing.T, server *mockserver.Server) {
	t.Helper()
	for _, request := range server.Requests() {
		if request.Method != http.MethodGet && request.Operation != mockserver.OpToken {
			t.Errorf("%s %s was sent", request.Method, request.Path)
		}
	}
}

// A replacement is refused before anything is forgotten, unless it takes over the run that is there.
func TestReadOnly_replacesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		run     mockserver.Run
		trigger bool
		fails   bool
	}{
		"another trigger, after a success":           {mockserver.Run{}, true, true},
		"another trigger, while it runs":             {mockserver.Run{Forever: true}, true, true},
		"tainted because the run has failed":         {mockserver.Run{Ends: "FAILED"}, false, true},
		"tainted because the wait for it has failed": {mockserver.Run{Forever: true}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 1, acctest.Scenario(test.run), func(t *testing.T, server *mockserver.Server) {
				config := acctest.AwaitedRequest()
				config["timeouts"] = acctest.Timeouts("10s")
				got, _ := acctest.NewCore(t, server).Resource(executionType).Apply(t.Context(), acctest.Instance{}, config)
				if test.trigger {
					config["triggers"] = mapOf(acctest.String("another"))
				}
				if !test.fails {
					server.Finish(got.Attribute("id"), "SUCCESS", "")
				}
				frozen := acctest.NewCore(t, server, readOnly()).Resource(executionType)
				planned := planReplacement(t, frozen, got, config)
				got.Private = planned.PlannedPrivate
				said := frozen.Delete(t.Context(), got)
				if said.Failed() != test.fails || strings.Contains(said.String(), "Provider is read-only") != test.fails {
					t.Errorf("deleting says %s, want an error: %t", said, test.fails)
				}
				if test.fails {
					return
				}
				next, said := frozen.Change(t.Context(), acctest.Instance{}, config, planned, nil)
				if said.Failed() || next.Attribute("id") != got.Attribute("id") {
					t.Errorf("state %s and %s, want the run that was there", next.Value, said)
				}
			})
		})
	}
}

// planReplacement plans an instance that is replaced as Terraform does: at last as if there were none, with the private
// data that the plan before has returned. For a tainted one there is no plan before.
func planReplacement(
	t *testing.T, r *acctest.Resource, instance acctest.Instance, config map[string]tftypes.Value,
) *tfprotov6.PlanResourceChangeResponse {
	t.Helper()
	if instance.Tainted {
		return r.Plan(t.Context(), acctest.Instance{}, config)
	}
	planned := r.Plan(t.Context(), instance, config)
	if len(planned.RequiresReplace) == 0 {
		t.Fatal("the plan is no replacement")
	}
	return r.Plan(t.Context(), acctest.Instance{Private: planned.PlannedPrivate}, config)
}

// What has ended, or is detached, can be destroyed.
func TestReadOnly_destroysWhatNeedsNoCancellation(t *testing.T) {
	t.Parallel()
	for onDestroy, run := range map[string]mockserver.Run{"cancel": {}, "detach": {Forever: true}} {
		t.Run(onDestroy, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 1, acctest.Scenario(run), func(t *testing.T, server *mockserver.Server) {
				config := acctest.Request()
				config["on_destroy"] = acctest.String(onDestroy)
				got, _ := acctest.NewCore(t, server).Resource(executionType).Apply(t.Context(), acctest.Instance{}, config)
				got, said := acctest.NewCore(t, server, readOnly()).Resource(executionType).Destroy(t.Context(), got)
				if got.Exists() || said.Failed() {
					t.Errorf("state %s and %s, want that it is gone", got.Value, said)
				}
			})
		})
	}
}

// A run of an earlier apply is refreshed, waited for and forgotten, but not cancelled.
func TestReadOnly_leavesRunsRunning(t *testing.T) {
	t.Parallel()
	for onDestroy, fails := range map[string]bool{"detach": false, "cancel": true} {
		t.Run(onDestroy, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{Forever: true}),
				func(t *testing.T, server *mockserver.Server) {
					config := acctest.Request()
					config["on_destroy"], config["on_timeout"] = acctest.String(onDestroy), acctest.String("cancel")
					config["timeouts"] = acctest.Timeouts("10s")
					got, _ := acctest.NewCore(t, server).Resource(executionType).Apply(t.Context(), acctest.Instance{}, config)

					frozen := acctest.NewCore(t, server, readOnly()).Resource(executionType)
					config["wait_for_completion"] = acctest.True()
					got, said := frozen.Apply(t.Context(), got, config)
					if said.Failed() || !strings.Contains(said.String(), "did not finish in time") {
						t.Errorf("waiting says %s, want a warning that the run did not finish in time", said)
					}
					if said := frozen.Delete(t.Context(), got); said.Failed() != fails {
						t.Errorf("destroying says %s, want an error: %v", said, fails)
					}
					if run := server.Started()[0]; run.Status != "RUNNING" || server.Calls(mockserver.OpCancel) != 0 {
						t.Errorf("the run is %s after %d calls to cancel it", run.Status, server.Calls(mockserver.OpCancel))
					}
				})
		})
	}
}
