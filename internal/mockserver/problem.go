// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
)

// answer is what a route decided, before faults and delivery.
type answer struct {
	status int
	header http.Header
	body   []byte
	// malformed marks a request that no server in any state would accept.
	malformed bool
}

func (a answer) succeeded() bool { return a.status >= 200 && a.status < 300 }

// jsonAnswer encodes v. The wire types cannot fail to encode.
func jsonAnswer(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{}`)
	}
	return answer{status: status, header: contentType("application/json"), body: body}
}

func contentType(value string) http.Header {
	return http.Header{"Content-Type": {value}}
}

// problem is the error body.
//
// CONFIRMED for agents and (with violations) environments; assumed for pipeline executions:
// https://docs.maia.ai/api-reference/agents/update-an-agent
// https://docs.maia.ai/api-reference/environments/create-a-new-environment
type problem struct {
	Type       string   `json:"type"`
	Title      string   `json:"title"`
	Status     int      `json:"status"`
	Detail     string   `json:"detail"`
	Instance   string   `json:"instance"`
	Violations []string `json:"violations,omitempty"`
}

// problem refuses the call. The content type is assumed.
func (c *call) problem(status int, detail string, violations ...string) answer {
	title := cmp.Or(http.StatusText(status), "Unknown status")
	a := jsonAnswer(status, problem{
		Type:       "https://api.matillion.com/problems/" + strings.ReplaceAll(strings.ToLower(title), " ", "-"),
		Title:      title,
		Status:     status,
		Detail:     detail,
		Instance:   strings.TrimPrefix(c.request.URL.Path, APIPath),
		Violations: violations,
	})
	a.header.Set("Content-Type", "application/problem+json")
	return a
}

// malformed refuses a request that a correct client never sends.
func (c *call) malformed(violations ...string) answer {
	a := c.problem(http.StatusBadRequest, "Invalid request", violations...)
	a.malformed = true
	return a
}

func (c *call) notFound(detail string) answer {
	return c.problem(http.StatusNotFound, detail)
}

// startedID returns the id in the answer to an execute call, if there is one.
func (a answer) startedID() string {
	var body idWire
	_ = json.Unmarshal(a.body, &body)
	return body.PipelineExecutionID
}
