// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"testing"
)

func TestAccept_strictServers(t *testing.T) {
	t.Parallel()
	const both = "application/json, application/problem+json;q=0.9"
	for name, test := range map[string]struct {
		strict, accept    string
		first, second     int
		details, notFound int
		started           int
	}{
		"lenient":                {"", "text/html", 201, 409, 200, 404, 1},
		"refuses":                {AcceptRefuse, "application/json", 201, 406, 200, 406, 1},
		"refuses all":            {AcceptRefuse, "text/html", 406, 406, 406, 406, 1},
		"refuses neither":        {AcceptRefuse, both, 201, 409, 200, 404, 1},
		"refuses nothing":        {AcceptRefuse, "", 201, 409, 200, 404, 1},
		"refuses no application": {AcceptRefuse, "application/*", 201, 409, 200, 404, 1},
		"succeeds":               {AcceptSucceed, "application/json", 201, 201, 200, 404, 1},
		"succeeds not":           {AcceptSucceed, both, 201, 409, 200, 404, 1},
		"succeeds not for all":   {AcceptSucceed, "*/*", 201, 409, 200, 404, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testScenario(Run{Forever: true})
			s.StrictAccept = test.strict
			c := inProcess(t, s)
			send := func(method, path, body string) reply {
				req := c.request(t.Context(), method, path, body)
				if test.accept != "" {
					req.Header.Set("Accept", test.accept)
				}
				r, err := c.send(req)
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			tagged := executeJSON(`,"executionTag":"one"`)
			first, second := send(http.MethodPost, testExecutions, tagged), send(http.MethodPost, testExecutions, tagged)
			c.wantStarted(test.started)
			id := c.server.Started()[0].ID
			wantEqual(t, []int{first.status, second.status}, []int{test.first, test.second})
			wantEqual(t, send(http.MethodGet, testExecutions+"/"+id, "").status, test.details)
			wantEqual(t, send(http.MethodGet, testExecutions+"/nonsense", "").status, test.notFound)
			wantEqual(t, len(c.server.Unexpected()), 0)
			send(http.MethodPost, testExecutions, "{}")
			wantEqual(t, len(c.server.Unexpected()), 1)
			if nobodys, ok := second.body["pipelineExecutionId"]; ok != (test.second == 201) || nobodys == any(id) {
				t.Errorf("the second call answered %s", second.text)
			}
		})
	}
}
