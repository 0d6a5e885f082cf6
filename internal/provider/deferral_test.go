// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// answer is what the provider said to one question, and whether it deferred.
type answer struct {
	deferred *tfprotov6.Deferred
	said     acctest.Diagnostics
}

// asking asks a provider about everything that it offers.
type asking struct {
	*acctest.Core
	t       *testing.T
	answers map[string]answer
}

// newAsking starts a process of a provider, some of whose arguments are not known.
func newAsking(t *testing.T, server *mockserver.Server, deferral bool, unknown ...string) asking {
	t.Helper()
	arguments := map[string]tftypes.Value{}
	for _, name := range unknown {
		arguments[name] = tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	}
	if deferral {
		return asking{acctest.NewDeferringCore(t, server, arguments), t, map[string]answer{}}
	}
	return asking{acctest.NewCore(t, server, arguments), t, map[string]answer{}}
}

const (
	stagingName   = "Staging"
	stagedVersion = "1.0.0"
)

// twoStages has a version to promote.
func twoStages() mockserver.Scenario {
	s := acctest.Scenario(mockserver.Run{})
	s.Projects[0].Environments = append(s.Projects[0].Environments, mockserver.Environment{
		Name: stagingName, Versions: []mockserver.Version{{Name: stagedVersion}},
	})
	return s
}

// least returns a configuration of anything: about one run, or the version of twoStages.
func least(schema *tfprotov6.Schema, runID string) map[string]tftypes.Value {
	config := map[string]tftypes.Value{}
	texts := map[string]string{
		"environment_name": acctest.EnvironmentName, "pipeline_name": acctest.PipelineName, "execution_id": runID,
		"requested_at": time.Now().UTC().Format(time.RFC3339), "name": acctest.PipelineName, "id": acctest.ProjectID,
		// What the target has already is promoted without a request.
		"source_environment_name": "Staging", "target_environment_name": acctest.EnvironmentName, "version_name": "1.0.0",
	}
	for _, attribute := range schema.Block.Attributes {
		switch {
		case attribute.Required && attribute.ValueType().Is(tftypes.String), attribute.Optional && attribute.Name == "id":
			config[attribute.Name] = acctest.String(texts[attribute.Name])
		case attribute.Required:
			config[attribute.Name] = acctest.Strings(runID)
		}
	}
	return config
}

// ask asks for all plans, refreshes, imports and reads.
func (a asking) ask(instances map[string]acctest.Instance, runID string) {
	a.t.Helper()
	for name, schema := range a.Schemas.ResourceSchemas {
		r := a.Resource(name)
		planned := r.Plan(a.t.Context(), acctest.Instance{}, least(schema, runID))
		a.answers["create "+name] = answer{planned.Deferred, planned.Diagnostics}
		a.askOf(r, instances[name], least(schema, runID))
	}
	for name, schema := range a.Schemas.DataSourceSchemas {
		read, err := a.Provider.ReadDataSource(a.t.Context(), &tfprotov6.ReadDataSourceRequest{
			TypeName: name, Config: a.Encode(a.Object(schema, least(schema, runID))),
		})
		a.fail(err)
		a.answers["data source "+name] = answer{read.Deferred, read.Diagnostics}
	}
	for name, schema := range a.Schemas.ActionSchemas {
		server, ok := a.Provider.(tfprotov6.ActionServer)
		if !ok {
			a.t.Fatal("the provider serves no actions")
		}
		planned, err := server.PlanAction(a.t.Context(), &tfprotov6.PlanActionRequest{
			ActionType: name, Config: a.Encode(a.Object(schema.Schema, least(schema.Schema, runID))),
		})
		a.fail(err)
		a.answers["action "+name] = answer{planned.Deferred, planned.Diagnostics}
	}
}

// askOf asks about an instance. What the provider defers, it must leave as it was.
func (a asking) askOf(r *acctest.Resource, instance acctest.Instance, config map[string]tftypes.Value) {
	a.t.Helper()
	if !instance.Exists() {
		a.t.Fatalf("there is no instance of %s to ask about", r.Type)
	}
	read, err := a.Provider.ReadResource(a.t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: r.Type, CurrentState: a.Encode(instance.Value), Private: instance.Private,
	})
	a.fail(err)
	if !r.Decode(read.NewState).Equal(instance.Value) {
		a.t.Errorf("refreshing %s changed it", r.Type)
	}
	a.answers["refresh "+r.Type] = answer{read.Deferred, read.Diagnostics}
	planned := r.Plan(a.t.Context(), instance, config)
	a.answers["plan "+r.Type] = answer{planned.Deferred, planned.Diagnostics}
	destroyed := r.PlanDestroy(a.t.Context(), instance)
	a.answers["destroy "+r.Type] = answer{destroyed.Deferred, destroyed.Diagnostics}
	if planned.Deferred != nil && string(planned.PlannedPrivate) != string(instance.Private) {
		a.t.Errorf("planning %s left %s in its private state, want %s", r.Type, planned.PlannedPrivate, instance.Private)
	}
	if r.Type != executionType {
		return
	}
	imported, err := a.Provider.ImportResourceState(a.t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: r.Type, ID: acctest.ProjectID + "/" + instance.Attribute("id"),
	})
	a.fail(err)
	a.answers["import "+r.Type] = answer{imported.Deferred, imported.Diagnostics}
}

func (a asking) fail(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// instancesOf creates an instance of each type of resource, with a provider whose configuration is known.
func instancesOf(t *testing.T, server *mockserver.Server, runID string) map[string]acctest.Instance {
	t.Helper()
	core, instances := acctest.NewCore(t, server), map[string]acctest.Instance{}
	for name, schema := range core.Schemas.ResourceSchemas {
		config := least(schema, runID)
		if name == executionType {
			config["wait_for_completion"] = acctest.True()
		}
		instance, said := core.Resource(name).Apply(t.Context(), acctest.Instance{}, config)
		if said.Failed() {
			t.Fatalf("creating %s says %s", name, said)
		}
		instances[name] = instance
	}
	return instances
}

func TestDeferral_everythingWaitsForTheProvidersConfiguration(t *testing.T) {
	t.Parallel()
	for _, unknown := range []string{"client_secret", "project_id", "plan_checks", "api_url"} {
		t.Run(unknown, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 1, twoStages(), func(t *testing.T, server *mockserver.Server) {
				runID := server.StartElsewhere(mockserver.Execution{PipelineName: acctest.PipelineName})
				instances := instancesOf(t, server, runID)
				before := len(server.Requests())
				a := newAsking(t, server, true, unknown)
				a.ask(instances, runID)
				want := &tfprotov6.Deferred{Reason: tfprotov6.DeferredReasonProviderConfigUnknown}
				for question, got := range a.answers {
					if diff := cmp.Diff(want, got.deferred); diff != "" || len(got.said) > 0 {
						t.Errorf("%s says %q and defers as (-want +got):\n%s", question, got.said, diff)
					}
				}
				if calls := len(server.Requests()) - before; calls != 0 {
					t.Errorf("%d calls were made, want none", calls)
				}
			})
		})
	}
}

// Without the capability, and where all is known, nothing is deferred.
func TestDeferral_onlyWhereTheClientAllowsItAndSomethingIsUnknown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		deferral bool
		unknown  []string
		calls    bool
	}{
		"not allowed":        {false, []string{"client_secret"}, false},
		"allowed, all known": {true, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// The data source that executes is known to do so when it is asked now.
			runs := map[bool]int{false: 1, true: 2}[test.calls]
			acctest.InBubble(t, runs, twoStages(), func(t *testing.T, server *mockserver.Server) {
				runID := server.StartElsewhere(mockserver.Execution{PipelineName: acctest.PipelineName})
				instances := instancesOf(t, server, runID)
				before := len(server.Requests())
				a := newAsking(t, server, test.deferral, test.unknown...)
				a.ask(instances, runID)
				for question, got := range a.answers {
					want := !test.calls && strings.HasPrefix(question, "data source")
					lacks := strings.Contains(got.said.String(), "Provider is not configured")
					if got.deferred != nil || lacks != want {
						t.Errorf("%s says %q and is deferred: %t, want that the provider is not configured: %t",
							question, got.said, got.deferred != nil, want)
					}
				}
				if calls := len(server.Requests()) - before; (calls > 0) != test.calls {
					t.Errorf("%d calls were made, want some: %t", calls, test.calls)
				}
			})
		})
	}
}

// What was deferred is planned as ever when the configuration is known: nothing is started a second time.
func TestDeferral_startsNothingWhenTheConfigurationIsKnown(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		r := acctest.NewCore(t, server).Resource(executionType)
		instance, said := r.Apply(t.Context(), acctest.Instance{}, acctest.AwaitedRequest())
		if said.Failed() {
			t.Fatal(said)
		}
		deferred := newAsking(t, server, true, "token_url").Resource(executionType).
			Plan(t.Context(), instance, acctest.AwaitedRequest())
		instance.Private = deferred.PlannedPrivate
		again, said := acctest.NewCore(t, server).Resource(executionType).
			Apply(t.Context(), instance, acctest.AwaitedRequest())
		if len(said) > 0 || !again.Value.Equal(instance.Value) {
			t.Errorf("the next apply comes to %s and says %s, want no changes", again.Value, said)
		}
	})
}

// A list can only be asked for in an apply, or be an error.
func TestDeferral_aListIsAnError(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		_, said := newAsking(t, server, true, "client_secret").Resource(executionType).
			List(tfprotov6.ListResourceRequest{}, nil, 1)
		if !said.Failed() || !strings.Contains(said.String(), "Provider is not configured") || len(server.Requests()) > 0 {
			t.Errorf("the list says %q after %d calls, want that the provider is not configured",
				said, len(server.Requests()))
		}
	})
}
