// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

func TestReserveTag_oneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: mockserver.Run{Duration: 10 * second}, started: 5})
		together(5, func(int) {
			release, err := c.Executions.ReserveTag(t.Context(), taggedRequest("tag"))
			if err != nil {
				t.Error(err)
				return
			}
			defer release()
			started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), StartOptions{OnConflict: ConflictWaits})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := c.Executions.Wait(t.Context(), started.Handle, nil); err != nil {
				t.Error(err)
			}
		})
		wantEqual(t, "posts", c.server.Calls(mockserver.OpExecute), 5)
		wantBetween(t, "time", time.Since(c.began), 50*time.Second, 56*time.Second)
	})
}

func TestReserveTag_whatDoesNotMeetDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		elsewhere, otherProject := taggedRequest("tag"), taggedRequest("tag")
		elsewhere.EnvironmentName, otherProject.ProjectID = "Development", testID
		for _, req := range []ExecuteRequest{
			taggedRequest("tag"), taggedRequest("other"), elsewhere, otherProject, testRequest(), testRequest(),
		} {
			release, err := c.Executions.ReserveTag(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			defer release()
		}
		wantEqual(t, "time", time.Since(c.began), time.Duration(0))
	})
}

func TestReserveTag_endsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		release, err := c.Executions.ReserveTag(t.Context(), taggedRequest("tag"))
		if err != nil {
			t.Fatal(err)
		}
		again := taggedRequest("tag")
		again.ProjectID = strings.ToUpper(testProject)
		_, err = c.Executions.ReserveTag(within(t, 90*time.Second), again)
		wantEqual(t, "waited", wantError[*TagInUseError](t, err).Waited, 90*time.Second)
		wantEqual(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
		release()
		release, err = c.Executions.ReserveTag(t.Context(), again)
		if err != nil {
			t.Fatal(err)
		}
		release()
	})
}

func TestReserveTag_cancelledIsNotStarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{})
		release, err := c.Executions.ReserveTag(t.Context(), taggedRequest("tag"))
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		_, err = c.Executions.ReserveTag(cancelledAfter(t, 90*time.Second), taggedRequest("tag"))
		wantEqual(t, "not started", isNotStarted(err), true)
		wantEqual(t, "cancelled", errors.Is(err, context.Canceled), true)
	})
}
