// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// planMark is the mark that a plan leaves in the private data.
type planMark struct {
	Purpose string `json:"purpose"`
	Hash    string `json:"hash"`
}

// markIn returns the mark in private data; the zero value is none.
func markIn(t *testing.T, private []byte) (mark planMark) {
	t.Helper()
	var keys struct {
		Plan []byte `json:"plan"`
	}
	if len(private) > 0 {
		if err := json.Unmarshal(private, &keys); err != nil {
			t.Fatal(err)
		}
	}
	if len(keys.Plan) > 0 {
		if err := json.Unmarshal(keys.Plan, &mark); err != nil {
			t.Fatal(err)
		}
	}
	return mark
}

// timedOutRequest is waited for, for ten seconds of virtual time.
func timedOutRequest(more map[string]tftypes.Value) map[string]tftypes.Value {
	config := acctest.AwaitedRequest()
	config["timeouts"] = acctest.Timeouts("10s")
	maps.Copy(config, more)
	return config
}

// taintedBubble runs a test with a tainted instance, whose run keeps running, and its configuration.
func taintedBubble(
	t *testing.T, runs int, more map[string]tftypes.Value,
	test func(*testing.T, *mockserver.Server, acctest.Instance, map[string]tftypes.Value),
) {
	t.Helper()
	acctest.InBubble(t, runs, acctest.Scenario(mockserver.Run{Forever: true}),
		func(t *testing.T, server *mockserver.Server) {
			config := timedOutRequest(more)
			instance, _ := newCore(t, server).Apply(t.Context(), acctest.Instance{}, config)
			if !instance.Tainted || !waitFailed(instance) {
				t.Fatalf("the instance is %s, want a tainted one whose wait has failed", instance.Value)
			}
			test(t, server, instance, config)
		})
}

func waitFailed(instance acctest.Instance) bool {
	var failed *bool
	return instance.Attributes()["wait_failed"].As(&failed) == nil && failed != nil && *failed
}

func TestPlanMark_saysWhatDeleteIsFor(t *testing.T) {
	t.Parallel()
	unknown := tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, tftypes.UnknownValue)
	agent := "b7a4d4a6-52d6-4c4d-8f5c-5f1f0f6f9c11"
	more := map[string]tftypes.Value{"agent_id": acctest.String(agent)}
	taintedBubble(t, 1, more, func(t *testing.T, server *mockserver.Server, tainted acctest.Instance,
		config map[string]tftypes.Value) {
		c := newCore(t, server)
		none := acctest.Instance{}
		with := func(name string, value tftypes.Value) map[string]tftypes.Value {
			changed := maps.Clone(config)
			changed[name] = value
			return changed
		}
		hash := markIn(t, c.Plan(t.Context(), none, config).PlannedPrivate).Hash
		untainted := tainted
		untainted.Tainted = false
		planned := func(prior acctest.Instance, config map[string]tftypes.Value) []byte {
			return c.Plan(t.Context(), prior, config).PlannedPrivate
		}
		upper, cancels := acctest.String(strings.ToUpper(agent)), acctest.String("cancel")
		for name, test := range map[string]struct {
			private []byte
			want    planMark
		}{
			"new, or tainted":  {planned(none, config), planMark{"replace", hash}},
			"another case":     {planned(none, with("agent_id", upper)), planMark{"replace", hash}},
			"behaviour":        {planned(none, with("on_destroy", cancels)), planMark{"replace", hash}},
			"unknown trigger":  {planned(none, with("triggers", unknown)), planMark{"replace", ""}},
			"a replacement":    {planned(acctest.Instance{Private: tainted.Private}, config), planMark{"replace", ""}},
			"a forced replace": {planned(untainted, with("triggers", acctest.StringMap("a", "b"))), planMark{"replace", ""}},
			"destroy":          {c.PlanDestroy(t.Context(), tainted).PlannedPrivate, planMark{"destroy", ""}},
			"what is stored":   {tainted.Private, planMark{}},
		} {
			if got := markIn(t, test.private); got != test.want || hash == "" {
				t.Errorf("%s: the mark is %+v, want %+v", name, got, test.want)
			}
		}
		other := markIn(t, c.Plan(t.Context(), none, with("triggers", acctest.StringMap("a", "b"))).PlannedPrivate).Hash
		if other == hash || other == "" {
			t.Errorf("the hash of other triggers is %q", other)
		}
	})
}

// Pulumi's bridge and Crossplane's upjet never pass private data to Delete: on_destroy holds there.
func TestHandover_isNotForClientsWithoutPrivateData(t *testing.T) {
	t.Parallel()
	for onDestroy, status := range map[string]string{"cancel": "CANCELLED", "detach": "RUNNING"} {
		t.Run(onDestroy, func(t *testing.T) {
			t.Parallel()
			more := map[string]tftypes.Value{"on_destroy": acctest.String(onDestroy)}
			t.Run("plain destroy", func(t *testing.T) {
				t.Parallel()
				destroysWithoutPrivateData(t, more, status)
			})
			taintedBubble(t, 2, more, func(t *testing.T, server *mockserver.Server, instance acctest.Instance,
				config map[string]tftypes.Value) {
				c := newCore(t, server)
				planned := c.Plan(t.Context(), acctest.Instance{}, config)
				instance.Private = nil
				if said := c.Delete(t.Context(), instance); said.Failed() {
					t.Errorf("deleting says %s", said)
				}
				if got := server.Started()[0].Status; got != status {
					t.Errorf("the run is %s, want %s", got, status)
				}
				server.Update(func(s *mockserver.Scenario) { s.Projects[0].Environments[0].Pipelines[0].Run = mockserver.Run{} })
				next, said := c.Change(t.Context(), acctest.Instance{}, config, planned, nil)
				if said.Failed() || next.Attribute("id") == instance.Attribute("id") {
					t.Errorf("state %s and %s, want a new run", next.Value, said)
				}
			})
		})
	}
}

// destroysWithoutPrivateData destroys a run that is running, and that nobody waits for.
func destroysWithoutPrivateData(t *testing.T, more map[string]tftypes.Value, status string) {
	t.Helper()
	acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{Forever: true}),
		func(t *testing.T, server *mockserver.Server) {
			config := acctest.Request()
			maps.Copy(config, more)
			instance, _ := newCore(t, server).Apply(t.Context(), acctest.Instance{}, config)
			instance.Private = nil
			if said := newCore(t, server).Delete(t.Context(), instance); said.Failed() {
				t.Errorf("deleting says %s", said)
			}
			if got := server.Started()[0].Status; got != status {
				t.Errorf("the run is %s, want %s", got, status)
			}
		})
}

// A run is handed over only where the plan says that its tainted instance is replaced by one that is alike.
func TestHandover_needsTheMarkOfThePlan(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		runs   int
		change func(*acctest.Instance, map[string]tftypes.Value)
	}{
		"tainted": {1, func(*acctest.Instance, map[string]tftypes.Value) {}},
		"another behaviour": {1, func(_ *acctest.Instance, c map[string]tftypes.Value) {
			c["on_conflict"] = acctest.String("wait")
		}},
		"another trigger": {2, func(_ *acctest.Instance, c map[string]tftypes.Value) {
			c["triggers"] = acctest.StringMap("a", "b")
		}},
		"untainted, and -replace": {2, func(i *acctest.Instance, c map[string]tftypes.Value) {
			i.Tainted, c["triggers"] = false, acctest.StringMap("a", "b")
		}},
		"terraform taint of a run that nobody waited for": {2, func(i *acctest.Instance, _ map[string]tftypes.Value) {
			*i = i.With(map[string]tftypes.Value{"wait_failed": tftypes.NewValue(tftypes.Bool, false)})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			taintedBubble(t, test.runs, nil, func(t *testing.T, server *mockserver.Server, instance acctest.Instance,
				config map[string]tftypes.Value) {
				server.Update(func(s *mockserver.Scenario) { s.Projects[0].Environments[0].Pipelines[0].Run = mockserver.Run{} })
				test.change(&instance, config)
				if test.runs == 1 {
					server.Finish(instance.Attribute("id"), "SUCCESS", "")
				}
				got, said := newCore(t, server).Apply(t.Context(), instance, config)
				kept := got.Attribute("id") == instance.Attribute("id")
				if said.Failed() || kept != (test.runs == 1) || got.Attribute("status") != "SUCCESS" || waitFailed(got) {
					t.Errorf("state %s and %s, want a run that has succeeded", got.Value, said)
				}
				for _, summary := range []string{willBeKept, handedOver, isKept} {
					if strings.Contains(said.String(), summary) != kept {
						t.Errorf("kept: %t, and the apply says %s", kept, said)
					}
				}
				if mark := markIn(t, got.Private); mark != (planMark{}) {
					t.Errorf("the mark %+v is stored", mark)
				}
			})
		})
	}
}

// What failed is made up for by the next apply that waits. A later taint is a wish for another run.
func TestHandover_endsWithAnUntaint(t *testing.T) {
	t.Parallel()
	taintedBubble(t, 2, nil, func(t *testing.T, server *mockserver.Server, instance acctest.Instance,
		config map[string]tftypes.Value) {
		server.Update(func(s *mockserver.Scenario) { s.Projects[0].Environments[0].Pipelines[0].Run = mockserver.Run{} })
		server.Finish(instance.Attribute("id"), "SUCCESS", "")
		instance.Tainted = false
		instance, said := newCore(t, server).Apply(t.Context(), instance, config)
		if said.Failed() || waitFailed(instance) {
			t.Errorf("state %s and %s, want that no wait has failed", instance.Value, said)
		}
		if planned := newCore(t, server).Plan(t.Context(), instance, config); len(planned.RequiresReplace) > 0 {
			t.Error("the next plan replaces the instance")
		}
		instance.Tainted = true
		next, said := newCore(t, server).Apply(t.Context(), instance, config)
		if said.Failed() || next.Attribute("id") == instance.Attribute("id") {
			t.Errorf("state %s and %s, want another run", next.Value, said)
		}
	})
}

// No secret is needed to keep a run.
func TestHandover_needsNoSecret(t *testing.T) {
	t.Parallel()
	more := map[string]tftypes.Value{
		"scalar_variables_wo":         acctest.StringMap("password", "s3cret"),
		"scalar_variables_wo_version": tftypes.NewValue(tftypes.Number, 1),
	}
	taintedBubble(t, 1, more, func(t *testing.T, server *mockserver.Server, instance acctest.Instance,
		config map[string]tftypes.Value) {
		server.Finish(instance.Attribute("id"), "SUCCESS", "")
		delete(config, "scalar_variables_wo")
		got, said := newCore(t, server).Apply(t.Context(), instance, config)
		if said.Failed() || got.Attribute("id") != instance.Attribute("id") {
			t.Errorf("state %s and %s, want the run that was there", got.Value, said)
		}
		got.Tainted = true // There is nothing to hand over now.
		if _, said := newCore(t, server).Apply(t.Context(), got, config); !said.Failed() {
			t.Errorf("the plan of a new run says %s, want that the secret is missing", said)
		}
	})
}

// A run that was taken over is handed over as one, so that no policy cancels it.
func TestHandover_keepsThatARunWasTakenOver(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		id := server.StartElsewhere(mockserver.Execution{ExecutionTag: "seed", Status: "RUNNING"})
		config := timedOutRequest(map[string]tftypes.Value{
			"execution_tag": acctest.String("seed"), "on_conflict": acctest.String("attach"),
			"timeouts": acctest.Timeouts("1m"),
		})
		instance, _ := newCore(t, server).Apply(t.Context(), acctest.Instance{}, config)
		config["on_timeout"], config["on_destroy"] = acctest.String("cancel"), acctest.String("cancel")
		instance, said := newCore(t, server).Apply(t.Context(), instance, config)
		if got := instance.Attribute("id"); got != id {
			t.Fatalf("the run is %q after %s, want %q", got, said, id)
		}
		if _, said := newCore(t, server).Destroy(t.Context(), instance); said.Failed() {
			t.Error(said)
		}
		if calls := server.Calls(mockserver.OpCancel); calls > 0 {
			t.Errorf("%d calls to cancel the run", calls)
		}
	})
}

// The fast path answers as it was, and says nothing to Delete: what Terraform plans after it does.
func TestHandover_afterAPlanOfTheFastPath(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 2, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		c, config := newCore(t, server), acctest.AwaitedRequest()
		instance, _ := c.Apply(t.Context(), acctest.Instance{}, config)
		unchanged := c.Plan(t.Context(), instance, config)
		if mark := markIn(t, unchanged.PlannedPrivate); mark != (planMark{}) {
			t.Errorf("the plan of what is unchanged has the mark %+v", mark)
		}
		again := acctest.Instance{Private: unchanged.PlannedPrivate} // -replace
		planned := c.Plan(t.Context(), again, config)
		if mark := markIn(t, planned.PlannedPrivate); mark != (planMark{Purpose: "replace"}) {
			t.Errorf("the replacement has the mark %+v", mark)
		}
		old := instance
		old.Private = planned.PlannedPrivate
		said := c.Delete(t.Context(), old)
		next, created := c.Change(t.Context(), again, config, planned, nil)
		if len(said) > 0 || created.Failed() || next.Attribute("id") == instance.Attribute("id") {
			t.Errorf("state %s and %s, want another run", next.Value, append(said, created...))
		}
	})
}

// Alike instances cannot be told apart. What the plan says holds for each of them.
func TestHandover_thePlanNamesWhatMayBeKept(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 2, acctest.Scenario(mockserver.Run{Forever: true}),
		func(t *testing.T, server *mockserver.Server) {
			config := timedOutRequest(nil)
			var instances []acctest.Instance
			for range 2 {
				instance, _ := newCore(t, server).Apply(t.Context(), acctest.Instance{}, config)
				instances = append(instances, instance)
			}
			c := newCore(t, server)
			if planned := c.Plan(t.Context(), acctest.Instance{}, config); len(planned.Diagnostics) > 0 {
				t.Errorf("before any refresh the plan says %s", acctest.Diagnostics(planned.Diagnostics))
			}
			for i, instance := range instances {
				_, _ = c.Refresh(t.Context(), instance)
				said := acctest.Diagnostics(c.Plan(t.Context(), acctest.Instance{}, config).Diagnostics).String()
				if strings.Contains(said, "one of these executions") != (i == 1) ||
					!strings.Contains(said, instance.Attribute("id")) || !strings.Contains(said, "create_before_destroy") {
					t.Errorf("after %d refreshes the plan says %s", i+1, said)
				}
			}
			server.Finish(instances[0].Attribute("id"), "FAILED", "")
			c = newCore(t, server)
			for _, instance := range instances {
				_, _ = c.Refresh(t.Context(), instance)
			}
			said := acctest.Diagnostics(c.Plan(t.Context(), acctest.Instance{}, config).Diagnostics).String()
			if strings.Contains(said, instances[0].Attribute("id")) || !strings.Contains(said, instances[1].Attribute("id")) {
				t.Errorf("after one has failed the plan says %s", said)
			}
		})
}
