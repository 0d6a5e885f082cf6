// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/execution"
)

func TestPromise_cancelThatIsRefusedKeepsTheResource(t *testing.T) {
	t.Parallel()
	for _, status := range []int{404, 405, 501, 403} {
		acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{Forever: true}),
			func(t *testing.T, server *mockserver.Server) {
				server.Inject(mockserver.Fault{On: "cancel", Kind: mockserver.FaultStatus, Status: status})
				c := newCore(t, server)
				config := acctest.Request()
				config["on_destroy"] = acctest.String("cancel")
				got, _ := c.Apply(t.Context(), acctest.Instance{}, config)
				if said := c.Delete(t.Context(), got); !said.Failed() {
					t.Errorf("%d: the run keeps running, and its resource is gone: %s", status, said)
				}
			})
	}
}

func TestPromise_handoverAcceptsAFailureThatIsAWarning(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{Forever: true}), func(t *testing.T, server *mockserver.Server) {
		c := newCore(t, server)
		config := acctest.AwaitedRequest()
		config["on_failure"], config["timeouts"] = acctest.String("warn"), acctest.Timeouts("10s")
		got, _ := c.Apply(t.Context(), acctest.Instance{}, config)
		server.Finish(server.Started()[0].ID, "FAILED", "")
		got, said := c.Apply(t.Context(), got, config)
		if got.Tainted || said.Failed() || got.Attribute("status") != "FAILED" {
			t.Errorf("state %v and diagnostics %s, want the failed run and a warning", got.Value, said)
		}
	})
}

func TestPromise_untaintedRunIsWaitedForAgain(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{Forever: true}), func(t *testing.T, server *mockserver.Server) {
		c := newCore(t, server)
		config := acctest.AwaitedRequest()
		config["timeouts"] = acctest.Timeouts("10s")
		got, _ := c.Apply(t.Context(), acctest.Instance{}, config)
		got.Tainted = false // terraform untaint
		got, _ = c.Apply(t.Context(), got, config)
		server.Finish(server.Started()[0].ID, "SUCCESS", "")
		got, said := c.Apply(t.Context(), got, config)
		if said.Failed() || got.Attribute("status") != "SUCCESS" {
			t.Errorf("state %v and diagnostics %s, want the run, which has succeeded", got.Value, said)
		}
	})
}

func TestPromise_failedStartFreesTheTag(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		server.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultStatus, Status: 403, Times: 1})
		c := newCore(t, server)
		config := acctest.Request()
		config["execution_tag"], config["on_conflict"] = acctest.String("seed"), acctest.String("wait")
		if _, said := c.Apply(t.Context(), acctest.Instance{}, config); !said.Failed() {
			t.Fatal("the first start did not fail")
		}
		began := time.Now()
		if _, said := c.Apply(t.Context(), acctest.Instance{}, config); said.Failed() || time.Since(began) > time.Minute {
			t.Errorf("after %s: %s", time.Since(began), said)
		}
	})
}

func TestPromise_providerProjectThatMovesIsAnotherRun(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		c := newCore(t, server)
		got, _ := c.Apply(t.Context(), acctest.Instance{}, acctest.AwaitedRequest())
		moved := c.Object(c.Schemas.Provider, map[string]tftypes.Value{
			"region": acctest.String("eu"), "token": acctest.String("token"), "plan_checks": acctest.String("off"),
			"project_id": acctest.String("11111111-2222-4333-8444-555555555555"),
		})
		_, err := c.Provider.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: c.Encode(moved)})
		if err != nil {
			t.Fatal(err)
		}
		if planned := c.Plan(t.Context(), got, acctest.AwaitedRequest()); len(planned.RequiresReplace) == 0 {
			t.Error("the plan is not another run")
		}
	})
}

func TestPromise_destroyIsNotHeldUpByACourtesy(t *testing.T) {
	t.Parallel()
	faults := map[string]mockserver.Fault{
		"hangs": {On: "details", Kind: mockserver.FaultHang},
		"429":   {On: "details", Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "600"},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{Forever: true}),
				func(t *testing.T, server *mockserver.Server) {
					c := newCore(t, server)
					got, _ := c.Apply(t.Context(), acctest.Instance{}, acctest.Request())
					server.Inject(fault)
					began := time.Now()
					said := c.Delete(t.Context(), got)
					if took := time.Since(began); took > execution.CourtesyTimeout {
						t.Errorf("it took %s", took)
					}
					if !strings.Contains(said.String(), "left running") {
						t.Errorf("diagnostics %s, want that the run is left running", said)
					}
				})
		})
	}
}

func TestPromise_projectMayBeUnknownWhilePlanning(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	acctest.CLI(t, resource.TestStep{Config: a.Provider() + `
resource "terraform_data" "project" { input = "` + acctest.ProjectID + `" }
` + acctest.Execution(`project_id = terraform_data.project.output`)})
}

func TestPromise_waitThatReadsNothingKeepsWhatWasKnown(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{Forever: true}), func(t *testing.T, server *mockserver.Server) {
		c := newCore(t, server)
		config := acctest.AwaitedRequest()
		config["on_timeout"], config["timeouts"] = acctest.String("detach"), acctest.Timeouts("10s")
		got, _ := c.Apply(t.Context(), acctest.Instance{}, config)
		server.Forget(server.Started()[0].ID)
		got, _ = c.Apply(t.Context(), got, config)
		if got.Attribute("status") != "RUNNING" || got.Attribute("started_at") == "" {
			t.Errorf("state %v, want what was known of the run", got.Value)
		}
	})
}

// What was accepted stays accepted: going back to the stricter policy is a change of behaviour, which starts nothing.
func TestPromise_acceptingAFailureIsForGood(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{Ends: "FAILED"}),
		func(t *testing.T, server *mockserver.Server) {
			c := newCore(t, server)
			instance, said := c.Apply(t.Context(), acctest.Instance{}, acctest.AwaitedRequest())
			if !said.Failed() || !instance.Tainted {
				t.Fatalf("the first apply says %s, want that the run failed", said)
			}
			instance.Tainted = false // terraform untaint
			accepting := acctest.AwaitedRequest()
			accepting["on_failure"] = acctest.String("warn")
			for step, config := range []map[string]tftypes.Value{accepting, accepting, acctest.AwaitedRequest(),
				acctest.AwaitedRequest(), accepting} {
				if instance, said = c.Apply(t.Context(), instance, config); said.Failed() || instance.Tainted {
					t.Fatalf("step %d says %s", step, said)
				}
				if warned := strings.Contains(said.String(), "Pipeline execution failed"); warned != (step == 0) {
					t.Errorf("step %d says %s, want one warning, and in step 0", step, said)
				}
			}
		})
}

// The run of a tainted instance may have ended since. The plan sees that: what has failed is run again.
func TestPromise_handingOverSaysHowTheRunStandsNow(t *testing.T) {
	t.Parallel()
	for ends, runs := range map[string]int{"SUCCESS": 1, "FAILED": 2} {
		t.Run(ends, func(t *testing.T) {
			t.Parallel()
			run := mockserver.Run{Duration: mockserver.Duration(time.Minute), Ends: ends}
			acctest.InBubble(t, runs, acctest.Scenario(run), func(t *testing.T, server *mockserver.Server) {
				config := acctest.AwaitedRequest()
				config["timeouts"] = acctest.Timeouts("2s")
				instance, said := newCore(t, server).Apply(t.Context(), acctest.Instance{}, config)
				if !said.Failed() || instance.Attribute("status") != "RUNNING" {
					t.Fatalf("the first apply says %s, want a timeout", said)
				}
				<-time.After(2 * time.Minute)
				_, said = newCore(t, server).Apply(t.Context(), instance, config)
				keeps := strings.Contains(said.String(), "Status: "+ends) &&
					strings.Contains(said.String(), "nothing was started, and the id stays the same")
				if keeps != (runs == 1) {
					t.Errorf("the second apply says %s, want that it keeps the run: %t", said, runs == 1)
				}
			})
		})
	}
}
