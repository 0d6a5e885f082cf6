// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// 301, 307 and 308 are by their meaning not acted upon, and the error names the Location: they were looked for, for ten
// seconds, and the error did not name it. Some servers answer 302 and 303 after they have acted.
func TestStart_redirectsAreRefusalsOrDoubtful(t *testing.T) {
	t.Parallel()
	const location = "https://elsewhere.example/dpc/v1"
	for status, want := range map[int]string{
		301: "refused: 301", 307: "refused: 307", 308: "refused: 308",
		300: "maybe: 0 candidates", 302: "maybe: 0 candidates", 303: "maybe: 0 candidates",
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{Faults: always(mockserver.Fault{
					Kind: mockserver.FaultStatus, Status: status, Headers: map[string]string{"Location": location + "?token=x"},
				})}})
				started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), StartOptions{})
				wantEqual(t, "outcome", verdict(started, err), want)
				wantEqual(t, "location", wantError[*Error](t, err).Location, location)
				wantEqual(t, "posts", c.sentPosts(), 1)
			})
		})
	}
}

// A server may go by the Accept header. One that does answered a refusal with the example of a success, whose id is
// nobody's, because application/problem+json was not accepted.
func TestStart_acceptsProblemsToo(t *testing.T) {
	t.Parallel()
	for _, strict := range []string{mockserver.AcceptSucceed, mockserver.AcceptRefuse} {
		t.Run(strict, func(t *testing.T) {
			t.Parallel()
			c := connect(t, setup{scenario: mockserver.Scenario{StrictAccept: strict}})
			c.server.StartElsewhere(holds)
			started, err := c.Executions.Start(t.Context(), taggedRequest("tag"), StartOptions{})
			wantEqual(t, "outcome", verdict(started, err), "tag in use")
			wantEqual(t, "status", StatusCode(err), http.StatusConflict)
		})
	}
}
