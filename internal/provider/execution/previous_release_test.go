// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// oldInstance is what an earlier release has stored of an instance: see testdata/previous_release.json.
type oldInstance struct {
	Name       string          `json:"name"`
	Tainted    bool            `json:"tainted"`
	Private    json.RawMessage `json:"private"`
	Attributes json.RawMessage `json:"attributes"`
}

func oldInstances(t *testing.T) []oldInstance {
	t.Helper()
	stored, err := os.ReadFile(filepath.Join("testdata", "previous_release.json"))
	if err != nil {
		t.Fatal(err)
	}
	var instances []oldInstance
	if err := json.Unmarshal(stored, &instances); err != nil {
		t.Fatal(err)
	}
	return instances
}

// upgrade returns an old instance as a new release gets it, and its configuration. Its run is one of the server's, unless
// it has ended.
func (o oldInstance) upgrade(
	t *testing.T, c *acctest.Resource, server *mockserver.Server,
) (acctest.Instance, map[string]tftypes.Value) {
	t.Helper()
	upgraded, err := c.Provider.UpgradeResourceState(t.Context(), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: c.Type, RawState: &tfprotov6.RawState{JSON: o.Attributes},
	})
	if err != nil || len(upgraded.Diagnostics) > 0 {
		t.Fatal(err, upgraded.Diagnostics)
	}
	instance := acctest.Instance{Value: c.Decode(upgraded.UpgradedState), Private: o.Private, Tainted: o.Tainted}
	config := map[string]tftypes.Value{}
	for _, attribute := range c.Schema().Block.Attributes {
		if value := instance.Attributes()[attribute.Name]; !value.IsNull() && (attribute.Optional || attribute.Required) {
			config[attribute.Name] = value
		}
	}
	if status := instance.Attribute("status"); status == "" || status == "RUNNING" {
		id := server.StartElsewhere(mockserver.Execution{
			PipelineName: instance.Attribute("pipeline_name"), Status: "RUNNING",
		})
		patch := map[string]tftypes.Value{"id": acctest.String(id)}
		if status != "" {
			patch["started_at"] = acctest.String(time.Now().UTC().Format(time.RFC3339))
		}
		instance = instance.With(patch)
	}
	return instance, config
}

// A new release plans no change because of what an earlier one has stored, before a refresh and after it.
func TestPreviousRelease_isPlannedWithoutAChange(t *testing.T) {
	t.Parallel()
	names := []string{}
	for _, old := range oldInstances(t) {
		names = append(names, old.Name)
		t.Run(old.Name, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
				c := newCore(t, server)
				instance, config := old.upgrade(t, c, server)
				if old.Tainted {
					return // It is replaced: see below.
				}
				refreshed, said := c.Refresh(t.Context(), instance)
				if len(said) > 0 {
					t.Errorf("the refresh says %s", said)
				}
				for _, prior := range []acctest.Instance{instance, refreshed} {
					planned := c.Plan(t.Context(), prior, config)
					changes := !c.Decode(planned.PlannedState).Equal(prior.Value)
					resumes := old.Name == "detached" // as the earlier release does
					if len(planned.RequiresReplace) > 0 || len(planned.Diagnostics) > 0 || changes != resumes {
						t.Errorf("planned %s, replaced because of %v, with %s", c.Decode(planned.PlannedState),
							planned.RequiresReplace, acctest.Diagnostics(planned.Diagnostics))
					}
				}
			})
		})
	}
	for _, want := range []string{"succeeded", "accepted", "running", "detached", "tainted", "imported"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no old instance %q", want)
		}
	}
}

// What an earlier release has kept in the private data, a refresh moves to where Delete gets it.
func TestPreviousRelease_handsOverTheRunOfATaintedInstance(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		c := newCore(t, server)
		for _, old := range oldInstances(t) {
			if !old.Tainted {
				continue
			}
			instance, config := old.upgrade(t, c, server)
			id := instance.Attribute("id")
			server.Finish(id, "SUCCESS", "")
			got, said := c.Apply(t.Context(), instance, config)
			if said.Failed() || got.Attribute("id") != id || got.Attribute("status") != "SUCCESS" {
				t.Errorf("state %s and %s, want the run that was there", got.Value, said)
			}
		}
	})
}

// The same goes for a run whose success an earlier release has stored already, by apply -refresh-only for example.
func TestPreviousRelease_handsOverARunThatHasSucceededInTheState(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		c := newCore(t, server)
		for _, old := range oldInstances(t) {
			if !old.Tainted {
				continue
			}
			instance, config := old.upgrade(t, c, server)
			id := instance.Attribute("id")
			server.Finish(id, "SUCCESS", "")
			instance = instance.With(map[string]tftypes.Value{"status": acctest.String("SUCCESS")})
			got, said := c.Apply(t.Context(), instance, config)
			if said.Failed() || got.Attribute("id") != id {
				t.Errorf("state %s and %s, want the run that was there", got.Value, said)
			}
		}
	})
}

// Every instance of an earlier release can be waited for, replaced and destroyed.
func TestPreviousRelease_goesOnLikeAnyOther(t *testing.T) {
	t.Parallel()
	for _, old := range oldInstances(t) {
		t.Run(old.Name, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
				c := newCore(t, server)
				instance, config := old.upgrade(t, c, server)
				server.Finish(instance.Attribute("id"), "SUCCESS", "")
				config["pipeline_name"] = acctest.String(acctest.PipelineName)
				config["triggers"] = acctest.StringMap("again", "yes")
				got, said := c.Apply(t.Context(), instance, config)
				if said.Failed() || got.Attribute("id") != server.Started()[0].ID {
					t.Fatalf("state %s and %s, want a new run", got.Value, said)
				}
				if got, said = c.Destroy(t.Context(), got); got.Exists() || said.Failed() {
					t.Errorf("state %s and %s, want none", got.Value, said)
				}
			})
		})
	}
}

// The private data of a tainted instance do not reach Delete. Without a refresh, which moves them, a run that an earlier
// release has left running is taken over all the same.
func TestPreviousRelease_handsOverWithoutARefresh(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		c := newCore(t, server)
		for _, old := range oldInstances(t) {
			if !old.Tainted {
				continue
			}
			instance, config := old.upgrade(t, c, server)
			id := instance.Attribute("id")
			planned := c.Plan(t.Context(), acctest.Instance{}, config)
			instance.Private = planned.PlannedPrivate
			if said := c.Delete(t.Context(), instance); said.Failed() {
				t.Errorf("deleting says %s", said)
			}
			server.Finish(id, "SUCCESS", "")
			got, said := c.Change(t.Context(), acctest.Instance{}, config, planned, nil)
			if said.Failed() || got.Attribute("id") != id || got.Attribute("status") != "SUCCESS" {
				t.Errorf("state %s and %s, want the run that was there", got.Value, said)
			}
		}
	})
}
