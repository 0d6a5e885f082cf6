// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// day returns a time in January.
func day(n int) time.Time { return time.Date(2026, time.January, n, 9, 30, 0, 0, time.UTC) }

// stages serves two environments: Staging has the versions 1.0.0, 1.1.0 and 1.2.0, and Production what is given, too.
func stages(production ...mockserver.Version) mockserver.Scenario {
	pipelines := []mockserver.Pipeline{{Name: testPipeline}}
	return mockserver.Scenario{Projects: []mockserver.Project{{ID: testProject, Name: "Test",
		Environments: []mockserver.Environment{
			{Name: "Staging", Pipelines: pipelines, Versions: []mockserver.Version{
				{Name: "1.0.0", CreatedAt: day(1)}, {Name: "1.1.0", CreatedAt: day(5)}, {Name: "1.2.0", CreatedAt: day(9)},
			}},
			{Name: "Production", Pipelines: pipelines, Versions: production},
			{Name: "Empty"},
		}}}}
}

// promoting is the request of most tests.
func promoting(version string) PromoteRequest {
	return PromoteRequest{ProjectID: testProject, SourceEnvironmentName: "Staging", TargetEnvironmentName: "Production",
		VersionName: version}
}

// published is a version of Production.
func published(name string, created int) mockserver.Version {
	return mockserver.Version{Name: name, CreatedAt: day(created)}
}

// wantPromoted checks what was sent, what was promoted, and what Production has in the end.
func (f *fixture) wantPromoted(t *testing.T, posts, promotions int, has string) {
	t.Helper()
	wantEqual(t, "posts", f.server.Calls(mockserver.OpPromote), posts)
	wantEqual(t, "promotions", len(f.server.Promotions()), promotions)
	f.server.ClearFaults()
	deployed, err := f.Artifacts.Deployed(context.WithoutCancel(t.Context()), promoting(""))
	wantEqual(t, "the target has", fmt.Sprint(deployed.Version(), err), fmt.Sprint(has, nil))
}

func on(operation, kind string, status int) mockserver.Fault {
	return mockserver.Fault{On: operation, Kind: kind, Status: status}
}

func TestPromote_readsFirstWhatTheTargetHas(t *testing.T) {
	t.Parallel()
	old, same, newer := published("1.0.0", 1), published("1.1.0", 5), published("1.2.0", 9)
	for name, test := range map[string]struct {
		has  []mockserver.Version
		over bool
		// noTimes leaves out what a server tells about the creation of versions.
		noTimes    bool
		replaces   *string
		want       Promoted
		err        string
		posts      int
		production string
	}{
		"nothing":                {want: Promoted{Sent: true}, posts: 1, production: "1.1.0"},
		"an older version":       {has: []mockserver.Version{old}, want: Promoted{Sent: true}, posts: 1, production: "1.1.0"},
		"the version":            {has: []mockserver.Version{old, same}, production: "1.1.0"},
		"the version, once":      {has: []mockserver.Version{same, old}, want: Promoted{Sent: true}, posts: 1, production: "1.1.0"},
		"a newer one":            {has: []mockserver.Version{newer}, err: `the target has the version "1.2.0", which was created later`, production: "1.2.0"},
		"a newer one, over it":   {has: []mockserver.Version{newer}, over: true, want: Promoted{Sent: true}, posts: 1, production: "1.1.0"},
		"what it replaces":       {has: []mockserver.Version{newer}, over: true, replaces: new("1.2.0"), want: Promoted{Sent: true}, posts: 1, production: "1.1.0"},
		"not what it replaces":   {has: []mockserver.Version{newer}, over: true, replaces: new("1.3.0"), err: `the target has the version "1.2.0", and not "1.3.0" as before`, production: "1.2.0"},
		"no longer nothing":      {has: []mockserver.Version{old}, over: true, replaces: new(""), err: `the target has the version "1.0.0", and not "" as before`, production: "1.0.0"},
		"no longer anything":     {over: true, replaces: new("1.2.0"), want: Promoted{Sent: true}, posts: 1, production: "1.1.0"},
		"a newer one, elsewhere": {has: []mockserver.Version{published("hotfix", 6)}, err: `the target has the version "hotfix", which was created later`, production: "hotfix"},
		"an older one, elsewhere": {has: []mockserver.Version{published("hotfix", 4)}, want: Promoted{Sent: true}, posts: 1,
			production: "1.1.0"},
		// If a promotion gives a version another time of creation, the source's is what counts.
		"an older one, promoted late":   {has: []mockserver.Version{published("1.0.0", 20)}, want: Promoted{Sent: true}, posts: 1, production: "1.1.0"},
		"a newer one, with an odd time": {has: []mockserver.Version{published("1.2.0", 2)}, err: `the target has the version "1.2.0", which was created later`, production: "1.2.0"},
		"one of the same time": {has: []mockserver.Version{published("hotfix", 5)}, want: Promoted{Sent: true, Unordered: "hotfix"}, posts: 1,
			production: "1.1.0"},
		"another, and no times": {has: []mockserver.Version{newer}, noTimes: true, want: Promoted{Sent: true, Unordered: "1.2.0"}, posts: 1,
			production: "1.1.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := stages(test.has...)
				if len(test.has) == 0 {
					s.Projects[0].Environments[1].Pipelines = nil
				}
				if test.noTimes {
					s.Faults = []mockserver.Fault{{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultBody, Times: 3,
						Body: `{"details":{"versionName":"1.2.0"}}`}}
				}
				c := connect(t, setup{scenario: s})
				promoted, err := c.Artifacts.Promote(t.Context(), promoting("1.1.0"), PromoteOptions{OverNewer: test.over, Replaces: test.replaces})
				said := ""
				if err != nil {
					said = err.Error()
				}
				wantEqual(t, "error", said, test.err)
				wantEqual(t, "promoted", promoted, test.want)
				c.wantPromoted(t, test.posts, test.posts, test.production)
			})
		})
	}
}

func TestPromote_failsBeforeItSendsIfReadingFails(t *testing.T) {
	t.Parallel()
	for _, skip := range []int{0, 1, 2} {
		synctest.Test(t, func(t *testing.T) {
			s := stages(published("1.0.0", 1))
			s.Faults = []mockserver.Fault{{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultStatus, Status: 500, Skip: skip}}
			c := connect(t, setup{scenario: s})
			_, err := c.Artifacts.Promote(t.Context(), promoting("1.1.0"), PromoteOptions{})
			wantEqual(t, fmt.Sprintf("status after %d answers", skip), StatusCode(err), 500)
			c.wantPromoted(t, 0, 0, "1.0.0")
		})
	}
}

func TestPromote_aLostAnswerIsSettledByReading(t *testing.T) {
	t.Parallel()
	type outcome struct {
		posts, promotions int
		production        string
		// err is the end of the error; "" for none.
		err  string
		took time.Duration
	}
	settled := outcome{1, 1, "1.1.0", "", time.Second}
	lost := outcome{1, 0, "1.0.0", `; the target has "1.0.0"`, looking}
	unreadable := outcome{1, 1, "1.1.0", "; what the target has cannot be read", time.Second}
	on := func(kind string, status int) []mockserver.Fault { return once(on(mockserver.OpPromote, kind, status)) }
	noDetails := func(status int) mockserver.Fault {
		return mockserver.Fault{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultStatus, Status: status}
	}
	for name, test := range map[string]struct {
		faults []mockserver.Fault
		takes  mockserver.Duration
		want   outcome
	}{
		"broken after":                  {on(mockserver.FaultDropAfter, 0), 0, settled},
		"502 after":                     {on(mockserver.FaultStatusAfter, 502), 0, settled},
		"503 after":                     {on(mockserver.FaultStatusAfter, 503), 0, settled},
		"408 after":                     {on(mockserver.FaultStatusAfter, 408), 0, settled},
		"302 after":                     {on(mockserver.FaultStatusAfter, 302), 0, settled},
		"cut off":                       {on(mockserver.FaultTruncate, 0), 0, settled},
		"not JSON":                      {once(mockserver.Fault{On: mockserver.OpPromote, Kind: mockserver.FaultBody, Body: "<html>"}), 0, settled},
		"another version":               {once(mockserver.Fault{On: mockserver.OpPromote, Kind: mockserver.FaultBody, Body: `{"environmentName":"Production","versionName":"2"}`}), 0, settled},
		"never answered":                {on(mockserver.FaultHang, 0), 0, outcome{1, 1, "1.1.0", "", requestTimeout + time.Second}},
		"it shows late":                 {on(mockserver.FaultDropAfter, 0), 20 * second, outcome{1, 1, "1.1.0", "", 20 * time.Second}},
		"it shows too late":             {on(mockserver.FaultDropAfter, 0), 60 * second, outcome{1, 1, "1.0.0", `; the target has "1.0.0"`, looking}},
		"broken before":                 {on(mockserver.FaultDrop, 0), 0, lost},
		"500 before":                    {on(mockserver.FaultStatus, 500), 0, lost},
		"the first looks fail":          {append(on(mockserver.FaultDropAfter, 0), mockserver.Fault{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultStatus, Skip: 3, Times: 3}), 0, outcome{1, 1, "1.1.0", "", 10 * time.Second}},
		"every look fails":              {append(on(mockserver.FaultDropAfter, 0), mockserver.Fault{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultStatus, Skip: 3}), 0, outcome{1, 1, "1.1.0", "500 Internal Server Error: Internal Server Error: Injected by the mock server.", looking}},
		"after, without details (404)":  {append(on(mockserver.FaultDropAfter, 0), noDetails(404)), 0, unreadable},
		"after, without details (403)":  {append(on(mockserver.FaultDropAfter, 0), noDetails(403)), 0, unreadable},
		"before, without details (404)": {append(on(mockserver.FaultDrop, 0), noDetails(404)), 0, outcome{1, 0, "1.0.0", unreadable.err, time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := stages(published("1.0.0", 1))
				s.Faults, s.PromotionTakes = test.faults, test.takes
				c := connect(t, setup{scenario: s})
				promoted, err := c.Artifacts.Promote(t.Context(), promoting("1.1.0"), PromoteOptions{})
				wantBetween(t, "time", time.Since(c.began), test.want.took, test.want.took+lookTimeout)
				if test.want.err == "" {
					wantEqual(t, "promoted", fmt.Sprint(promoted, err), fmt.Sprint(Promoted{Sent: true}, nil))
				} else {
					maybe := wantError[*MaybePromotedError](t, err)
					wantEqual(t, maybe.Error(), strings.HasSuffix(maybe.Error(), test.want.err), true)
				}
				c.wantPromoted(t, test.want.posts, test.want.promotions, test.want.production)
			})
		})
	}
}

// A status of success without a word is a promotion where nothing can be read. Where it can be, what is read decides.
func TestPromote_anAnswerThatNamesNothing(t *testing.T) {
	t.Parallel()
	const names = "the answer does not name the version and its target"
	for body, test := range map[string]struct {
		status    int
		problem   string
		confirmed bool // by the answer alone
		accepted  bool
	}{
		"":                       {202, "the answer is empty", false, true},
		" \n":                    {200, "the answer is empty", false, true},
		"{}":                     {202, names, false, true},
		"null":                   {200, names, false, true},
		`{"result":{}}`:          {200, names, false, true},
		`{"message":"Accepted"}`: {202, names, false, true},
		`{"environmentName":"PRODUCTION","versionName":"1.1.0"}`: {202, "", true, true},
		`{"environmentName":"Production"}`:                       {200, names, false, false},
		`{"environmentName":"Production","versionName":"1.0.0"}`: {200, names, false, false},
		`[]`:                  {200, "the answer is JSON of an unexpected type", false, false},
		`{"versionName":3}`:   {200, "the answer has a value of an unexpected type in the field versionName", false, false},
		"<html>Log in</html>": {200, "the answer is not JSON", false, false},
	} {
		for _, details := range []int{200, 403, 404} {
			synctest.Test(t, func(t *testing.T) {
				s := stages(published("1.0.0", 1))
				s.Faults = []mockserver.Fault{{On: mockserver.OpPromote, Kind: mockserver.FaultBody, Status: test.status, Body: body}}
				if details != 200 {
					s.Faults = append(s.Faults, on(mockserver.OpArtifactDetails, mockserver.FaultStatus, details))
				}
				c := connect(t, setup{scenario: s})
				promoted, err := c.Artifacts.Promote(t.Context(), promoting("1.1.0"), PromoteOptions{})
				if details == 200 || test.accepted {
					wantEqual(t, body, fmt.Sprint(promoted, err),
						fmt.Sprint(Promoted{Sent: true, Unconfirmed: details != 200 && !test.confirmed}, nil))
				} else {
					wantEqual(t, body, wantError[*AnswerError](t, wantError[*MaybePromotedError](t, err).Cause).Problem, test.problem)
				}
				c.wantPromoted(t, 1, 1, "1.1.0")
			})
		}
	}
}

// Somebody else's newer promotion in between is neither undone nor taken for ours.
func TestPromote_isLostAndOvertaken(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{mockserver.FaultDrop, mockserver.FaultDropAfter} {
		synctest.Test(t, func(t *testing.T) {
			s := stages(published("1.0.0", 1))
			s.Faults = []mockserver.Fault{{On: mockserver.OpPromote, Kind: kind, Times: 1, Delay: second}}
			c := connect(t, setup{scenario: s})
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = sleep(t.Context(), 500*time.Millisecond)
				c.server.Update(func(s *mockserver.Scenario) {
					e := &s.Projects[0].Environments[1]
					e.Versions = append(e.Versions, published("1.2.0", 9))
				})
			}()
			for range 2 {
				_, err := c.Artifacts.Promote(t.Context(), promoting("1.1.0"), PromoteOptions{})
				wantEqual(t, "failed", err != nil, true)
				<-done
			}
			c.wantPromoted(t, 1, len(c.server.Promotions()), "1.2.0")
		})
	}
}

// What provably was not acted upon is sent again, and is one promotion.
func TestPromote_waitsAndRepeatsWhatWasNotAccepted(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]mockserver.Fault{
		"limited":      {Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "7"},
		"unauthorized": {Kind: mockserver.FaultStatus, Status: 401},
		"no dial":      {Kind: mockserver.FaultDial},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := stages(published("1.0.0", 1))
				fault.On, fault.Times = mockserver.OpPromote, 1
				s.Faults = []mockserver.Fault{fault}
				c := connect(t, setup{scenario: s})
				if _, err := c.Artifacts.Promote(t.Context(), promoting("1.1.0"), PromoteOptions{}); err != nil {
					t.Error(err)
				}
				wantEqual(t, "promotions", len(c.server.Promotions()), 1)
			})
		})
	}
}

func TestPromote_aRefusalIsNoDoubt(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 404, 409, 410, 422} {
		synctest.Test(t, func(t *testing.T) {
			s := stages(published("1.0.0", 1))
			s.Faults = []mockserver.Fault{on(mockserver.OpPromote, mockserver.FaultStatus, status)}
			c := connect(t, setup{scenario: s})
			_, err := c.Artifacts.Promote(t.Context(), promoting("1.1.0"), PromoteOptions{})
			wantEqual(t, "status", StatusCode(wantError[*Error](t, err)), status)
			c.wantPromoted(t, 1, 0, "1.0.0")
		})
	}
}

func TestPromote_readOnlySendsNothing(t *testing.T) {
	t.Parallel()
	c := connect(t, setup{scenario: stages(published("1.1.0", 5)), config: Config{ReadOnly: true}})
	if _, err := c.Artifacts.Promote(t.Context(), promoting("1.1.0"), PromoteOptions{}); err != nil {
		t.Errorf("what the target has already: %v", err)
	}
	_, err := c.Artifacts.Promote(t.Context(), promoting("1.2.0"), PromoteOptions{})
	wantEqual(t, "kind", KindOf(err), KindReadOnly)
	c.wantPromoted(t, 0, 0, "1.1.0")
}

// An interrupt leaves the request three seconds, and one look five.
func TestPromote_isInterrupted(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]mockserver.Fault{
		"lost at once":   {Kind: mockserver.FaultDropAfter},
		"never answered": {Kind: mockserver.FaultHang},
		"answers late":   {Kind: mockserver.FaultDelayAfter, Delay: 20 * second},
		"before":         {Kind: mockserver.FaultDrop},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for after := time.Duration(0); after <= 32*time.Second; after += 500 * time.Millisecond {
				synctest.Test(t, func(t *testing.T) {
					s := stages(published("1.0.0", 1))
					fault.On = mockserver.OpPromote
					s.Faults = []mockserver.Fault{fault}
					c := connect(t, setup{scenario: s})
					_, err := c.Artifacts.Promote(cancelledAfter(t, after+1), promoting("1.1.0"), PromoteOptions{})
					wantBetween(t, "time after the interrupt", time.Since(c.began)-after, -time.Minute, afterInterrupt)
					wantEqual(t, fmt.Sprint("error, interrupted after ", after), err != nil, fault.Kind == mockserver.FaultDrop)
					wantEqual(t, "posts", c.server.Calls(mockserver.OpPromote), 1)
				})
			}
		})
	}
}

func TestDeployed_tellsAnEmptyEnvironmentFromAMissingEndpoint(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		source string
		want   bool
	}{
		"empty":                             {0, "Staging", true},
		"empty, of no known source":         {0, "", false},
		"empty, as the source":              {0, "Empty", false},
		"no such endpoint":                  {404, "Staging", false},
		"no such endpoint, in other words":  {501, "Staging", false},
		"forbidden":                         {403, "Staging", false},
		"forbidden, and of no known source": {403, "", false},
	} {
		c := connect(t, setup{scenario: stages()})
		if test.status != 0 {
			c.server.Inject(on(mockserver.OpArtifactDetails, mockserver.FaultStatus, test.status))
		}
		req := PromoteRequest{ProjectID: testProject, SourceEnvironmentName: test.source, TargetEnvironmentName: "Empty"}
		deployed, err := c.Artifacts.Deployed(t.Context(), req)
		if deployed.Readable != test.want || deployed.Version() != "" || err != nil {
			t.Errorf("%s: readable %t with %q and %v, want %t", name, deployed.Readable, deployed.Version(), err, test.want)
		}
	}
}

// What an answer does not say is no reason to roll a target back.
func TestPromote_withOddDetails(t *testing.T) {
	t.Parallel()
	body := func(text string) []mockserver.Fault {
		return []mockserver.Fault{{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultBody, Body: text}}
	}
	for name, test := range map[string]struct {
		faults []mockserver.Fault
		want   Promoted
		failed bool
		posts  int
		has    string
	}{
		"flat":         {faults: body(`{"versionName":"1.2.0","createdAt":"2026-01-09T09:30:00Z"}`), failed: true, has: "1.2.0"},
		"empty object": {faults: body(`{"details":{}}`), failed: true, has: "1.2.0"},
		"null":         {faults: body(`null`), failed: true, has: "1.2.0"},
		// The filter by version is ignored: these are not the times of the version that was asked for.
		"always the latest": {faults: body(`{"details":{"versionName":"1.2.0","createdAt":"2026-01-09T09:30:00Z"}}`),
			want: Promoted{Sent: true, Unordered: "1.2.0", Hidden: true}, posts: 1, has: "1.1.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := stages(published("1.0.0", 1), published("1.2.0", 9))
				s.Faults = test.faults
				c := connect(t, setup{scenario: s})
				promoted, err := c.Artifacts.Promote(t.Context(), promoting("1.1.0"), PromoteOptions{})
				wantEqual(t, "promoted", promoted, test.want)
				wantEqual(t, "is unreadable", err != nil && KindOf(err) == KindUnreadable, test.failed)
				c.wantPromoted(t, test.posts, test.posts, test.has)
			})
		})
	}
}

func TestArtifact_readsWhenItWasCreated(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.January, 2, 3, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`"2026-01-02T03:00:00Z"`: at,
		`1767322800`:             at,
		`1767322800.5`:           at.Add(time.Second / 2),
		`1767322800500`:          at.Add(time.Second / 2),
		`"1767322800"`:           {},
		`0`:                      {},
		`-1767322800`:            {},
		`1767322800500000`:       {},
		`1.5e300`:                {},
		`null`:                   {},
		`{}`:                     {},
	} {
		var artifact Artifact
		if err := json.Unmarshal([]byte(`{"details":{"createdAt":`+text+`}}`), &artifact); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		wantEqual(t, text, artifact.Details.CreatedAt.UTC(), want)
	}
}

// Names are cleaned where they are decoded. One that is changed by that is still the name that was asked for.
func TestPromote_namesThatAreCleaned(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"1.3  beta", "v1 ", "v\u00a01", "\U0001F600\u200d\U0001F680", "\x01"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stages(published("1.0.0", 1))
			staging := &s.Projects[0].Environments[0]
			staging.Versions = append(staging.Versions, published(name, 11))
			c := connect(t, setup{scenario: s})
			for range 2 {
				if _, err := c.Artifacts.Promote(t.Context(), promoting(name), PromoteOptions{}); err != nil {
					t.Error(err)
				}
			}
			deployed, err := c.Artifacts.Deployed(t.Context(), promoting(name))
			wantEqual(t, "the target has", fmt.Sprint(deployed.Version(), err), fmt.Sprint(name, nil))
			wantEqual(t, "posts", c.server.Calls(mockserver.OpPromote), 1)
		})
	}
}
