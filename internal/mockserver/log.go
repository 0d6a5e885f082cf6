// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Request is one request that the server got, with what it answered.
type Request struct {
	Operation string
	Method    string
	Path      string
	Query     url.Values
	// Header is the request's, with Authorization cut down to its length.
	Header http.Header
	// Body is the request's, with a client secret cut down to its length.
	Body []byte
	// Fault is the kind of the fault that hit it, if any.
	Fault string
	// Status is what was answered: 0 for nothing (yet).
	Status int
	// At is when it came, by our clock.
	At time.Time
	// Unexpected is a request to no route, or one that a correct client never sends whatever the state of the server.
	Unexpected bool
}

func (r *Request) clone() Request {
	c := *r
	c.Query, c.Header, c.Body = maps.Clone(r.Query), r.Header.Clone(), slices.Clone(r.Body)
	return c
}

// record logs the call before anything is done about it.
func (s *Server) record(c *call) {
	r := c.request
	c.entry = &Request{
		Operation: c.operation,
		Method:    r.Method,
		Path:      r.URL.Path,
		Query:     maps.Clone(c.query),
		Header:    redactHeader(r.Header),
		Body:      redactBody(c.operation, c.body),
		Fault:     c.fault.Kind,
		At:        time.Now(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, c.entry)
	if s.logged != nil {
		close(s.logged)
		s.logged = nil
	}
}

func redact(secret string) string {
	return fmt.Sprintf("redacted, %d characters", len(secret))
}

func redactHeader(h http.Header) http.Header {
	h = h.Clone()
	if value := h.Get("Authorization"); value != "" {
		h.Set("Authorization", redact(value))
	}
	return h
}

func redactBody(operation string, body []byte) []byte {
	if operation != OpToken {
		return slices.Clone(body)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return []byte(redact(string(body)))
	}
	if secret := form.Get("client_secret"); secret != "" {
		form.Set("client_secret", redact(secret))
	}
	return []byte(form.Encode())
}

// recordAnswer completes the log before the answer goes out, so that whoever has the answer finds it in the log.
func (s *Server) recordAnswer(c *call, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.entry.Unexpected = a.malformed
	switch c.fault.Kind {
	case FaultDrop, FaultDial, FaultDropAfter, FaultHang:
	default:
		c.entry.Status = a.status
	}
	if s.observe != nil {
		s.observe(c.entry.clone())
	}
}

// Requests returns the log, oldest first. A connection that the transport was refused ([FaultDial]) is not in it.
func (s *Server) Requests() []Request {
	return s.requests(func(*Request) bool { return true })
}

// Unexpected returns the requests to no route and the malformed ones. Tests assert that there are none.
func (s *Server) Unexpected() []Request {
	return s.requests(func(r *Request) bool { return r.Unexpected })
}

// Calls returns the number of requests of an operation; empty means all but those for a token.
func (s *Server) Calls(operation string) int {
	return s.count(func(r *Request) bool { return r.is(operation) })
}

// Refused returns the number of requests of an operation, as in [Server.Calls], that were answered with this status.
func (s *Server) Refused(operation string, status int) int {
	return s.count(func(r *Request) bool { return r.is(operation) && r.Status == status })
}

func (r *Request) is(operation string) bool {
	if operation == "" {
		return r.Operation != OpToken
	}
	return r.Operation == operation
}

func (s *Server) count(wanted func(*Request) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.log {
		if wanted(r) {
			n++
		}
	}
	return n
}

func (s *Server) requests(wanted func(*Request) bool) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Request
	for _, r := range s.log {
		if wanted(r) {
			found = append(found, r.clone())
		}
	}
	return found
}

// WaitForCalls returns when [Server.Calls] has reached n, or the context's error.
func (s *Server) WaitForCalls(ctx context.Context, operation string, n int) error {
	for {
		logged := s.nextLogged()
		if s.Calls(operation) >= n {
			return nil
		}
		select {
		case <-logged:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// nextLogged returns a channel that is closed by the next request. It is made on demand, by the one who waits, because
// a channel belongs to the synctest bubble that made it.
func (s *Server) nextLogged() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.logged == nil {
		s.logged = make(chan struct{})
	}
	return s.logged
}
