// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
)

// plainID is what an id may look like: a UUID, as far as is known, and in any case something that can stand in a path
// and in the id of an import.
var plainID = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,199}$`)

// executeAnswer is the answer of the execute call.
type executeAnswer struct{ ID string }

// readPartial takes the id from where the API puts it: the top level, or the object "result". The id counts even if the
// body is cut off behind it. An id anywhere else in an answer is nobody's, and two different ones are none.
func (a *executeAnswer) readPartial(body []byte) (problem string) {
	var ids []string
	decoder := json.NewDecoder(bytes.NewReader(body))
	if open, err := decoder.Token(); err == nil && open == json.Delim('{') {
		ids = executionIDs(decoder, "result")
	}
	switch {
	case len(ids) == 0 && !json.Valid(body):
		return jsonProblem(body, nil)
	case len(ids) == 0, len(slices.Compact(ids)) > 1, !plainID.MatchString(ids[0]):
		return "the answer has no execution id"
	default:
		a.ID = ids[0]
		return ""
	}
}

// executionIDs reads an object behind its opening brace, as far as it can be read, and returns its execution id and
// that of the object it has under the name within.
func executionIDs(decoder *json.Decoder, within string) (ids []string) {
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return ids
		}
		if name == within {
			open, err := decoder.Token()
			if err != nil || open == json.Delim('[') {
				return ids
			}
			if open == json.Delim('{') {
				ids = append(ids, executionIDs(decoder, "")...)
			}
			continue
		}
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return ids
		}
		var id string
		if name == "pipelineExecutionId" && json.Unmarshal(value, &id) == nil && id != "" {
			ids = append(ids, id)
		}
	}
	_, _ = decoder.Token() // The closing brace, unless the body is cut off.
	return ids
}
