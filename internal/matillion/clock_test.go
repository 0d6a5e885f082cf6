// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

func TestServerClock_boundsTheServersTime(t *testing.T) {
	t.Parallel()
	local := time.Date(2026, 1, 2, 3, 4, 5, 500_000_000, time.UTC)
	header := func(d time.Duration) http.Header {
		return http.Header{"Date": {local.Add(d).Format(http.TimeFormat)}} // cut to the whole second
	}
	var clock serverClock
	earliest := func() time.Duration { return clock.earliest(local).Sub(local) }
	latest := func() time.Duration { _, latest := clock.interval(local); return latest.Sub(local) }
	wantEqual(t, "before anything is known", earliest(), time.Duration(0))
	clock.observe(http.Header{}, local, local)
	clock.observe(http.Header{"Date": {"today"}}, local, local)
	wantEqual(t, "without a date", earliest(), time.Duration(0))
	wantEqual(t, "without a date, at the latest", latest(), time.Duration(0))
	clock.observe(header(-time.Hour), local, local)
	wantEqual(t, "an hour behind", earliest(), -time.Hour-time.Second/2)
	clock.observe(header(-time.Hour), local, local.Add(time.Second/4))
	wantEqual(t, "a later answer with the same date tells less", earliest(), -time.Hour-time.Second/2)
	clock.observe(header(-time.Hour), local.Add(-time.Second/2), local.Add(-time.Second/4))
	wantEqual(t, "an earlier answer tells more", earliest(), -time.Hour-time.Second/4)
	wantEqual(t, "and it took as long", latest(), -time.Hour-time.Second/4+clockUnit+time.Second/4)
	clock.observe(header(time.Hour), local, local)
	wantEqual(t, "an hour ahead", earliest(), time.Hour-time.Second/2)
	wantEqual(t, "an hour ahead, at the latest", latest(), time.Hour-time.Second/2+clockUnit)
	if got := clock.earliest(local.In(time.FixedZone("", 3600))); got.Location() != time.UTC {
		t.Errorf("the server's time is in %s", got.Location())
	}
}

// What may have started before the client was made precedes it, and what surely started after it does not. The Date
// header has whole seconds: a run of the last second was taken for a later one.
func TestPrecedes_doesNotMissWhatMayHaveStartedBefore(t *testing.T) {
	t.Parallel()
	for _, skew := range []mockserver.Duration{0, -60 * minute, 40 * second, 3 * second / 10} {
		for fifths := range 5 {
			for _, latency := range []mockserver.Duration{0, second / 2, 3 * second} {
				synctest.Test(t, func(t *testing.T) {
					advance(time.Duration(fifths) * time.Second / 5)
					c := connect(t, setup{run: forever, scenario: mockserver.Scenario{ClockSkew: skew, Latency: latency}})
					before := c.server.StartElsewhere(mockserver.Execution{})
					later := c.skew + time.Second + time.Duration(latency) + time.Millisecond
					c.server.StartElsewhere(mockserver.Execution{StartedAt: c.began.Add(later)})
					listed, err := c.Executions.Running(t.Context(), testProject, testEnvironment)
					listed = slices.DeleteFunc(listed, func(e Execution) bool { return !c.Executions.Precedes(e) })
					if err != nil || len(listed) != 1 || listed[0].ID != before {
						t.Errorf("skew %s, fifth %d, latency %s: %+v and error %v, want %s", time.Duration(skew), fifths,
							time.Duration(latency), listed, err, before)
					}
				})
			}
		}
	}
}

func TestSleep_endsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		wantEqual(t, "slept", sleep(t.Context(), time.Minute), error(nil))
		wantEqual(t, "time", time.Since(began), time.Minute)
		wantEqual(t, "nothing to sleep", sleep(t.Context(), -1), error(nil))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := sleep(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
		if err := sleep(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
		wantEqual(t, "time", time.Since(began), time.Minute+time.Second)
	})
}
