// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package promotion_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

func TestPromotion_anotherValueIsAnotherPromotion(t *testing.T) {
	t.Parallel()
	other := "00000000-0000-4000-8000-000000000001"
	for argument, value := range map[string]string{
		"version_name": "1.2.0", "source_environment_name": "Elsewhere", "target_environment_name": "Elsewhere",
		"project_id": other,
	} {
		t.Run(argument, func(t *testing.T) {
			t.Parallel()
			inBubble(t, stages(version("1.0.0", 1)), 1, func(t *testing.T, w *world) {
				got, _ := w.apply(acctest.Instance{}, promote())
				planned := w.Plan(t.Context(), got, promote(argument, value))
				if len(planned.RequiresReplace) != 1 ||
					!planned.RequiresReplace[0].Equal(tftypes.NewAttributePath().WithAttributeName(argument)) {
					t.Errorf("the plan replaces because of %v, want %s", planned.RequiresReplace, argument)
				}
				same := w.Plan(t.Context(), got, promote("project_id", strings.ToUpper(acctest.ProjectID)))
				if len(same.RequiresReplace) > 0 || !w.Decode(same.PlannedState).Equal(got.Value) {
					t.Errorf("another case of the project's id plans %s", w.Decode(same.PlannedState))
				}
			})
		})
	}
}

func TestPromotion_readOnlyKeepsWhatWouldBeReplaced(t *testing.T) {
	t.Parallel()
	inBubble(t, stages(version("1.0.0", 1)), 1, func(t *testing.T, w *world) {
		got, _ := w.apply(acctest.Instance{}, promote())
		if mark := string(got.Private); strings.Contains(mark, "replace") {
			t.Errorf("the private data that is stored is %s", mark)
		}
		frozen := acctest.NewCore(t, w.server, map[string]tftypes.Value{"read_only": acctest.True()}).Resource(promotionType)
		config := promote("version_name", "1.2.0")
		planned := frozen.Plan(t.Context(), got, config)
		replaced := got
		replaced.Private = frozen.Plan(t.Context(), acctest.Instance{Private: planned.PlannedPrivate}, config).PlannedPrivate
		w.wantSaid(frozen.Delete(t.Context(), replaced), true, "Provider is read-only", "MATILLION_READ_ONLY")
		if gone, said := frozen.Destroy(t.Context(), got); gone.Exists() || len(said) > 0 {
			t.Errorf("destroying leaves %s and says %s", gone.Value, said)
		}
		// What the target has needs no request.
		got, said := frozen.Apply(t.Context(), acctest.Instance{}, promote())
		w.wantSaid(said, false, "")
		w.wantState(got, "1.1.0")
		deploy(w.server, version("1.2.0", 9))
		_, said = frozen.Apply(t.Context(), got, promote("on_drift", "promote"))
		if !said.Failed() || !strings.Contains(said.String(), "Provider is read-only") {
			t.Errorf("promoting again says %s", said)
		}
	})
}

func TestPromotion_planChecks(t *testing.T) {
	t.Parallel()
	unknown := func(argument string) map[string]tftypes.Value {
		config := promote()
		config[argument] = tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
		return config
	}
	const missing = "Environment or version not found"
	for name, test := range map[string]struct {
		config  map[string]tftypes.Value
		fault   mockserver.Fault
		summary string
		says    []string
	}{
		"nothing is wrong":      {config: promote()},
		"no such source":        {config: promote("source_environment_name", "Stagign"), summary: missing, says: []string{"source_environment_name", `Did you mean "Staging"`}},
		"no such target":        {config: promote("target_environment_name", "production"), summary: missing, says: []string{"target_environment_name", `Did you mean "Production"`}},
		"no such version":       {config: promote("version_name", "1.2.1"), summary: missing, says: []string{"version_name", `Did you mean its latest version, "1.2.0"`}},
		"a version far off":     {config: promote("version_name", "summer-release"), summary: missing, says: []string{`The latest version there is "1.2.0"`}},
		"a disabled version":    {config: promote("version_name", "0.9.0"), summary: "Version is disabled", says: []string{"version_name"}},
		"an unknown source":     {config: unknown("source_environment_name")},
		"an unknown target":     {config: unknown("target_environment_name")},
		"an unknown version":    {config: unknown("version_name")},
		"an unknown project":    {config: unknown("project_id")},
		"no right to the list":  {config: promote("target_environment_name", "production"), fault: mockserver.Fault{On: mockserver.OpEnvironments, Kind: mockserver.FaultStatus, Status: 403}},
		"no details":            {config: promote("version_name", "1.2.1"), fault: mockserver.Fault{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultStatus, Status: 404}},
		"no answer":             {config: promote(), fault: mockserver.Fault{Kind: mockserver.FaultHang}, summary: "Plan checks could not be made", says: []string{"within 5s"}},
		"an incomplete list":    {config: promote(), fault: mockserver.Fault{On: mockserver.OpEnvironments, Kind: mockserver.FaultBody, Body: `{"results":[{"name":"Other"}]}`}},
		"an empty list":         {config: promote(), fault: mockserver.Fault{On: mockserver.OpEnvironments, Kind: mockserver.FaultBody, Body: `{"results":[]}`}},
		"credentials are wrong": {config: promote(), fault: mockserver.Fault{On: mockserver.OpToken, Kind: mockserver.FaultStatus, Status: 401}, summary: "Plan checks could not be made"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, level := range []string{"off", "warn", "error"} {
				s := stages(version("1.0.0", 1))
				if test.fault.Kind != "" {
					s.Faults = []mockserver.Fault{test.fault}
				}
				inBubble(t, s, 0, func(t *testing.T, w *world) {
					said := acctest.Diagnostics(w.Plan(t.Context(), acctest.Instance{}, test.config).Diagnostics)
					if level == "off" {
						w.wantSaid(said, false, "")
						if calls := w.server.Calls(""); calls > 0 {
							t.Errorf("%d calls with plan_checks = off", calls)
						}
						return
					}
					w.wantSaid(said, level == "error", test.summary, test.says...)
				}, map[string]tftypes.Value{"plan_checks": acctest.String(level)})
			}
		})
	}
}

// What is to be promoted again is checked, too; what is there already is not.
func TestPromotion_planChecksAskOnlyForWhatIsPromoted(t *testing.T) {
	t.Parallel()
	inBubble(t, stages(version("1.0.0", 1)), 1, func(t *testing.T, w *world) {
		config := promote("on_drift", "promote")
		got, _ := w.apply(acctest.Instance{}, config)
		checked := acctest.NewCore(t, w.server, map[string]tftypes.Value{"plan_checks": acctest.String("warn")}).
			Resource(promotionType)
		before := w.server.Calls("")
		if checked.Plan(t.Context(), got, config); w.server.Calls("") != before {
			t.Error("a plan without a change asks the API")
		}
		deploy(w.server, version("1.2.0", 9))
		w.server.Update(func(s *mockserver.Scenario) { s.Projects[0].Environments[1].Versions[2].Disabled = true })
		got, _ = w.Refresh(t.Context(), got)
		w.wantSaid(checked.Plan(t.Context(), got, config).Diagnostics, false, "Version is disabled")
	})
}

func TestPromotion_refusesMistakesBeforeAnyCall(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config  map[string]tftypes.Value
		summary string
	}{
		"same source and target": {promote("target_environment_name", "Staging"), "Same source and target"},
		"no source":              {promote("source_environment_name", ""), "Invalid Attribute Value Length"},
		"no target":              {promote("target_environment_name", ""), "Invalid Attribute Value Length"},
		"a long target":          {promote("target_environment_name", strings.Repeat("x", 256)), "Invalid Attribute Value Length"},
		"no version":             {promote("version_name", ""), "Invalid Attribute Value Length"},
		"no UUID":                {promote("project_id", "warehouse"), "Invalid UUID"},
		"no such policy":         {promote("on_drift", "warn"), "Invalid Attribute Value Match"},
	} {
		inBubble(t, stages(), 0, func(t *testing.T, w *world) {
			t.Log(name)
			w.wantSaid(w.Validate(test.config), true, test.summary)
			if calls := w.server.Calls(""); calls > 0 {
				t.Errorf("%s: %d calls", name, calls)
			}
		})
	}
	inBubble(t, stages(), 0, func(t *testing.T, w *world) {
		config := promote()
		for argument := range config {
			config[argument] = tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
		}
		w.wantSaid(w.Validate(config), false, "")
	})
}

// The project of a provider that is not known yet is no change; another one is.
func TestPromotion_theProjectOfTheProvider(t *testing.T) {
	t.Parallel()
	unknown := tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	for name, test := range map[string]struct {
		project  tftypes.Value
		replaces bool
	}{
		"another":             {acctest.String("00000000-0000-4000-8000-000000000001"), true},
		"not known yet":       {unknown, false},
		"in another spelling": {acctest.String(strings.ToUpper(acctest.ProjectID)), false},
	} {
		inBubble(t, stages(version("1.0.0", 1)), 1, func(t *testing.T, w *world) {
			got, _ := w.apply(acctest.Instance{}, promote())
			core := acctest.NewCore(t, w.server, map[string]tftypes.Value{"project_id": test.project})
			planned := core.Resource(promotionType).Plan(t.Context(), got, promote())
			if replaces := len(planned.RequiresReplace) > 0; replaces != test.replaces {
				t.Errorf("%s: the plan replaces: %t", name, replaces)
			}
		})
	}
}

// While the provider's configuration is not known, nothing is asked, and nothing changes.
func TestPromotion_theProviderIsNotKnownYet(t *testing.T) {
	t.Parallel()
	unknown := map[string]tftypes.Value{
		"client_secret": tftypes.NewValue(tftypes.String, tftypes.UnknownValue), "plan_checks": acctest.String("error"),
	}
	inBubble(t, stages(version("1.0.0", 1)), 1, func(t *testing.T, w *world) {
		got, _ := w.apply(acctest.Instance{}, promote())
		blind := acctest.NewCore(t, w.server, unknown).Resource(promotionType)
		calls := w.server.Calls("")
		read, said := blind.Refresh(t.Context(), got)
		planned := blind.Plan(t.Context(), read, promote())
		fresh := blind.Plan(t.Context(), acctest.Instance{}, promote())
		if len(said)+len(planned.Diagnostics)+len(fresh.Diagnostics) > 0 || !blind.Decode(planned.PlannedState).Equal(got.Value) {
			t.Errorf("said %s, %s and %s; planned %s", said, acctest.Diagnostics(planned.Diagnostics),
				acctest.Diagnostics(fresh.Diagnostics), blind.Decode(planned.PlannedState))
		}
		_, said = blind.Apply(t.Context(), acctest.Instance{}, promote())
		w.wantSaid(said, true, "Provider is not configured")
		if now := w.server.Calls(""); now != calls {
			t.Errorf("%d calls", now-calls)
		}
	})
}

func TestPromotion_isImportedByIdentity(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		project, version, summary string
	}{
		"with its project":          {acctest.ProjectID, "1.1.0", ""},
		"in the provider's project": {"", "1.1.0", ""},
		"a version with a slash":    {"", "release/1", ""},
		"what is not there":         {"", "1.2.0", "Promotion not found"},
		"no project":                {"warehouse", "1.1.0", "Invalid import id"},
	} {
		s := stages(version("1.0.0", 1), version("release/1", 2), version("1.1.0", 5))
		inBubble(t, s, 0, func(t *testing.T, w *world) {
			values := map[string]tftypes.Value{
				"project_id":              tftypes.NewValue(tftypes.String, nil),
				"target_environment_name": acctest.String(acctest.EnvironmentName),
				"version_name":            acctest.String(test.version),
			}
			if test.project != "" {
				values["project_id"] = acctest.String(test.project)
			}
			kind := map[string]tftypes.Type{}
			for attribute := range values {
				kind[attribute] = tftypes.String
			}
			identity := w.Encode(tftypes.NewValue(tftypes.Object{AttributeTypes: kind}, values))
			resp, err := w.Provider.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
				TypeName: promotionType, Identity: &tfprotov6.ResourceIdentityData{IdentityData: identity},
			})
			if err != nil {
				t.Fatal(err)
			}
			w.wantSaid(resp.Diagnostics, test.summary != "", test.summary)
			if test.summary != "" {
				return
			}
			got := acctest.Instance{
				Value: w.Decode(resp.ImportedResources[0].State), Private: resp.ImportedResources[0].Private,
			}
			got, _ = w.Refresh(t.Context(), got)
			if got.Attribute("project_id") != acctest.ProjectID || got.Attribute("version_name") != test.version ||
				got.Attribute("deployed_version_name") != "1.1.0" {
				t.Errorf("%s: imported %s", name, got.Value)
			}
		})
	}
}
