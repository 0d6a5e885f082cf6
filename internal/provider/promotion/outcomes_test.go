// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package promotion_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

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
		if !said.Failed() || next.Tainted || !strings.Contains(said.String(), `or, unless on_drift = "promote", one that was`) {
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

func TestPromotion_showsLate(t *testing.T) {
	t.Parallel()
	for takes, summary := range map[time.Duration]string{20 * time.Second: "", time.Minute: "Promotion does not show yet"} {
		s := stages(version("1.0.0", 1))
		s.PromotionTakes = mockserver.Duration(takes)
		inBubble(t, s, 1, func(t *testing.T, w *world) {
			got, said := w.apply(acctest.Instance{}, promote())
			w.wantSaid(said, false, summary)
			w.wantState(got, "1.1.0")
			if summary != "" {
				_, said = w.Refresh(t.Context(), got)
				w.wantSaid(said, false, "Another version is deployed", `"1.0.0"`, "or the promotion does not show yet")
			}
		})
	}
}

// What is read first is not what is promoted: an answer to it says nothing about the arguments.
func TestPromotion_aRefusalToReadIsNoneToPromote(t *testing.T) {
	t.Parallel()
	for status, summary := range map[int]string{
		400: "Matillion refused the request", 409: "Matillion refused the request", 410: "Matillion refused the request",
	} {
		s := stages(version("1.0.0", 1))
		s.Faults = []mockserver.Fault{{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultStatus, Status: status}}
		inBubble(t, s, 0, func(t *testing.T, w *world) {
			_, said := w.apply(acctest.Instance{}, promote())
			w.wantSaid(said, true, summary, "was not promoted, because the versions of the environments could not be read")
			if strings.Contains(said.String(), "Publish it") {
				t.Errorf("%d: said %s, which speaks of the promotion", status, said)
			}
		})
	}
}

// An answer that says nothing is not lost. The import block works as it is printed.
func TestPromotion_anAnswerThatSaysNothing(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]mockserver.Fault{
		"odd":    {Kind: mockserver.FaultBody, Body: "[]"},
		"status": {Kind: mockserver.FaultStatus, Status: 405},
	} {
		fault.On = mockserver.OpPromote
		s := stages()
		staging := &s.Projects[0].Environments[1]
		staging.Versions = append(staging.Versions, version("release/1 \"${x}\"", 3))
		s.Faults = []mockserver.Fault{fault,
			{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultStatus, Status: 404}}
		inBubble(t, s, 1, func(t *testing.T, w *world) {
			_, said := w.apply(acctest.Instance{}, promote("version_name", "release/1 \"${x}\""))
			w.wantSaid(said, true, "Version may have been promoted", "no answer shows whether it was promoted",
				"identity = {", `version_name            = "release/1 \"$${x}\""`)
			if strings.Contains(said.String(), "lost") {
				t.Errorf("%s: said %s, but nothing was lost", name, said)
			}
		})
	}
}

// What Matillion accepts is not sent with every apply, although nothing shows it.
func TestPromotion_isAcceptedWithoutAWord(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "{}"} {
		s := stages(version("1.0.0", 1))
		s.Faults = []mockserver.Fault{
			{On: mockserver.OpPromote, Kind: mockserver.FaultBody, Status: 202, Body: body},
			{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultStatus, Status: 403},
		}
		inBubble(t, s, 1, func(t *testing.T, w *world) {
			got, said := w.apply(acctest.Instance{}, promote())
			w.wantSaid(said, false, "Promotion is not confirmed", "accepted", "console", "Source: Staging")
			w.wantState(got, "1.1.0")
			again, said := w.apply(got, promote())
			w.wantSaid(said, false, "")
			if !again.Value.Equal(got.Value) {
				t.Errorf("%q: the next apply makes %s of it", body, again.Value)
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
