package matillion

import (
	"slices"
	"strings"
	"sync"
)

// redacted stands where a secret stood.
const redacted = "(redacted)"

// shortestSecret is the length from which a value is searched for. Shorter ones would hit words by chance, and make
// nonsense of a message without hiding anything.
const shortestSecret = 4

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
		if len(value) >= shortestSecret && !slices.Contains(s.values, value) {
			s.values = append(s.values, value)
		}
	}
	// The longest first, so that a secret which contains another one leaves nothing of itself.
	slices.SortFunc(s.values, func(a, b string) int { return len(b) - len(a) })
}

// redact returns the text without the secrets.
func (s *secrets) redact(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, value := range s.values {
		text = strings.ReplaceAll(text, value, redacted)
	}
	return text
}
