// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// What a server that goes by the Accept header does about an answer that the client does not accept, for
// [Scenario.StrictAccept]. Errors are application/problem+json.
const (
	// AcceptRefuse is 406 without a body.
	AcceptRefuse = "refuse"
	// AcceptSucceed is, for an execute call that is refused, the example of a success with an id that is nobody's: what
	// Prism does with a description of the API.
	AcceptSucceed = "succeed"
)

// negotiate replaces an answer that the client does not accept.
func (s *Server) negotiate(c *call, a answer) answer {
	if s.scenario.StrictAccept == "" || accepts(c.request.Header, a.header.Get("Content-Type")) {
		return a
	}
	replaced := a
	switch {
	case s.scenario.StrictAccept == AcceptRefuse:
		replaced = answer{status: http.StatusNotAcceptable, header: http.Header{}}
	case c.operation == OpExecute && !a.succeeded():
		replaced = jsonAnswer(s.scenario.ExecuteStatus, idWire{PipelineExecutionID: uuid.NewString()})
	}
	replaced.malformed = a.malformed
	return replaced
}

// accepts says whether the Accept headers allow the media type. Without one, all is accepted.
func accepts(h http.Header, mediaType string) bool {
	kind, _, _ := strings.Cut(mediaType, "/")
	var ranges []string
	for _, header := range h.Values("Accept") {
		for accepted := range strings.SplitSeq(header, ",") {
			if parsed, _, err := mime.ParseMediaType(accepted); err == nil {
				ranges = append(ranges, parsed)
			}
		}
	}
	return len(ranges) == 0 || slices.Contains(ranges, mediaType) ||
		slices.Contains(ranges, kind+"/*") || slices.Contains(ranges, "*/*")
}
