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

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

func onCancel(f mockserver.Fault) []mockserver.Fault {
	f.On = mockserver.OpCancel
	return []mockserver.Fault{f}
}

func TestStop_endsARun(t *testing.T) {
	t.Parallel()
	limited := func(seconds string) []mockserver.Fault {
		return onCancel(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: seconds, Times: 1})
	}
	for name, test := range map[string]struct {
		run    mockserver.Run
		faults []mockserver.Fault

		status Status
		// cancels are the calls that were accepted.
		cancels     int
		forced      bool
		least, most time.Duration
	}{
		"at once":  {run: forever, status: StatusCancelled, cancels: 1, most: gatherFor},
		"softly":   {run: mockserver.Run{Forever: true, CancelTakes: 5 * second}, status: StatusCancelled, cancels: 1, least: 5 * time.Second, most: 7 * time.Second},
		"in 59 s":  {run: mockserver.Run{Forever: true, CancelTakes: 55 * second}, status: StatusCancelled, cancels: 1, least: 55 * time.Second, most: 59 * time.Second},
		"by force": {run: mockserver.Run{Forever: true, IgnoresSoftCancel: true}, status: StatusCancelled, cancels: 2, forced: true, least: graceToEnd, most: graceToEnd + 2*time.Second},
		"by force, slow": {run: mockserver.Run{Forever: true, CancelTakes: 10 * minute}, status: StatusCancelled, cancels: 2, forced: true,
			least: graceToEnd, most: graceToEnd + 2*time.Second},
		"ended by itself meanwhile": {run: mockserver.Run{Duration: 10 * second}, status: StatusSuccess},
		"fails by itself meanwhile": {run: mockserver.Run{Duration: 10 * second, Ends: "FAILED"}, status: StatusFailed},
		"503 twice": {run: forever, faults: onCancel(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 503, Times: 2}),
			status: StatusCancelled, cancels: 1, least: time.Second, most: 4 * time.Second},
		"answer lost": {run: forever, faults: onCancel(mockserver.Fault{Kind: mockserver.FaultDropAfter, Times: 1}),
			status: StatusCancelled, cancels: 1, most: 2 * time.Second},
		"answer lost, run cancelling": {run: mockserver.Run{Forever: true, CancelTakes: 20 * second},
			faults: onCancel(mockserver.Fault{Kind: mockserver.FaultDropAfter, Times: 1}),
			status: StatusCancelled, cancels: 2, least: 20 * time.Second, most: 25 * time.Second},
		"no sense in the answer": {run: forever, faults: onCancel(mockserver.Fault{Kind: mockserver.FaultBody, Body: "<html>"}),
			status: StatusCancelled, cancels: 1, most: gatherFor},
		"204": {run: forever, faults: onCancel(mockserver.Fault{Kind: mockserver.FaultBody, Status: 204}),
			status: StatusCancelled, cancels: 1, most: gatherFor},
		"401 once": {run: forever, faults: onCancel(mockserver.Fault{Kind: mockserver.FaultForgetToken, Times: 1}),
			status: StatusCancelled, cancels: 1, most: gatherFor},
		"limited": {run: forever, faults: limited("20"), status: StatusCancelled, cancels: 1, least: 20 * time.Second, most: 22 * time.Second},
		"limited for a minute": {run: forever, faults: limited("60"),
			status: StatusCancelled, cancels: 1, least: time.Minute, most: time.Minute + 2*time.Second},
		"limited for two minutes": {run: forever, faults: limited("120"),
			status: StatusCancelled, cancels: 1, least: 2 * time.Minute, most: 2*time.Minute + 2*time.Second},
		"limited, then by force": {run: mockserver.Run{Forever: true, IgnoresSoftCancel: true}, faults: limited("60"),
			status: StatusCancelled, cancels: 2, forced: true, least: time.Minute, most: 2*time.Minute + 2*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: test.run, started: 1, scenario: mockserver.Scenario{Faults: test.faults}})
				started := c.start(t)
				if test.run.Duration > 0 {
					advance(time.Duration(test.run.Duration))
				}
				began := time.Now()
				got, err := c.Executions.Stop(t.Context(), started.Handle)
				if err != nil || got.Status != test.status || got.Handle().key() != started.key() {
					t.Errorf("Stop = %+v, %v, want %s", got, err, test.status)
				}
				wantBetween(t, "time", time.Since(began), test.least, test.most)
				run := c.server.Started()[0]
				wantEqual(t, "cancel calls", run.CancelRequests, test.cancels)
				wantEqual(t, "forced", run.Forced, test.forced)
			})
		})
	}
}

func TestStop_failsWhenItCannot(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults  []mockserver.Fault
		forget  bool
		code    int
		status  Status
		cancels int
	}{
		"404":             {nil, true, 404, "", 1},
		"403":             {onCancel(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 403}), false, 403, StatusRunning, 1},
		"redirect":        {onCancel(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 307, Headers: map[string]string{"Location": testBase}}), false, 307, StatusRunning, 1},
		"503 for ever":    {onCancel(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 503}), false, 503, StatusRunning, 6},
		"403 for reading": {onDetails(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 403}), false, 403, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: mockserver.Run{Forever: true, CancelTakes: minute}, started: 1, scenario: mockserver.Scenario{Faults: test.faults}})
				started := c.start(t)
				if test.forget {
					c.server.Forget(started.ID)
				}
				got, err := c.Executions.Stop(t.Context(), started.Handle)
				wantEqual(t, "status code", StatusCode(err), test.code)
				wantEqual(t, "status", got.Status, test.status)
				wantEqual(t, "cancel calls", c.server.Calls(mockserver.OpCancel), test.cancels)
			})
		})
	}
}

func TestStop_contextEnds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		after  time.Duration
		faults []mockserver.Fault
		forced bool
		status Status
		most   time.Duration
	}{
		"softly":          {10 * time.Second, nil, false, StatusCancelling, gatherFor},
		"after the force": {70 * time.Second, onDetails(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 503, Skip: 5}), true, StatusCancelling, gatherFor},
		"while nobody answers": {10 * time.Second, []mockserver.Fault{{On: mockserver.OpDetails, Kind: mockserver.FaultHang}},
			false, "", lastLookTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{run: mockserver.Run{Forever: true, IgnoresSoftCancel: true}, started: 1, scenario: mockserver.Scenario{Faults: test.faults}})
				started := c.start(t)
				got, err := c.Executions.Stop(within(t, test.after), started.Handle)
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error = %v", err)
				}
				wantEqual(t, "status", got.Status, test.status)
				wantEqual(t, "forced", c.server.Started()[0].Forced, test.forced)
				wantBetween(t, "time", time.Since(c.began), test.after, test.after+test.most)
			})
		})
	}
}

func TestStop_asksAsTheDocumentationSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: mockserver.Run{Forever: true, IgnoresSoftCancel: true}, started: 1})
		started := c.start(t)
		if _, err := c.Executions.Stop(t.Context(), started.Handle); err != nil {
			t.Error(err)
		}
		var bodies []string
		for _, r := range c.server.Requests() {
			if r.Operation == mockserver.OpCancel {
				bodies = append(bodies, r.Method+" "+string(r.Body))
			}
		}
		wantEqual(t, "requests", bodies, []string{
			http.MethodPatch + ` {"status":"CANCELLED","forceUpdate":false}`,
			http.MethodPatch + ` {"status":"CANCELLED","forceUpdate":true}`,
		})
	})
}
