// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestServerClock_isALowerBound(t *testing.T) {
	t.Parallel()
	local := time.Date(2026, 1, 2, 3, 4, 5, 500_000_000, time.UTC)
	header := func(d time.Duration) http.Header {
		return http.Header{"Date": {local.Add(d).Format(http.TimeFormat)}} // cut to the whole second
	}
	var clock serverClock
	earliest := func() time.Duration { return clock.earliest(local).Sub(local) }
	wantEqual(t, "before anything is known", earliest(), time.Duration(0))
	clock.observe(http.Header{}, local)
	clock.observe(http.Header{"Date": {"today"}}, local)
	wantEqual(t, "without a date", earliest(), time.Duration(0))
	clock.observe(header(-time.Hour), local)
	wantEqual(t, "an hour behind", earliest(), -time.Hour-time.Second/2)
	clock.observe(header(-time.Hour), local.Add(time.Second/4))
	wantEqual(t, "a later answer with the same date tells less", earliest(), -time.Hour-time.Second/2)
	clock.observe(header(-time.Hour), local.Add(-time.Second/4))
	wantEqual(t, "an earlier answer tells more", earliest(), -time.Hour-time.Second/4)
	clock.observe(header(time.Hour), local)
	wantEqual(t, "an hour ahead", earliest(), time.Hour-time.Second/2)
	if got := clock.earliest(local.In(time.FixedZone("", 3600))); got.Location() != time.UTC {
		t.Errorf("the server's time is in %s", got.Location())
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
