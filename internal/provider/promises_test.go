package provider

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// withTimeout is a value for the resource's timeouts.
func withTimeout(timeout string) tftypes.Value {
	types, values := map[string]tftypes.Type{}, map[string]tftypes.Value{}
	for _, name := range []string{"create", "update", "delete"} {
		types[name], values[name] = tftypes.String, text(timeout)
	}
	return tftypes.NewValue(tftypes.Object{AttributeTypes: types}, values)
}

func TestPromise_cancelThatIsRefusedKeepsTheResource(t *testing.T) {
	t.Parallel()
	for _, status := range []int{404, 405, 501, 403} {
		inBubble(t, 1, scenario(mockserver.Run{Forever: true}), func(t *testing.T, server *mockserver.Server) {
			server.Inject(mockserver.Fault{On: "cancel", Kind: mockserver.FaultStatus, Status: status})
			c := newCore(t, server)
			config := requestOnly()
			config["on_destroy"] = text("cancel")
			got, _ := c.apply(t.Context(), held{}, config)
			if said := c.delete(t.Context(), got); !said.failed() {
				t.Errorf("%d: the run goes on, and its resource is gone: %s", status, said)
			}
		})
	}
}

func TestPromise_handoverAcceptsAFailureThatIsAWarning(t *testing.T) {
	t.Parallel()
	inBubble(t, 1, scenario(mockserver.Run{Forever: true}), func(t *testing.T, server *mockserver.Server) {
		c := newCore(t, server)
		config := awaited()
		config["on_failure"], config["timeouts"] = text("warn"), withTimeout("10s")
		got, _ := c.apply(t.Context(), held{}, config)
		server.Finish(server.Started()[0].ID, "FAILED", "")
		got, said := c.apply(t.Context(), got, config)
		if got.tainted || said.failed() || got.attribute("status") != "FAILED" {
			t.Errorf("state %v and diagnostics %s, want the failed run and a warning", got.value, said)
		}
	})
}

func TestPromise_untaintedRunIsWaitedForAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, 1, scenario(mockserver.Run{Forever: true}), func(t *testing.T, server *mockserver.Server) {
		c := newCore(t, server)
		config := awaited()
		config["timeouts"] = withTimeout("10s")
		got, _ := c.apply(t.Context(), held{}, config)
		got.tainted = false // terraform untaint
		got, _ = c.apply(t.Context(), got, config)
		server.Finish(server.Started()[0].ID, "SUCCESS", "")
		got, said := c.apply(t.Context(), got, config)
		if said.failed() || got.attribute("status") != "SUCCESS" {
			t.Errorf("state %v and diagnostics %s, want the run, which has succeeded", got.value, said)
		}
	})
}

func TestPromise_failedStartFreesTheTag(t *testing.T) {
	t.Parallel()
	inBubble(t, 1, scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		server.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultStatus, Status: 403, Times: 1})
		c := newCore(t, server)
		config := requestOnly()
		config["execution_tag"], config["on_conflict"] = text("seed"), text("wait")
		if _, said := c.apply(t.Context(), held{}, config); !said.failed() {
			t.Fatal("the first start did not fail")
		}
		began := time.Now()
		if _, said := c.apply(t.Context(), held{}, config); said.failed() || time.Since(began) > time.Minute {
			t.Errorf("after %s: %s", time.Since(began), said)
		}
	})
}

func TestPromise_providerProjectThatMovesIsAnotherRun(t *testing.T) {
	t.Parallel()
	inBubble(t, 1, scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		c := newCore(t, server)
		got, _ := c.apply(t.Context(), held{}, awaited())
		moved := c.object(c.schema.Provider, map[string]tftypes.Value{
			"region": text("eu"), "token": text("token"), "plan_checks": text("off"),
			"project_id": text("11111111-2222-4333-8444-555555555555"),
		})
		_, err := c.provider.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: c.encode(moved)})
		if err != nil {
			t.Fatal(err)
		}
		if planned := c.plan(t.Context(), got, awaited()); len(planned.RequiresReplace) == 0 {
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
			inBubble(t, 1, scenario(mockserver.Run{Forever: true}), func(t *testing.T, server *mockserver.Server) {
				c := newCore(t, server)
				got, _ := c.apply(t.Context(), held{}, requestOnly())
				server.Inject(fault)
				began := time.Now()
				said := c.delete(t.Context(), got)
				if took := time.Since(began); took > lookAroundTimeout {
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
	a := serve(t, 1, scenario(mockserver.Run{}))
	testCLI(t, resource.TestStep{Config: a.provider() + `
resource "terraform_data" "project" { input = "` + testProject + `" }
` + execution(`project_id = terraform_data.project.output`)})
}

func TestPromise_waitThatReadsNothingKeepsWhatWasKnown(t *testing.T) {
	t.Parallel()
	inBubble(t, 1, scenario(mockserver.Run{Forever: true}), func(t *testing.T, server *mockserver.Server) {
		c := newCore(t, server)
		config := awaited()
		config["on_timeout"], config["timeouts"] = text("detach"), withTimeout("10s")
		got, _ := c.apply(t.Context(), held{}, config)
		server.Forget(server.Started()[0].ID)
		got, _ = c.apply(t.Context(), got, config)
		if got.attribute("status") != "RUNNING" || got.attribute("started_at") == "" {
			t.Errorf("state %v, want what was known of the run", got.value)
		}
	})
}

// What was accepted stays accepted: going back to the stricter policy is a change of behaviour, which starts nothing.
func TestPromise_acceptingAFailureIsForGood(t *testing.T) {
	t.Parallel()
	inBubble(t, 1, scenario(mockserver.Run{Ends: "FAILED"}), func(t *testing.T, server *mockserver.Server) {
		c := newCore(t, server)
		instance, said := c.apply(t.Context(), held{}, awaited())
		if !said.failed() || !instance.tainted {
			t.Fatalf("the first apply says %s, want that the run failed", said)
		}
		instance.tainted = false // terraform untaint
		accepting := awaited()
		accepting["on_failure"] = text(policyWarn)
		for step, config := range []map[string]tftypes.Value{accepting, accepting, awaited(), awaited(), accepting} {
			if instance, said = c.apply(t.Context(), instance, config); said.failed() || instance.tainted {
				t.Fatalf("step %d says %s", step, said)
			}
			if warned := strings.Contains(said.String(), "Pipeline execution failed"); warned != (step == 0) {
				t.Errorf("step %d says %s, want one warning, and in step 0", step, said)
			}
		}
	})
}

// The state of a tainted instance is not refreshed, so that the run may have ended since.
func TestPromise_handingOverSaysHowTheRunStandsNow(t *testing.T) {
	t.Parallel()
	for ends, runs := range map[string]int{"SUCCESS": 1, "FAILED": 2} {
		t.Run(ends, func(t *testing.T) {
			t.Parallel()
			run := mockserver.Run{Duration: mockserver.Duration(time.Minute), Ends: ends}
			inBubble(t, runs, scenario(run), func(t *testing.T, server *mockserver.Server) {
				config := awaited()
				config["timeouts"] = withTimeout("2s")
				instance, said := newCore(t, server).apply(t.Context(), held{}, config)
				if !said.failed() || instance.attribute("status") != "RUNNING" {
					t.Fatalf("the first apply says %s, want that the time was up", said)
				}
				<-time.After(2 * time.Minute)
				_, said = newCore(t, server).apply(t.Context(), instance, config)
				if !strings.Contains(said.String(), "has ended with the status "+ends+" since") {
					t.Errorf("the second apply says %s, want that the run has ended", said)
				}
			})
		})
	}
}
