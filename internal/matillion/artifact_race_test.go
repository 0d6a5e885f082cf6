// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// deployLater has somebody else deploy a version to Production, in a while.
func (f *fixture) deployLater(t *testing.T, in time.Duration, version mockserver.Version) {
	t.Helper()
	go func() {
		if sleep(t.Context(), in) == nil {
			f.server.Update(func(s *mockserver.Scenario) {
				production := &s.Projects[0].Environments[1]
				production.Versions = append(production.Versions, version)
			})
		}
	}()
}

// What the target has is read again after every wait: somebody may have promoted something newer meanwhile.
func TestPromote_readsAgainAfterAWait(t *testing.T) {
	t.Parallel()
	const newer = `the target has the version "1.2.0", which was created later`
	limited := mockserver.Fault{
		On: mockserver.OpPromote, Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "70", Times: 1,
	}
	for name, test := range map[string]struct {
		faults []mockserver.Fault
		// pause is when an answer to another request of the client has it pause for 70 s.
		pause             time.Duration
		deployed          mockserver.Version
		over              bool
		err               string
		posts, promotions int
		has               string
	}{
		"limited": {faults: once(limited), deployed: published("1.2.0", 9), err: newer, posts: 1, has: "1.2.0"},
		"limited, and nothing newer": {faults: once(limited), deployed: published("1.0.1", 2), posts: 2, promotions: 1,
			has: "1.1.0"},
		"limited, and ours": {faults: once(limited), deployed: published("1.1.0", 5), posts: 1, has: "1.1.0"},
		"limited, over what is newer": {faults: once(limited), deployed: published("1.2.0", 9), over: true, posts: 2, promotions: 1,
			has: "1.1.0"},
		"no dial": {faults: []mockserver.Fault{{On: mockserver.OpPromote, Kind: mockserver.FaultDial, Times: 4}},
			deployed: published("1.2.0", 9), err: newer, has: "1.2.0"},
		"its turn comes late": {faults: always(mockserver.Fault{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultDelay, Delay: second}),
			pause: 2500 * time.Millisecond, deployed: published("1.2.0", 9), err: newer, has: "1.2.0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := stages(published("1.0.0", 1))
				s.Faults = test.faults
				c := connect(t, setup{scenario: s})
				c.deployLater(t, 3500*time.Millisecond, test.deployed)
				if test.pause > 0 {
					time.AfterFunc(test.pause, func() { c.limiter.recordRefusal(70 * time.Second) })
				}
				promoted, err := c.Artifacts.Promote(t.Context(), promoting("1.1.0"), PromoteOptions{OverNewer: test.over})
				said := ""
				if err != nil {
					said = err.Error()
				}
				wantEqual(t, "error", said, test.err)
				wantEqual(t, "sent", promoted.Sent, test.promotions == 1)
				c.wantPromoted(t, test.posts, test.promotions, test.has)
			})
		})
	}
}

// The reads that are made again are repeated as often as any others, and no more.
func TestPromote_readsAgainWithoutMorePatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := stages(published("1.0.0", 1))
		s.Faults = []mockserver.Fault{
			{On: mockserver.OpPromote, Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "7", Times: 1},
			{On: mockserver.OpArtifactDetails, Kind: mockserver.FaultStatus, Status: 429, Skip: 3},
		}
		c := connect(t, setup{scenario: s})
		_, err := c.Artifacts.Promote(t.Context(), promoting("1.1.0"), PromoteOptions{})
		wantEqual(t, "status", StatusCode(err), 429)
		wantEqual(t, "reads", c.server.Calls(mockserver.OpArtifactDetails), 3+attempts)
		c.wantPromoted(t, 1, 0, "1.0.0")
	})
}

// Promotions of one client to one target follow one another, so that each sees what the one before has promoted.
func TestPromote_followOneAnother(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first, second     string
		posts, promotions int
		err               string
	}{
		"an older version": {"1.2.0", "1.1.0", 1, 1, `the target has the version "1.2.0", which was created later`},
		"the same version": {"1.2.0", "1.2.0", 1, 1, ""},
		"a newer version":  {"1.1.0", "1.2.0", 2, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := stages(published("1.0.0", 1))
				s.Faults = always(mockserver.Fault{On: mockserver.OpPromote, Kind: mockserver.FaultDelay, Delay: second})
				c := connect(t, setup{scenario: s})
				done := make(chan error)
				go func() {
					_, err := c.Artifacts.Promote(t.Context(), promoting(test.first), PromoteOptions{})
					done <- err
				}()
				synctest.Wait()
				_, err := c.Artifacts.Promote(t.Context(), promoting(test.second), PromoteOptions{})
				said := ""
				if err != nil {
					said = err.Error()
				}
				wantEqual(t, "error of the second", said, test.err)
				wantEqual(t, "error of the first", <-done, nil)
				c.wantPromoted(t, test.posts, test.promotions, "1.2.0")
			})
		})
	}
}

// One that waits for another is not sent after its time is up, and keeps promotions to another target from nothing.
func TestPromote_waitsForItsTargetAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := stages(published("1.0.0", 1))
		s.Faults = once(mockserver.Fault{On: mockserver.OpPromote, Kind: mockserver.FaultDelay, Delay: 20 * second})
		c := connect(t, setup{scenario: s})
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = c.Artifacts.Promote(t.Context(), promoting("1.1.0"), PromoteOptions{})
		}()
		synctest.Wait()
		elsewhere := promoting("1.1.0")
		elsewhere.TargetEnvironmentName = "Empty"
		if _, err := c.Artifacts.Promote(t.Context(), elsewhere, PromoteOptions{}); err != nil {
			t.Error(err)
		}
		wantBetween(t, "time", time.Since(c.began), 0, time.Second)
		_, err := c.Artifacts.Promote(cancelledAfter(t, time.Second), promoting("1.2.0"), PromoteOptions{})
		wantEqual(t, "kind", KindOf(err), KindCutShort)
		<-done
		c.wantPromoted(t, 2, 2, "1.1.0")
	})
}
