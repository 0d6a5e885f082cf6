package provider

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// asked is the framework's server, and counts what is left to it.
type asked struct {
	frameworkServer

	plans, reads int
}

func (a *asked) PlanResourceChange(
	ctx context.Context, req *tfprotov6.PlanResourceChangeRequest,
) (*tfprotov6.PlanResourceChangeResponse, error) {
	a.plans++
	return a.frameworkServer.PlanResourceChange(ctx, req)
}

func (a *asked) ReadResource(
	ctx context.Context, req *tfprotov6.ReadResourceRequest,
) (*tfprotov6.ReadResourceResponse, error) {
	a.reads++
	return a.frameworkServer.ReadResource(ctx, req)
}

// besideFramework returns a process of the provider, and the framework in it, which does the same without shortcuts.
func besideFramework(t *testing.T) (whole, framework *core, count *asked) {
	t.Helper()
	return besideFrameworkWith(t, nil)
}

func besideFrameworkWith(t *testing.T, more map[string]tftypes.Value) (whole, framework *core, count *asked) {
	t.Helper()
	whole = newCoreWith(t, mockserver.New(scenario(mockserver.Run{})), more)
	served, ok := whole.provider.(*server)
	if !ok {
		t.Fatalf("the provider is served by a %T, which knows neither lists nor actions", whole.provider)
	}
	count = &asked{frameworkServer: served.frameworkServer}
	framework = &core{t: t, provider: served.frameworkServer, schema: whole.schema}
	served.frameworkServer = count
	return whole, framework, count
}

// fullRequest sets every argument that can be set and is not write-only.
func fullRequest() map[string]tftypes.Value {
	config := awaited()
	for _, name := range []string{"version_name", "agent_id", "execution_tag"} {
		config[name] = text("some")
	}
	config["project_id"] = text(testProject)
	config["scalar_variables"] = mapOf(text("1"))
	config["triggers"] = mapOf(text("1"))
	config["grid_variables"] = mapOf(tftypes.NewValue(rawGrid(), []tftypes.Value{}))
	config["on_failure"], config["on_conflict"] = text(policyWarn), text(policyWait)
	config["on_timeout"], config["on_interrupt"], config["on_destroy"] = text(policyDetach), text(policyCancel), text(policyCancel)
	config["timeouts"] = withTimeout("2h")
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
		return text("another")
	case kind.Equal(tftypes.Bool):
		return tftypes.NewValue(tftypes.Bool, false)
	case kind.Equal(tftypes.Number):
		return tftypes.NewValue(tftypes.Number, 7)
	case kind.Equal(tftypes.Map{ElementType: tftypes.String}):
		return mapOf(text("another"))
	case kind.Equal(tftypes.Map{ElementType: rawGrid()}):
		row := tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, []tftypes.Value{text("another")})
		return mapOf(tftypes.NewValue(rawGrid(), []tftypes.Value{row}))
	case attribute.Name == "timeouts":
		return withTimeout("3h")
	default:
		t.Fatalf("no value for %s, of type %s", attribute.Name, kind)
		return tftypes.Value{}
	}
}

// TestServer_plansAsTheFrameworkDoes changes each argument in each way, for each status and for no run at all, and
// compares the plans.
func TestServer_plansAsTheFrameworkDoes(t *testing.T) {
	t.Parallel()
	whole, framework, count := besideFramework(t)
	least, said := whole.apply(t.Context(), held{}, awaited())
	if said.failed() || least.attribute("status") != "SUCCESS" {
		t.Fatal(least, said)
	}
	for base, config := range map[string]map[string]tftypes.Value{"least": awaited(), "full": fullRequest()} {
		instance := least.with(t, config)
		count.plans = 0
		samePlan(t, whole, framework, base+", unchanged", instance, config)
		samePlan(t, whole, framework, base+", no run", held{}, config)
		samePlan(t, whole, framework, base+", a replacement", held{private: instance.private}, config)
		if count.plans != 0 {
			t.Errorf("%s: %d plans of the unchanged and of the new were left to the framework", base, count.plans)
		}
		for _, status := range []string{"SUCCESS", "FAILED", "CANCELLED", "RUNNING", "CANCELLING", "", "STRANGE"} {
			in := instance
			in.value = withStrings(instance.value, map[string]types.String{"status": stringOrNull(status)})
			samePlan(t, whole, framework, base+", "+status, in, config)
		}
		for _, attribute := range whole.resource().Block.Attributes {
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
				samePlan(t, whole, framework, base+", no run, "+attribute.Name+" "+way, held{}, changed)
			}
		}
	}
}

// with returns the instance with other arguments.
func (h held) with(t *testing.T, arguments map[string]tftypes.Value) held {
	t.Helper()
	values := maps.Clone(attributesOf(h.value))
	maps.Copy(values, arguments)
	h.value = tftypes.NewValue(h.value.Type(), values)
	return h
}

func samePlan(t *testing.T, whole, framework *core, what string, prior held, config map[string]tftypes.Value) {
	t.Helper()
	got, want := whole.plan(t.Context(), prior, config), framework.plan(t.Context(), prior, config)
	if planned := whole.decode(want.PlannedState); !whole.decode(got.PlannedState).Equal(planned) {
		t.Errorf("%s: planned %s, the framework plans %s", what, whole.decode(got.PlannedState), planned)
	}
	got.PlannedState, want.PlannedState = nil, nil // The same value may be written in several ways.
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Comparer((*tftypes.AttributePath).Equal)); diff != "" {
		t.Errorf("%s: the plan differs from the framework's (-framework +got):\n%s", what, diff)
	}
}

// What there is to say about a new run is said by the framework.
func TestServer_findsWhatTheFrameworkFinds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arguments map[string]tftypes.Value
		found     string // nothing, and the framework is not asked
	}{
		"nothing wrong":  {nil, ""},
		"no project":     {map[string]tftypes.Value{"project_id": tftypes.NewValue(tftypes.String, nil)}, "Missing project"},
		"no environment": {map[string]tftypes.Value{"environment_name": text("nowhere")}, "Correct environment_name"},
		"no pipeline":    {map[string]tftypes.Value{"pipeline_name": text("nowhere")}, "correct pipeline_name"},
		"no version":     {map[string]tftypes.Value{"version_name": text("9.9.9")}, "Correct version_name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, framework, count := besideFrameworkWith(t, map[string]tftypes.Value{
				"plan_checks": text(planCheckError), "project_id": tftypes.NewValue(tftypes.String, nil),
			})
			config := requestOnly()
			config["project_id"] = text(testProject)
			maps.Copy(config, test.arguments)
			planned := whole.plan(t.Context(), held{}, config)
			if asked := count.plans > 0; asked != (test.found != "") {
				t.Errorf("%d plans were left to the framework", count.plans)
			}
			if said := diagnosed(planned.Diagnostics).String(); !strings.Contains(said, test.found) ||
				diagnosed(planned.Diagnostics).failed() != (test.found != "") {
				t.Errorf("the plan says %q, want %q", said, test.found)
			}
			samePlan(t, whole, framework, name, held{}, config)
		})
	}
}

// A configuration that is not known as a whole does not come from Terraform, and must do no harm.
func TestServer_leavesWhatIsNotKnownToTheFramework(t *testing.T) {
	t.Parallel()
	whole, framework, count := besideFramework(t)
	kind := whole.resource().ValueType()
	unknown, none := whole.encode(tftypes.NewValue(kind, tftypes.UnknownValue)), whole.encode(tftypes.NewValue(kind, nil))
	req := &tfprotov6.PlanResourceChangeRequest{
		TypeName: executionTypeName, Config: unknown, PriorState: none, ProposedNewState: unknown,
	}
	got, err := whole.provider.PlanResourceChange(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	want, err := framework.provider.PlanResourceChange(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Diagnostics, got.Diagnostics); diff != "" || count.plans != 1 {
		t.Errorf("%d plans were left to the framework, and the diagnostics differ by (-framework +got):\n%s", count.plans, diff)
	}
}

func TestServer_plansByTheProvidersProject(t *testing.T) {
	t.Parallel()
	whole, framework, count := besideFramework(t)
	instance, said := whole.apply(t.Context(), held{}, awaited())
	if said.failed() {
		t.Fatal(said)
	}
	elsewhere := instance
	elsewhere.value = withStrings(instance.value, map[string]types.String{
		"project_id": stringOrNull("11111111-2222-4333-8444-555555555555"),
	})
	count.plans = 0
	samePlan(t, whole, framework, "a run of a project that is not the provider's any more", elsewhere, awaited())
	if planned := whole.plan(t.Context(), elsewhere, awaited()); len(planned.RequiresReplace) == 0 || count.plans == 0 {
		t.Error("a run of another project than the provider's was taken for the one that is configured")
	}
}

// TestServer_readsAsTheFrameworkDoes compares what a refresh gives back of runs that have ended.
func TestServer_readsAsTheFrameworkDoes(t *testing.T) {
	t.Parallel()
	whole, framework, count := besideFramework(t)
	instance, said := whole.apply(t.Context(), held{}, awaited())
	if said.failed() {
		t.Fatal(said)
	}
	for _, status := range []string{"SUCCESS", "FAILED", "CANCELLED", "SKIPPED"} {
		ended := withStrings(instance.value, map[string]types.String{"status": stringOrNull(status)})
		request := func() *tfprotov6.ReadResourceRequest {
			return &tfprotov6.ReadResourceRequest{
				TypeName: "matillion_pipeline_execution", CurrentState: whole.encode(ended), Private: instance.private,
			}
		}
		count.reads = 0
		got, err := whole.provider.ReadResource(t.Context(), request())
		if err != nil || count.reads != 0 {
			t.Fatalf("%s: error %v, %d reads were left to the framework", status, err, count.reads)
		}
		want, err := framework.provider.ReadResource(t.Context(), request())
		if err != nil {
			t.Fatal(err)
		}
		if state := whole.decode(want.NewState); !whole.decode(got.NewState).Equal(state) {
			t.Errorf("%s: read %s, the framework reads %s", status, whole.decode(got.NewState), state)
		}
		got.NewState, want.NewState = nil, nil
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: the answer differs from the framework's (-framework +got):\n%s", status, diff)
		}
	}
}

func TestServer_isServedWhole(t *testing.T) {
	t.Parallel()
	served := NewServer("test")()
	if _, ok := served.(tfprotov6.ProviderServerWithActions); !ok { //nolint:staticcheck // It is what plugin-go asks for.
		t.Error("the server has no actions")
	}
	if _, ok := served.(tfprotov6.ProviderServerWithListResource); !ok { //nolint:staticcheck // As above.
		t.Error("the server has no list resources")
	}
}
