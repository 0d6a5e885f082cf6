// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestCancel_soft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, testScenario(Run{Duration: 10 * second, CancelTakes: 20 * second}))
		id := c.start()
		advance(time.Second)
		r := c.cancel(id, false)
		wantEqual(t, r.status, http.StatusOK)
		wantEqual(t, r.text, `{"pipelineExecutionId":"`+id+`"}`)
		advance(19 * time.Second)
		c.cancel(id, false)
		c.wantStatus(id, statusCancelling)
		advance(time.Second)
		wantEqual(t, c.details(id).body["finishedAt"], any("2000-01-01T00:00:21.000Z"))
		c.wantStatus(id, statusCancelled)
		e := c.server.Started()[0]
		wantEqual(t, []any{e.CancelRequests, e.Forced}, []any{2, false})
	})
}

func TestCancel_forced(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{Forever: true, IgnoresSoftCancel: true}))
	id := c.start()
	c.cancel(id, false)
	c.wantStatus(id, statusCancelling)
	wantEqual(t, c.cancel(id, true).status, http.StatusOK)
	c.wantStatus(id, statusCancelled)
	e := c.server.Started()[0]
	wantEqual(t, []any{e.CancelRequests, e.Forced}, []any{2, true})
}

func TestCancel_refuses(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{Forever: true}))
	id := c.start()
	for _, body := range []string{
		``, `[]`, `{}`, `{"status":"CANCELLED"}`, `{"forceUpdate":true}`, `{"status":"FAILED","forceUpdate":true}`,
		`{"status":"CANCELLED","forceUpdate":"true"}`, `{"status":"CANCELLED","forceUpdate":null}`,
		`{"status":"CANCELLED","forceUpdate":true,"more":1}`,
	} {
		wantEqual(t, c.do(http.MethodPatch, testExecutions+"/"+id, body).status, http.StatusBadRequest)
	}
	wantEqual(t, len(c.server.Unexpected()), 9)
	c.wantStatus(id, statusRunning)

	wantEqual(t, c.cancel("nonsense", true).status, http.StatusNotFound)
	c.server.Finish(id, statusSuccess, "")
	r := c.cancel(id, true)
	wantEqual(t, r.status, http.StatusBadRequest)
	wantEqual(t, r.body["title"], any("Bad Request"))
	wantEqual(t, c.server.Started()[0].CancelRequests, 0)
	wantEqual(t, len(c.server.Unexpected()), 9)
}
