// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// redacted stands where a secret stood.
const redacted = "(redacted)"

// shortestSecret is the length from which a value is searched for. Shorter ones would hit words by chance, and make
// nonsense of a message without hiding anything.
const shortestSecret = 4

// longestText is how much of a text is looked at, of which far less is shown: see [clip].
const longestText = 64 << 10

// secrets are the values that must not come back out of a server's words: credentials, tokens, and the values of
// variables that the caller keeps secret. A server, or a proxy before it, may repeat in an error what it was sent.
type secrets struct {
	mu     sync.RWMutex
	values []string
}

// add makes the values secret for the rest of the process.
func (s *secrets) add(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, value := range values {
		if len(value) < shortestSecret {
			continue
		}
		for _, form := range writtenForms(value) {
			if form, _ = compact(form); len(form) >= shortestSecret && !slices.Contains(s.values, form) {
				s.values = append(s.values, form)
			}
		}
	}
	// The longest first, so that a secret which contains another one leaves nothing of itself.
	slices.SortFunc(s.values, func(a, b string) int { return len(b) - len(a) })
}

// count tells whether secrets have been added.
func (s *secrets) count() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.values)
}

// writtenForms are the ways in which a value may be written where it is repeated: as it is, as JSON (ours escapes more
// than most), as a form, in a path, and in a page of HTML.
func writtenForms(value string) []string {
	forms := []string{value, url.QueryEscape(value), url.PathEscape(value), html.EscapeString(value)}
	for _, escapeHTML := range []bool{true, false} {
		var quoted strings.Builder
		encoder := json.NewEncoder(&quoted)
		encoder.SetEscapeHTML(escapeHTML)
		if err := encoder.Encode(value); err == nil {
			forms = append(forms, strings.TrimSuffix(quoted.String(), "\"\n")[1:])
		}
	}
	return forms
}

// redact returns the start of a text without the secrets, also where white space stands within one: a message may be
// broken into lines.
func (s *secrets) redact(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	text = text[:min(len(text), longestText)]
	for _, value := range s.values {
		text = cutOut(text, value)
	}
	return text
}

// redactedError is an error that may quote what a server has sent, with a text that can be shown.
type redactedError struct {
	text string
	err  error
}

func redactError(err error, redact func(string) string) error {
	return &redactedError{clip(redact(err.Error())), err}
}

// Error returns the text that can be shown.
func (e *redactedError) Error() string { return e.text }

// Unwrap returns the error as it was.
func (e *redactedError) Unwrap() error { return e.err }

// cutOut replaces a secret, which is compact, in a text, which need not be.
func cutOut(text, secret string) string {
	packed, offsets := compact(text)
	var rest strings.Builder
	kept, from := 0, 0
	for {
		at := strings.Index(packed[from:], secret)
		if at < 0 {
			rest.WriteString(text[kept:])
			return rest.String()
		}
		rest.WriteString(text[kept:offsets[from+at]] + redacted)
		from += at + len(secret)
		kept = offsets[from-1] + 1
	}
}

// compact returns the text without white space and control characters, and where each byte of it stands in the text.
func compact(text string) (packed string, offsets []int) {
	bytes := make([]byte, 0, len(text))
	for at, r := range text {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			continue
		}
		for i := range max(1, utf8.RuneLen(r)) {
			if at+i == len(text) {
				break // a byte that is no UTF-8
			}
			bytes, offsets = append(bytes, text[at+i]), append(offsets, at+i)
			if r == utf8.RuneError {
				break
			}
		}
	}
	return string(bytes), offsets
}
