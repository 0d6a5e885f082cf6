// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package promotion_test

import (
	"context"
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
		e.Versions = append(e.Versions, deployed)
	})
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
		Body: `{"details":{"versionName":"1.2.0"}}`}}
	inBubble(t, s, 1, func(t *testing.T, w *world) {
		got, said := w.apply(acctest.Instance{}, promote())
		w.wantSaid(said, false, "Age of the replaced version is not known", `"1.2.0"`)
		w.wantState(got, "1.1.0")
	})
}

func TestPromotion_somebodyDeploysAnotherVersion(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		onDrift string
		says    string
		posts   int
		has     string
	}{
		"error":   {"error", `set on_drift = "promote"`, 1, "1.2.0"},
		"promote": {"promote", "the next apply promotes the version again", 2, "1.1.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, stages(version("1.0.0", 1)), test.posts, func(t *testing.T, w *world) {
				config := promote("on_drift", test.onDrift)
				got, _ := w.apply(acctest.Instance{}, config)
				deploy(w.server, version("1.2.0", 9))
				got, said := w.apply(got, config)
				w.wantSaid(said, false, "Another version is deployed", `"1.2.0"`, test.says)
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

func TestPromotion_aLostAnswer(t *testing.T) {
	t.Parallel()
	denied := func(status int) []mockserver.Fault {
		return []mockserver.Fault{{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultStatus, Status: status}}
	}
	const lost = "Version may have been promoted"
	for name, test := range map[string]struct {
		kind   string
		faults []mockserver.Fault
		// meanwhile is what somebody else deploys before the answer is lost.
		meanwhile string
		says      []string
		// next is the summary of what a repeated apply says, if that sends no second request.
		next  string
		posts int
		has   string
	}{
		"after":                       {kind: mockserver.FaultDropAfter, posts: 1, has: "1.1.0"},
		"before":                      {kind: mockserver.FaultDrop, says: []string{`has the version "1.0.0"`, "Nothing was sent again"}, posts: 2, has: "1.1.0"},
		"before, and overtaken":       {kind: mockserver.FaultDrop, meanwhile: "1.2.0", says: []string{`has the version "1.2.0"`}, next: "Newer version is deployed", posts: 1, has: "1.2.0"},
		"after, and overtaken":        {kind: mockserver.FaultDropAfter, meanwhile: "1.2.0", says: []string{`has the version "1.2.0"`}, next: "Newer version is deployed", posts: 1, has: "1.2.0"},
		"after, and nothing is told":  {kind: mockserver.FaultDropAfter, faults: denied(404), says: []string{"cannot be read", "import {", "/Production/1.1.0"}, posts: 2, has: "1.1.0"},
		"after, and it is forbidden":  {kind: mockserver.FaultDropAfter, faults: denied(403), says: []string{"cannot be read", "console"}, posts: 2, has: "1.1.0"},
		"before, and nothing is told": {kind: mockserver.FaultDrop, faults: denied(404), says: []string{"cannot be read"}, posts: 2, has: "1.1.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stages(version("1.0.0", 1))
			s.Faults = append(test.faults, mockserver.Fault{
				On: mockserver.OpPromote, Kind: test.kind, Times: 1, Delay: mockserver.Duration(time.Second)})
			inBubble(t, s, test.posts, func(t *testing.T, w *world) {
				if test.meanwhile != "" {
					go func() {
						_ = w.server.WaitForCalls(t.Context(), mockserver.OpPromote, 1)
						deploy(w.server, version(test.meanwhile, 9))
					}()
				}
				got, said := w.apply(acctest.Instance{}, promote())
				if posts := w.server.Calls(mockserver.OpPromote); posts != 1 {
					t.Errorf("%d promotions were sent by one apply", posts)
				}
				if len(test.says) > 0 {
					w.wantSaid(said, true, lost, append(test.says, "EOF")...)
					if got.Exists() {
						t.Errorf("the state is %s, want none", got.Value)
					}
				} else {
					w.wantSaid(said, false, "")
				}
				got, said = w.apply(got, promote())
				w.wantSaid(said, test.next != "", test.next)
				if test.next == "" {
					w.wantState(got, "1.1.0")
				}
				w.wantDeployed(test.has)
			})
		})
	}
}

// wantDeployed checks what Production has in the end.
func (w *world) wantDeployed(want string) {
	w.t.Helper()
	w.server.ClearFaults()
	got, _ := w.apply(acctest.Instance{}, promote("version_name", want))
	if got.Attribute("deployed_version_name") != want {
		w.t.Errorf("the target does not have %s", want)
	}
}

// The second request is never sent by a promotion again, either.
func TestPromotion_isLostWhenItIsPromotedAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, stages(version("1.0.0", 1)), 2, func(t *testing.T, w *world) {
		config := promote("on_drift", "promote")
		got, _ := w.apply(acctest.Instance{}, config)
		deploy(w.server, version("1.2.0", 9))
		w.server.Inject(mockserver.Fault{On: mockserver.OpPromote, Kind: mockserver.FaultDrop, Times: 1})
		next, said := w.apply(got, config)
		if !said.Failed() || next.Tainted {
			t.Errorf("said %s, want an error that taints nothing", said)
		}
		w.wantState(next, "1.2.0")
	})
}

func TestPromotion_worksWithoutDetails(t *testing.T) {
	t.Parallel()
	for _, status := range []int{404, 403, 501} {
		s := stages(version("1.2.0", 9))
		s.Faults = []mockserver.Fault{{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultStatus, Status: status}}
		inBubble(t, s, 1, func(t *testing.T, w *world) {
			got, said := w.apply(acctest.Instance{}, promote())
			w.wantSaid(said, false, "")
			w.wantState(got, "1.1.0")
			again, said := w.apply(got, promote())
			w.wantSaid(said, false, "")
			if !again.Value.Equal(got.Value) {
				t.Errorf("%d: the next apply makes %s of it", status, again.Value)
			}
		}, map[string]tftypes.Value{"plan_checks": acctest.String("error")})
	}
}

func TestPromotion_aTargetThatIsEmptied(t *testing.T) {
	t.Parallel()
	inBubble(t, stages(version("1.0.0", 1)), 1, func(t *testing.T, w *world) {
		got, _ := w.apply(acctest.Instance{}, promote())
		w.server.Update(func(s *mockserver.Scenario) {
			s.Projects[0].Environments[0] = mockserver.Environment{Name: acctest.EnvironmentName}
		})
		got, said := w.apply(got, promote())
		w.wantSaid(said, false, "Another version is deployed", "no version any more")
		w.wantState(got, "")
	})
}

func TestPromotion_isRefused(t *testing.T) {
	t.Parallel()
	for status, summary := range map[int]string{
		400: "Matillion refused the request", 403: "Matillion denied access", 404: "Environment or version not found",
		409: "Promotion conflicts with another change", 410: "Version is disabled",
	} {
		s := stages(version("1.0.0", 1))
		s.Faults = []mockserver.Fault{{On: mockserver.OpPromote, Kind: mockserver.FaultStatus, Status: status}}
		inBubble(t, s, 1, func(t *testing.T, w *world) {
			got, said := w.apply(acctest.Instance{}, promote())
			w.wantSaid(said, true, summary, "was not promoted", "Source: Staging", "Matillion says: ")
			if got.Exists() {
				t.Errorf("%d: the state is %s, want none", status, got.Value)
			}
			for _, other := range []string{"pipeline", "agent_id", "execution"} {
				if strings.Contains(said.String(), other) {
					t.Errorf("%d: said %s, which speaks of %s", status, said, other)
				}
			}
		})
	}
}

func TestPromotion_isNotSentIfReadingFails(t *testing.T) {
	t.Parallel()
	s := stages(version("1.0.0", 1))
	s.Faults = []mockserver.Fault{{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultStatus, Status: 500}}
	inBubble(t, s, 0, func(t *testing.T, w *world) {
		_, said := w.apply(acctest.Instance{}, promote())
		w.wantSaid(said, true, "Matillion is not available", "was not promoted")
	})
}

// An API that limits requests for good is not waited for beyond ten minutes.
func TestPromotion_timesOut(t *testing.T) {
	t.Parallel()
	s := stages(version("1.0.0", 1))
	s.Faults = []mockserver.Fault{{On: mockserver.OpPromote, Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "100"}}
	inBubble(t, s, 6, func(t *testing.T, w *world) {
		began := time.Now()
		_, said := w.apply(acctest.Instance{}, promote())
		w.wantSaid(said, true, "Matillion is limiting requests", "was not promoted")
		if took := time.Since(began); took > 10*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

// Ctrl-C leaves the request three seconds, and the look at what became of it five.
func TestPromotion_isInterrupted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   mockserver.Fault
		after   time.Duration
		summary string
		posts   int
	}{
		"while it is sent":         {mockserver.Fault{Kind: mockserver.FaultHang}, time.Second, "", 1},
		"while it is sent, lost":   {mockserver.Fault{Kind: mockserver.FaultDelay, Delay: mockserver.Duration(20 * time.Second)}, time.Second, "", 1},
		"while it is looked for":   {mockserver.Fault{Kind: mockserver.FaultDrop}, 5 * time.Second, "Version may have been promoted", 1},
		"before anything was sent": {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "60"}, 5 * time.Second, "Matillion is limiting requests", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stages(version("1.0.0", 1))
			test.fault.On = mockserver.OpPromote
			s.Faults = []mockserver.Fault{test.fault}
			inBubble(t, s, test.posts, func(t *testing.T, w *world) {
				ctx, cancel := context.WithTimeout(t.Context(), test.after)
				defer cancel()
				began := time.Now()
				_, said := w.Apply(ctx, acctest.Instance{}, promote())
				w.wantSaid(said, test.summary != "", test.summary)
				if took := time.Since(began); took > test.after+8*time.Second {
					t.Errorf("it took %s", took)
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
