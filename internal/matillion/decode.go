// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"time"
)

// checker is implemented by answers that JSON alone does not prove complete.
type checker interface {
	// check returns what is missing, or "".
	check() string
}

// partialReader is implemented by answers of which a part is worth having even when the whole cannot be understood.
type partialReader interface {
	// readPartial takes what it can from a body that may be broken. It returns what is wrong with it, or "".
	readPartial(body []byte) (problem string)
}

// decode fills out from a body and returns what is wrong with it, or "". It quotes nothing of the body.
//
// The documentation shows plain objects, while clients have met some of them wrapped in {"result": {...}}: either form
// is understood, for every answer.
func decode(body []byte, out any) (problem string) {
	if out == nil {
		return ""
	}
	if partial, ok := out.(partialReader); ok {
		return partial.readPartial(body)
	}
	if err := json.Unmarshal(unwrap(body), out); err != nil {
		return jsonProblem(body, err)
	}
	if c, ok := out.(checker); ok {
		return c.check()
	}
	return ""
}

func unwrap(body []byte) []byte {
	var envelope struct {
		Result json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal(body, &envelope); err == nil && bytes.HasPrefix(envelope.Result, []byte("{")) {
		return envelope.Result
	}
	return body
}

func jsonProblem(body []byte, err error) string {
	typeErr, isType := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return "the answer is empty"
	case isType && typeErr.Field != "":
		return "the answer has a value of an unexpected type in the field " + clip(typeErr.Field)
	case isType:
		return "the answer is JSON of an unexpected type"
	default:
		return "the answer is not JSON"
	}
}

// Timestamp is a time that the API sends. Its zero value means that there is none, or none that can be read: a time in
// an odd format is no reason to lose sight of an execution.
type Timestamp struct{ time.Time }

// timestampLayouts are the forms in which times have been seen, or are to be expected.
var timestampLayouts = []string{
	time.RFC3339Nano,                     // "Z" and "+00:00", any number of fractional digits
	"2006-01-02T15:04:05.999999999Z0700", // an offset without a colon
	"2006-01-02T15:04:05.999999999",      // no offset: taken for UTC
}

// UnmarshalJSON reads a string in one of the known forms, and leaves the zero value for anything else.
func (t *Timestamp) UnmarshalJSON(data []byte) error {
	t.Time = time.Time{}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return nil //nolint:nilerr // Anything but a string is a time that cannot be read.
	}
	for _, layout := range timestampLayouts {
		if parsed, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			t.Time = parsed.UTC()
			return nil
		}
	}
	return nil
}

// Text is what the API says in words, or a name by which nothing is decided. It is empty where that is no string, which
// is no reason to lose sight of an execution either.
type Text string

// UnmarshalJSON reads a string, and leaves the zero value for anything else.
func (t *Text) UnmarshalJSON(data []byte) error {
	var text string
	_ = json.Unmarshal(data, &text) // Anything but a string says nothing.
	*t = Text(text)
	return nil
}

// results are the items of a page. An empty list may be null.
type results[T any] struct {
	Items   []T
	present bool
}

// UnmarshalJSON reads a list or null.
func (r *results[T]) UnmarshalJSON(data []byte) error {
	r.present = true
	return json.Unmarshal(data, &r.Items)
}

func (r *results[T]) check() string {
	if !r.present {
		return "the answer has no results"
	}
	return ""
}

// clean makes every string of an answer fit for a line of text, and takes secrets out of those with the tag words: a
// server may repeat in them what it was sent. Names are left whole, because they are compared.
func clean(value reflect.Value, redact func(string) string, words bool) {
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !value.IsNil() {
			clean(value.Elem(), redact, words)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			_, tagged := value.Type().Field(i).Tag.Lookup("words")
			clean(value.Field(i), redact, tagged)
		}
	case reflect.Slice:
		for i := range value.Len() {
			clean(value.Index(i), redact, words)
		}
	case reflect.String:
		if !value.CanSet() {
			return
		}
		if words {
			value.SetString(clip(redact(value.String())))
		} else {
			value.SetString(clipName(value.String()))
		}
	}
}
