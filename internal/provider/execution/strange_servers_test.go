// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// strangeServers are ways of answering that no documentation knows. The calls are carried out first, so that the worst
// is true: a run has been started, and nobody says so. They are made once: their bodies are large.
var strangeServers = sync.OnceValue(func() map[string]mockserver.Fault {
	return map[string]mockserver.Fault{
		"HTML":             {Kind: mockserver.FaultBody, Body: "<html><body>Sign in</body></html>", ContentType: "text/html"},
		"truncated":        {Kind: mockserver.FaultBody, Body: `{"pipelineExecutionId": "5a3f9a52-8a1e`},
		"broken off":       {Kind: mockserver.FaultTruncate},
		"array":            {Kind: mockserver.FaultBody, Body: `[1, 2, 3]`},
		"null":             {Kind: mockserver.FaultBody, Body: `null`},
		"number as id":     {Kind: mockserver.FaultBody, Body: `{"pipelineExecutionId": 12345, "status": 7}`},
		"empty id":         {Kind: mockserver.FaultBody, Body: `{"pipelineExecutionId": ""}`},
		"control in id":    {Kind: mockserver.FaultBody, Body: `{"pipelineExecutionId": "a\u0000\nb"}`},
		"empty":            {Kind: mockserver.FaultBody},
		"no content":       {Kind: mockserver.FaultBody, Status: 204},
		"16 MiB":           {Kind: mockserver.FaultBody, Body: strings.Repeat("x", 16<<20)},
		"16 MiB of spaces": {Kind: mockserver.FaultBody, Body: strings.Repeat(" ", 16<<20)},
		"nested":           {Kind: mockserver.FaultBody, Body: strings.Repeat("[", 100_000)},
		"nested objects":   {Kind: mockserver.FaultBody, Body: strings.Repeat(`{"result":`, 100_000)},
		"not UTF-8":        {Kind: mockserver.FaultBody, Body: "{\"pipelineExecutionId\": \"\xff\xfe\"}\x00"},
		"HTML 502": {
			Kind: mockserver.FaultStatusAfter, Status: 502, Body: "<html>Bad gateway</html>", ContentType: "text/html",
		},
		"huge 500": {Kind: mockserver.FaultStatusAfter, Status: 500, Body: strings.Repeat("y", 9<<20)},
		"redirect": {
			Kind: mockserver.FaultStatusAfter, Status: 302, Headers: map[string]string{"Location": "https://elsewhere.test/"},
		},
		"see other": {
			Kind: mockserver.FaultStatusAfter, Status: 303,
			Headers: map[string]string{"Location": acctest.CoreAddress + "/dpc/v1/projects"},
		},
		"slow drip":     {Kind: mockserver.FaultDrip, Delay: mockserver.Duration(20 * time.Second)},
		"silence":       {Kind: mockserver.FaultHang},
		"a line closed": {Kind: mockserver.FaultDropAfter},
	}
})

// large is from which size on a body costs the test more than the rest of it.
const large = 1 << 19

// pollsOfSmallBodies is how many answers come before the large ones of a server that never answers otherwise. The wait
// ends some twelve answers later.
const pollsOfSmallBodies = 70

// bounded is how long a person waits for an answer about a server like these, at the most.
const bounded = 5 * time.Minute

func TestStrangeServer_isOneErrorAfterOnePost(t *testing.T) {
	t.Parallel()
	for name, fault := range strangeServers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := mockserver.New(acctest.Scenario(mockserver.Run{}))
				server.Inject(fault)
				c := newCore(t, server)
				began := time.Now()
				got, said := c.Apply(t.Context(), acctest.Instance{}, acctest.Request())
				if took := time.Since(began); took > bounded {
					t.Errorf("it took %s, want at most %s", took, bounded)
				}
				if len(said) != 1 || said[0].Summary != "Pipeline may have been started" || got.Exists() {
					t.Errorf("state %v and diagnostics %.2000s, want one error and no state", got.Value, said)
				}
				if posts := server.Calls("execute"); posts != 1 {
					t.Errorf("%d execute calls, want 1", posts)
				}
				synctest.Wait()
			})
		})
	}
}

func TestStrangeServer_whileWaitingKeepsTheRun(t *testing.T) {
	t.Parallel()
	for name, fault := range strangeServers() {
		if name == "slow drip" || strings.HasPrefix(name, "16 MiB") {
			continue // slow, but an answer: the run is followed to its end; and what costs the test a minute
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := mockserver.New(acctest.Scenario(mockserver.Run{}))
				for _, operation := range []string{"details", "list", "steps"} {
					fault.On = operation
					if len(fault.Body) >= large {
						small := fault
						small.Body, small.Times = "x", pollsOfSmallBodies
						server.Inject(small)
					}
					server.Inject(fault)
				}
				c := newCore(t, server)
				began := time.Now()
				got, said := c.Apply(t.Context(), acctest.Instance{}, acctest.AwaitedRequest())
				if took := time.Since(began); took > 2*bounded {
					t.Errorf("it took %s, want at most %s", took, 2*bounded)
				}
				runs := server.Started()
				if len(runs) != 1 || got.Attribute("id") != runs[0].ID || !got.Tainted || len(said) != 1 {
					t.Errorf("%d runs, state %v and diagnostics %.2000s, want the run, tracked, and one error",
						len(runs), got.Value, said)
				}
			})
		})
	}
}
