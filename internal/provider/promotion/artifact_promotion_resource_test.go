// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package promotion_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

const promotionType = "matillion_artifact_promotion"

// version was created on a day of January.
func version(name string, day int) mockserver.Version {
	return mockserver.Version{Name: name, CreatedAt: time.Date(2026, time.January, day, 9, 30, 0, 0, time.UTC)}
}

// stages serves Staging, which has three versions and one that is disabled, and Production, which has the given ones.
func stages(production ...mockserver.Version) mockserver.Scenario {
	s := acctest.Scenario(mockserver.Run{})
	live := s.Projects[0].Environments[0]
	live.Versions = production
	staging := mockserver.Environment{
		Name: "Staging", Pipelines: live.Pipelines,
		Versions: []mockserver.Version{
			{Name: "0.9.0", Disabled: true}, version("1.0.0", 1), version("1.1.0", 5), version("1.2.0", 9),
		},
	}
	s.Projects[0].Environments = []mockserver.Environment{live, staging}
	return s
}

// promote is the configuration of a promotion of 1.1.0, with more arguments by name and value.
func promote(more ...string) map[string]tftypes.Value {
	config := map[string]tftypes.Value{
		"source_environment_name": acctest.String("Staging"),
		"target_environment_name": acctest.String(acctest.EnvironmentName),
		"version_name":            acctest.String("1.1.0"),
	}
	for i := 0; i < len(more); i += 2 {
		config[more[i]] = acctest.String(more[i+1])
	}
	return config
}

// deploy lets somebody else deploy a version to Production.
func deploy(server *mockserver.Server, deployed mockserver.Version) {
	server.Update(func(s *mockserver.Scenario) {
		e := &s.Projects[0].Environments[0]
		e.Versions = slices.DeleteFunc(e.Versions, func(v mockserver.Version) bool { return v.Name == deployed.Name })
		e.Versions = append(e.Versions, deployed)
	})
}

// latest returns what Production has.
func latest(server *mockserver.Server) (name string) {
	server.Update(func(s *mockserver.Scenario) {
		deployed := s.Projects[0].Environments[0].Versions
		name = deployed[len(deployed)-1].Name
	})
	return name
}

// world is a server, and the calls that a test makes to it.
type world struct {
	*acctest.Resource
	t      *testing.T
	server *mockserver.Server
}

// inBubble runs a test in virtual time. No run is started, and no promotion is sent but those that the test counts.
func inBubble(
	t *testing.T, s mockserver.Scenario, posts int, test func(*testing.T, *world), settings ...map[string]tftypes.Value,
) {
	t.Helper()
	acctest.InBubble(t, 0, s, func(t *testing.T, server *mockserver.Server) {
		test(t, &world{acctest.NewCore(t, server, settings...).Resource(promotionType), t, server})
		synctest.Wait()
		if got := server.Calls(mockserver.OpPromote); got != posts {
			t.Errorf("%d promotions were sent, want %d", got, posts)
		}
		for _, request := range server.Unexpected() {
			t.Errorf("unexpected request: %s %s %s", request.Method, request.Path, request.Body)
		}
	})
}

// apply applies a configuration in a process of its own.
func (w *world) apply(prior acctest.Instance, config map[string]tftypes.Value) (acctest.Instance, acctest.Diagnostics) {
	return acctest.NewCore(w.t, w.server).Resource(promotionType).Apply(w.t.Context(), prior, config)
}

// wantSaid checks that there is exactly one diagnostic with a summary, or none for "".
func (w *world) wantSaid(said acctest.Diagnostics, fails bool, summary string, parts ...string) {
	w.t.Helper()
	switch {
	case summary == "" && len(said) == 0:
		return
	case len(said) != 1 || said[0].Summary != summary || said.Failed() != fails:
		w.t.Errorf("said %s, want %q alone, an error: %t", said, summary, fails)
	}
	for _, part := range parts {
		if !strings.Contains(said.String(), part) {
			w.t.Errorf("said %s, want %q in it", said, part)
		}
	}
}

func (w *world) wantState(got acctest.Instance, deployed string) {
	w.t.Helper()
	if got.Attribute("version_name") != "1.1.0" || got.Attribute("deployed_version_name") != deployed {
		w.t.Errorf("the state is %s, want that %s is deployed", got.Value, deployed)
	}
}

func TestPromotion_promotesOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, stages(version("1.0.0", 1)), 1, func(t *testing.T, w *world) {
		got, said := w.apply(acctest.Instance{}, promote())
		w.wantSaid(said, false, "")
		w.wantState(got, "1.1.0")
		want := mockserver.Promotion{ProjectID: acctest.ProjectID, SourceEnvironmentName: "Staging",
			TargetEnvironmentName: acctest.EnvironmentName, VersionName: "1.1.0"}
		if all := w.server.Promotions(); len(all) != 1 || all[0] != want {
			t.Errorf("promotions %v, want %v", all, want)
		}
		again, said := w.apply(got, promote())
		w.wantSaid(said, false, "")
		if !again.Value.Equal(got.Value) {
			t.Errorf("the next apply makes %s of %s", again.Value, got.Value)
		}
		gone, said := w.Destroy(t.Context(), again)
		if gone.Exists() || len(said) > 0 {
			t.Errorf("destroying leaves %s and says %s", gone.Value, said)
		}
	})
}

func TestPromotion_sendsNothingIfTheTargetHasTheVersion(t *testing.T) {
	t.Parallel()
	inBubble(t, stages(version("1.0.0", 1), version("1.1.0", 5)), 0, func(t *testing.T, w *world) {
		got, said := w.apply(acctest.Instance{}, promote())
		w.wantSaid(said, false, "")
		w.wantState(got, "1.1.0")
	})
}

func TestPromotion_rollsNothingBackUnlessToldTo(t *testing.T) {
	t.Parallel()
	inBubble(t, stages(version("1.2.0", 9)), 1, func(t *testing.T, w *world) {
		got, said := w.apply(acctest.Instance{}, promote())
		w.wantSaid(said, true, "Newer version is deployed", `"1.2.0"`, `on_drift = "promote"`, "2026-01-09T09:30:00Z")
		if got.Exists() {
			t.Errorf("the state is %s, want none", got.Value)
		}
		got, said = w.apply(acctest.Instance{}, promote("on_drift", "promote"))
		w.wantSaid(said, false, "")
		w.wantState(got, "1.1.0")
	})
}

func TestPromotion_saysThatTheAgeOfTheReplacedVersionIsNotKnown(t *testing.T) {
	t.Parallel()
	s := stages(version("1.2.0", 9))
	s.Faults = []mockserver.Fault{{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultBody,
		Times: 3, Body: `{"details":{"versionName":"1.2.0"}}`}}
	inBubble(t, s, 1, func(t *testing.T, w *world) {
		got, said := w.apply(acctest.Instance{}, promote())
		w.wantSaid(said, false, "Age of the replaced version is not known", `"1.2.0"`)
		w.wantState(got, "1.1.0")
	})
}

func TestPromotion_somebodyDeploysAnotherVersion(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		// before is what on_drift says in the state, and now in the configuration: what is said must hold for both.
		before, now string
		posts       int
		has         string
	}{
		"error":           {"error", "error", 1, "1.2.0"},
		"promote":         {"promote", "promote", 2, "1.1.0"},
		"promote now":     {"error", "promote", 2, "1.1.0"},
		"promote no more": {"promote", "error", 1, "1.2.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, stages(version("1.0.0", 1)), test.posts, func(t *testing.T, w *world) {
				got, _ := w.apply(acctest.Instance{}, promote("on_drift", test.before))
				config := promote("on_drift", test.now)
				deploy(w.server, version("1.2.0", 9))
				got, said := w.apply(got, config)
				w.wantSaid(said, false, "Another version is deployed", `"1.2.0"`,
					`With on_drift = "promote", the version is promoted again`, "Otherwise, nothing is changed")
				w.wantState(got, test.has)
				got, said = w.apply(got, config)
				if (len(said) == 0) != (test.has == "1.1.0") {
					t.Errorf("the next apply says %s", said)
				}
				w.wantState(got, test.has)
			})
		})
	}
}

// Somebody deploys a version after the plan, which has shown that 1.2.0 is replaced.
func TestPromotion_replacesOnlyWhatThePlanHasSeen(t *testing.T) {
	t.Parallel()
	const changed = "Target has changed since the plan"
	for name, test := range map[string]struct {
		meanwhile mockserver.Version
		says      string
		posts     int
		has       string
	}{
		"a newer one":     {version("1.3.0", 12), changed, 1, "1.3.0"},
		"an older one":    {version("1.0.1", 2), changed, 1, "1.0.1"},
		"the version":     {version("1.1.0", 5), "", 1, "1.1.0"},
		"1.2.0 once more": {version("1.2.0", 9), "", 2, "1.1.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, stages(version("1.0.0", 1)), test.posts, func(t *testing.T, w *world) {
				config := promote("on_drift", "promote")
				got, _ := w.apply(acctest.Instance{}, config)
				deploy(w.server, version("1.2.0", 9))
				got, _ = w.Refresh(t.Context(), got)
				planned := w.Plan(t.Context(), got, config)
				deploy(w.server, test.meanwhile)
				next, said := w.Change(t.Context(), got, config, planned, nil)
				w.wantSaid(said, test.says != "", test.says)
				if test.says != "" {
					w.wantSaid(said, true, test.says, "Deployed version: "+test.meanwhile.Name,
						"Deployed version in the plan: 1.2.0", "was not promoted", "Plan again")
					w.wantState(next, "1.2.0")
				} else {
					w.wantState(next, "1.1.0")
				}
				if has := latest(w.server); has != test.has {
					t.Errorf("the target has %s, want %s", has, test.has)
				}
			})
		})
	}
}

// Nothing is planned for a change of behaviour alone but an update, which sends nothing.
func TestPromotion_adoptsABehaviourInPlace(t *testing.T) {
	t.Parallel()
	inBubble(t, stages(version("1.0.0", 1)), 1, func(t *testing.T, w *world) {
		got, _ := w.apply(acctest.Instance{}, promote())
		planned := w.Plan(t.Context(), got, promote("on_drift", "promote"))
		if len(planned.RequiresReplace) > 0 {
			t.Errorf("the plan replaces because of %v", planned.RequiresReplace)
		}
		got, said := w.apply(got, promote("on_drift", "promote"))
		w.wantSaid(said, false, "")
		if got.Attribute("on_drift") != "promote" {
			t.Errorf("the state is %s", got.Value)
		}
		unknown := promote()
		unknown["on_drift"] = tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
		deploy(w.server, version("1.0.1", 2))
		got, _ = w.Refresh(t.Context(), got)
		planned = w.Plan(t.Context(), got, unknown)
		var attributes map[string]tftypes.Value
		if err := w.Decode(planned.PlannedState).As(&attributes); err != nil || len(planned.RequiresReplace) > 0 {
			t.Errorf("an unknown on_drift plans %v, %v", planned.RequiresReplace, err)
		}
		if attributes["deployed_version_name"].IsKnown() {
			t.Errorf("an unknown on_drift plans %s", attributes["deployed_version_name"])
		}
		got, _ = w.apply(got, promote())
		w.wantState(got, "1.0.1")
	})
}

func TestPromotion_aTargetThatIsEmptied(t *testing.T) {
	t.Parallel()
	inBubble(t, stages(version("1.0.0", 1)), 1, func(t *testing.T, w *world) {
		got, _ := w.apply(acctest.Instance{}, promote())
		w.server.Update(func(s *mockserver.Scenario) {
			s.Projects[0].Environments[0] = mockserver.Environment{Name: acctest.EnvironmentName}
		})
		got, said := w.apply(got, promote())
		w.wantSaid(said, false, "Another version is deployed", "no longer has a version")
		w.wantState(got, "")
	})
}
