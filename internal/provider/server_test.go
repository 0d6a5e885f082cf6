// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

const executionType = "matillion_pipeline_execution"

// besideFramework returns a process of the provider, and the framework in it, which does the same without the fast
// path.
func besideFramework(
	t *testing.T, more ...map[string]tftypes.Value,
) (whole, framework *acctest.Resource, count *provider.FrameworkCalls) {
	t.Helper()
	whole = acctest.NewCore(t, mockserver.New(acctest.Scenario(mockserver.Run{})), more...).Resource(executionType)
	server, count, ok := provider.BehindFastPath(whole.Provider)
	if !ok {
		t.Fatalf("the provider is served by a %T, which has no fast path", whole.Provider)
	}
	return whole, whole.Beside(server).Resource(executionType), count
}

// fullRequest sets every argument that can be set and is not write-only.
func fullRequest() map[string]tftypes.Value {
	config := acctest.AwaitedRequest()
	for _, name := range []string{"version_name", "agent_id", "execution_tag"} {
		config[name] = acctest.String("some")
	}
	config["project_id"] = acctest.String(acctest.ProjectID)
	config["scalar_variables"] = mapOf(acctest.String("1"))
	config["triggers"] = mapOf(acctest.String("1"))
	config["grid_variables"] = mapOf(tftypes.NewValue(rawGrid(), []tftypes.Value{}))
	for name, policy := range map[string]string{
		"on_failure": "warn", "on_conflict": "wait", "on_timeout": "detach", "on_interrupt": "cancel", "on_destroy": "cancel",
	} {
		config[name] = acctest.String(policy)
	}
	config["timeouts"] = acctest.Timeouts("2h")
	return config
}

func rawGrid() tftypes.Type {
	return tftypes.List{ElementType: tftypes.List{ElementType: tftypes.String}}
}

func mapOf(value tftypes.Value) tftypes.Value {
	return tftypes.NewValue(tftypes.Map{ElementType: value.Type()}, map[string]tftypes.Value{"name": value})
}

// another returns a value of a type that no other configuration of these tests has.
func another(t *testing.T, attribute *tfprotov6.SchemaAttribute) tftypes.Value {
	t.Helper()
	switch kind := attribute.ValueType(); {
	case kind.Equal(tftypes.String):
		return acctest.String("another")
	case kind.Equal(tftypes.Bool):
		return tftypes.NewValue(tftypes.Bool, false)
	case kind.Equal(tftypes.Number):
		return tftypes.NewValue(tftypes.Number, 7)
	case kind.Equal(tftypes.Map{ElementType: tftypes.String}):
		return mapOf(acctest.String("another"))
	case kind.Equal(tftypes.Map{ElementType: rawGrid()}):
		row := tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, []tftypes.Value{acctest.String("another")})
		return mapOf(tftypes.NewValue(rawGrid(), []tftypes.Value{row}))
	case attribute.Name == "timeouts":
		return acctest.Timeouts("3h")
	default:
		t.Fatalf("no value for %s, of type %s", attribute.Name, kind)
		return tftypes.Value{}
	}
}

// TestServer_plansAsTheFrameworkDoes changes each argument in each way, for each status, and compares the plans.
func TestServer_plansAsTheFrameworkDoes(t *testing.T) {
	t.Parallel()
	whole, framework, count := besideFramework(t)
	least, said := whole.Apply(t.Context(), acctest.Instance{}, acctest.AwaitedRequest())
	if said.Failed() || least.Attribute("status") != "SUCCESS" {
		t.Fatal(least, said)
	}
	for base, config := range map[string]map[string]tftypes.Value{
		"least": acctest.AwaitedRequest(), "full": fullRequest(),
	} {
		instance := least.With(config)
		count.Plans.Store(0)
		samePlan(t, whole, framework, base+", unchanged", instance, config)
		if count.Plans.Load() != 0 {
			t.Errorf("%s: the plan of the unchanged was left to the framework", base)
		}
		samePlan(t, whole, framework, base+", no run", acctest.Instance{}, config)
		samePlan(t, whole, framework, base+", a replacement", acctest.Instance{Private: instance.Private}, config)
		for _, status := range []string{"SUCCESS", "FAILED", "CANCELLED", "RUNNING", "CANCELLING", "", "STRANGE"} {
			samePlan(t, whole, framework, base+", "+status, withStatus(instance, status), config)
		}
		for _, attribute := range whole.Schema().Block.Attributes {
			if attribute.Computed && !attribute.Optional {
				continue
			}
			for way, value := range map[string]tftypes.Value{
				"another":   another(t, attribute),
				"not set":   tftypes.NewValue(attribute.ValueType(), nil),
				"not known": tftypes.NewValue(attribute.ValueType(), tftypes.UnknownValue),
			} {
				changed := maps.Clone(config)
				changed[attribute.Name] = value
				samePlan(t, whole, framework, base+", "+attribute.Name+" "+way, instance, changed)
				samePlan(t, whole, framework, base+", no run, "+attribute.Name+" "+way, acctest.Instance{}, changed)
			}
		}
	}
}

// withStatus returns an instance with another status; "" is null.
func withStatus(instance acctest.Instance, status string) acctest.Instance {
	value := acctest.String(status)
	if status == "" {
		value = tftypes.NewValue(tftypes.String, nil)
	}
	return instance.With(map[string]tftypes.Value{"status": value})
}

// samePlan compares whole answers.
func samePlan(
	t *testing.T, whole, framework *acctest.Resource, what string, prior acctest.Instance, config map[string]tftypes.Value,
) {
	t.Helper()
	got, want := whole.Plan(t.Context(), prior, config), framework.Plan(t.Context(), prior, config)
	if planned := whole.Decode(want.PlannedState); !whole.Decode(got.PlannedState).Equal(planned) {
		t.Errorf("%s: planned %s, the framework plans %s", what, whole.Decode(got.PlannedState), planned)
	}
	got.PlannedState, want.PlannedState = nil, nil // The same value may be written in several ways.
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Comparer((*tftypes.AttributePath).Equal)); diff != "" {
		t.Errorf("%s: the plan differs from the framework's (-framework +got):\n%s", what, diff)
	}
}

// New runs are planned by the framework, with all that there is to say about them.
func TestServer_findsWhatTheFrameworkFinds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arguments map[string]tftypes.Value
		found     string // nothing
	}{
		"nothing wrong": {nil, ""},
		"no project":    {map[string]tftypes.Value{"project_id": tftypes.NewValue(tftypes.String, nil)}, "Missing project"},
		"no environment": {map[string]tftypes.Value{"environment_name": acctest.String("nowhere")},
			"Correct environment_name"},
		"no pipeline": {map[string]tftypes.Value{"pipeline_name": acctest.String("nowhere")}, "correct pipeline_name"},
		"no version":  {map[string]tftypes.Value{"version_name": acctest.String("9.9.9")}, "Correct version_name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, framework, count := besideFramework(t, map[string]tftypes.Value{
				"plan_checks": acctest.String("error"), "project_id": tftypes.NewValue(tftypes.String, nil),
			})
			config := acctest.Request()
			config["project_id"] = acctest.String(acctest.ProjectID)
			maps.Copy(config, test.arguments)
			planned := whole.Plan(t.Context(), acctest.Instance{}, config)
			if count.Plans.Load() != 1 {
				t.Errorf("%d plans were left to the framework, want 1", count.Plans.Load())
			}
			said := acctest.Diagnostics(planned.Diagnostics)
			if !strings.Contains(said.String(), test.found) || said.Failed() != (test.found != "") {
				t.Errorf("the plan says %q, want %q", said, test.found)
			}
			samePlan(t, whole, framework, name, acctest.Instance{}, config)
		})
	}
}

// A configuration that is not known as a whole does not come from Terraform, and must do no harm.
func TestServer_leavesWhatIsNotKnownToTheFramework(t *testing.T) {
	t.Parallel()
	whole, framework, count := besideFramework(t)
	kind := whole.Schema().ValueType()
	unknown, none := whole.Encode(tftypes.NewValue(kind, tftypes.UnknownValue)), whole.Encode(tftypes.NewValue(kind, nil))
	req := &tfprotov6.PlanResourceChangeRequest{
		TypeName: executionType, Config: unknown, PriorState: none, ProposedNewState: unknown,
	}
	got, err := whole.Provider.PlanResourceChange(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	want, err := framework.Provider.PlanResourceChange(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Diagnostics, got.Diagnostics); diff != "" || count.Plans.Load() != 1 {
		t.Errorf("%d plans were left to the framework, and the diagnostics differ by (-framework +got):\n%s",
			count.Plans.Load(), diff)
	}
}

func TestServer_plansByTheProvidersProject(t *testing.T) {
	t.Parallel()
	whole, framework, count := besideFramework(t)
	instance, said := whole.Apply(t.Context(), acctest.Instance{}, acctest.AwaitedRequest())
	if said.Failed() {
		t.Fatal(said)
	}
	elsewhere := instance.With(map[string]tftypes.Value{
		"project_id": acctest.String("11111111-2222-4333-8444-555555555555"),
	})
	count.Plans.Store(0)
	samePlan(t, whole, framework, "a run of a project that is not the provider's any more", elsewhere,
		acctest.AwaitedRequest())
	planned := whole.Plan(t.Context(), elsewhere, acctest.AwaitedRequest())
	if len(planned.RequiresReplace) == 0 || count.Plans.Load() == 0 {
		t.Error("a run of another project than the provider's was taken for the one that is configured")
	}
}

// TestServer_readsAsTheFrameworkDoes compares what a refresh gives back of runs that have ended.
func TestServer_readsAsTheFrameworkDoes(t *testing.T) {
	t.Parallel()
	whole, framework, count := besideFramework(t)
	instance, said := whole.Apply(t.Context(), acctest.Instance{}, acctest.AwaitedRequest())
	if said.Failed() {
		t.Fatal(said)
	}
	for _, status := range []string{"SUCCESS", "FAILED", "CANCELLED", "SKIPPED"} {
		ended := withStatus(instance, status)
		request := func() *tfprotov6.ReadResourceRequest {
			return &tfprotov6.ReadResourceRequest{
				TypeName: executionType, CurrentState: whole.Encode(ended.Value), Private: ended.Private,
			}
		}
		count.Reads.Store(0)
		got, err := whole.Provider.ReadResource(t.Context(), request())
		if err != nil || count.Reads.Load() != 0 {
			t.Fatalf("%s: error %v, %d reads were left to the framework", status, err, count.Reads.Load())
		}
		want, err := framework.Provider.ReadResource(t.Context(), request())
		if err != nil {
			t.Fatal(err)
		}
		if state := whole.Decode(want.NewState); !whole.Decode(got.NewState).Equal(state) {
			t.Errorf("%s: read %s, the framework reads %s", status, whole.Decode(got.NewState), state)
		}
		got.NewState, want.NewState = nil, nil
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: the answer differs from the framework's (-framework +got):\n%s", status, diff)
		}
	}
}

func TestServer_isServedWhole(t *testing.T) { //nolint:paralleltest // It sets a variable.
	for _, fastPath := range []string{"", "off"} {
		t.Setenv(provider.FastPathVariable, fastPath)
		served := provider.NewServer("test")()
		if _, ok := served.(tfprotov6.ActionServer); !ok {
			t.Error("the server has no actions")
		}
		if _, ok := served.(tfprotov6.ListResourceServer); !ok {
			t.Error("the server has no list resources")
		}
		if _, _, there := provider.BehindFastPath(served); there != (fastPath == "") {
			t.Errorf("with %s=%q there is a fast path: %t", provider.FastPathVariable, fastPath, there)
		}
	}
}
