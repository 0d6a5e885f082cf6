// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The kinds of faults. "Does it" means that the call has its usual effect, for example starts the run.
const (
	// FaultStatus answers Status (500 by default) without doing anything.
	FaultStatus = "status"
	// FaultStatusAfter does it, then answers Status.
	FaultStatusAfter = "status_after"
	// FaultDrop closes the connection without doing anything.
	FaultDrop = "drop"
	// FaultDropAfter does it, then closes the connection.
	FaultDropAfter = "drop_after"
	// FaultTruncate does it, then closes the connection after half of the body.
	FaultTruncate = "truncate"
	// FaultNoID is for execute: starts the run, answers {}.
	FaultNoID = "no_id"
	// FaultBody does it, then answers Body with Status (the usual one by default). "EXECUTION_ID" in it becomes the id
	// of the run that the call has started.
	FaultBody = "body"
	// FaultDelay waits Delay first. When the client goes away meanwhile, the wait ends and the call still has its
	// effect. Without a Delay only Headers and DateOffset make a difference.
	FaultDelay = "delay"
	// FaultDelayAfter does it, then waits Delay before the answer.
	FaultDelayAfter = "delay_after"
	// FaultStale answers a read as it was Delay ago: runs that have started since are missing, those that have ended
	// since have not.
	FaultStale = "stale"
	// FaultHang does it, then answers nothing until the client goes away.
	FaultHang = "hang"
	// FaultDial refuses the connection; over a socket it is like FaultDrop. In process it comes before every other
	// fault, which then does not count the request.
	FaultDial = "dial"
	// FaultDrip does it, then sends the body one byte every Delay.
	FaultDrip = "drip"
	// FaultForgetToken revokes the token that the request carries, hence 401.
	FaultForgetToken = "forget_token"
)

var faultKinds = []string{
	FaultStatus, FaultStatusAfter, FaultDrop, FaultDropAfter, FaultTruncate, FaultNoID,
	FaultBody, FaultDelay, FaultDelayAfter, FaultStale, FaultHang, FaultDial, FaultDrip, FaultForgetToken,
}

// Fault is something that goes wrong. It comes before everything else, also before the rate limit and the check of the
// token. Of several that apply to a request, the first is taken; all of them count the request.
type Fault struct {
	// On is the operation, for example "execute"; empty means any API call (but not a token request).
	On string `json:"on"`
	// Kind is one of the Fault constants.
	Kind string `json:"kind"`
	// Skip lets this many matching requests pass first.
	Skip int `json:"skip"`
	// Times is how many requests are hit; 0 means all.
	Times int `json:"times"`
	// Percent hits this per cent of the matching requests instead of all.
	Percent float64 `json:"percent"`
	// Pipeline restricts the fault to requests about the pipeline that is published under this name: an execute call
	// for it or a call about one of its executions.
	Pipeline string `json:"pipeline"`
	// Status, Body, ContentType and Headers make up the answer where the kind has one. Without a Body an error status
	// gets a problem body.
	Status      int               `json:"status"`
	Body        string            `json:"body"`
	ContentType string            `json:"content_type"`
	Headers     map[string]string `json:"headers"`
	// RetryAfter is sent as it is, or, written "date:SECONDS", as the HTTP date that far ahead on the server's clock.
	RetryAfter string `json:"retry_after"`
	// Delay is for FaultDelay, FaultDrip and FaultStale as they say. All other kinds wait for it before the answer or
	// its absence: for example a gateway that gives up after a minute.
	Delay Duration `json:"delay"`
	// DateOffset moves the Date header of the answer, either way.
	DateOffset Duration `json:"date_offset"`
}

// activeFault is a fault with its counts.
type activeFault struct {
	Fault
	seen, hits int
}

// staleness is how old the answer to a read is.
func (f Fault) staleness() time.Duration {
	if f.Kind == FaultStale {
		return time.Duration(f.Delay)
	}
	return 0
}

// delayAfter is the wait before the answer, once the call has had its effect.
func (f Fault) delayAfter() Duration {
	switch f.Kind {
	case FaultDelay, FaultDrip, FaultStale:
		return 0
	}
	return f.Delay
}

// Inject adds a fault, after those that there are. It panics when the fault is not valid.
func (s *Server) Inject(f Fault) {
	if err := f.validate(); err != nil {
		panic("mockserver: " + err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &activeFault{Fault: f})
}

// ClearFaults removes all faults, those of the scenario too.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// chooseFault returns the fault that hits the call, among those that are possible, or none.
func (s *Server) chooseFault(c *call, possible func(Fault) bool) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var chosen *activeFault
	for _, f := range s.faults {
		if !possible(f.Fault) || !s.matches(f.Fault, c) {
			continue
		}
		f.seen++
		if chosen == nil && s.fires(f) {
			chosen = f
		}
	}
	if chosen == nil {
		return Fault{}
	}
	chosen.hits++
	return chosen.Fault
}

func (s *Server) matches(f Fault, c *call) bool {
	if f.On == "" && c.operation == OpToken || f.On != "" && f.On != c.operation {
		return false
	}
	return f.Pipeline == "" || f.Pipeline == s.pipelineOf(c)
}

func (s *Server) fires(f *activeFault) bool {
	if f.seen <= f.Skip || f.Times > 0 && f.hits >= f.Times {
		return false
	}
	return f.Percent == 0 || s.random.Float64()*100 < f.Percent
}

// respond does the call, unless the fault prevents it, and returns what is to be delivered.
func (s *Server) respond(c *call) answer {
	switch c.fault.Kind {
	case FaultDrop, FaultDial:
		return answer{}
	case FaultStatus:
		return s.faultAnswer(c)
	case FaultForgetToken:
		s.revoke(bearer(c.request))
	}
	a := s.do(c)
	switch c.fault.Kind {
	case FaultStatusAfter:
		malformed := a.malformed
		a = s.faultAnswer(c)
		a.malformed = malformed
	case FaultBody:
		a.status = cmp.Or(c.fault.Status, a.status)
		a.body = []byte(strings.ReplaceAll(c.fault.Body, "EXECUTION_ID", a.startedID()))
	case FaultNoID:
		if c.operation == OpExecute && a.succeeded() {
			a.body = []byte(`{}`)
		}
	}
	return a
}

func (s *Server) faultAnswer(c *call) answer {
	status := cmp.Or(c.fault.Status, http.StatusInternalServerError)
	if c.fault.Body != "" {
		return answer{status: status, header: contentType("application/json"), body: []byte(c.fault.Body)}
	}
	if c.operation == OpToken {
		return oauthError(status, "server_error")
	}
	return c.problem(status, "Injected by the mock server.")
}

// deliver sends the answer in the way that the fault demands.
func deliver(ctx context.Context, w http.ResponseWriter, f Fault, a answer) {
	switch f.Kind {
	case FaultDrop, FaultDial, FaultDropAfter:
		panic(http.ErrAbortHandler)
	case FaultHang:
		<-ctx.Done()
		panic(http.ErrAbortHandler)
	}
	if a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		a.body = nil
	} else {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	switch f.Kind {
	case FaultTruncate:
		write(w, a.body[:len(a.body)/2])
		panic(http.ErrAbortHandler)
	case FaultDrip:
		drip(ctx, w, f.Delay, a.body)
	default:
		write(w, a.body)
	}
}

// write ignores errors: the client has gone away, which is its right.
func write(w http.ResponseWriter, body []byte) {
	if len(body) > 0 {
		_, _ = w.Write(body)
	}
	_ = http.NewResponseController(w).Flush()
}

func drip(ctx context.Context, w http.ResponseWriter, every Duration, body []byte) {
	for i := range body {
		if !pause(ctx, every) {
			panic(http.ErrAbortHandler)
		}
		write(w, body[i:i+1])
	}
}

// pause waits and says whether the context is still alive.
func pause(ctx context.Context, d Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(time.Duration(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// setHeaders puts the answer's and the fault's headers on the response.
func (s *Server) setHeaders(h http.Header, c *call, a answer) {
	now, withDate := s.clock()
	for name, values := range a.header {
		h[name] = values
	}
	if c.fault.ContentType != "" {
		h.Set("Content-Type", c.fault.ContentType)
	}
	if c.fault.RetryAfter != "" {
		h.Set("Retry-After", retryAfter(c.fault.RetryAfter, now))
	}
	for name, value := range c.fault.Headers {
		h.Set(name, value)
	}
	if !withDate {
		// A nil value keeps net/http from adding the header itself.
		h["Date"] = nil
	} else if h.Get("Date") == "" {
		h.Set("Date", now.Add(time.Duration(c.fault.DateOffset)).UTC().Format(http.TimeFormat))
	}
}

func retryAfter(value string, now time.Time) string {
	after, isDate := strings.CutPrefix(value, "date:")
	if !isDate {
		return value
	}
	seconds, err := strconv.ParseFloat(after, 64)
	if err != nil {
		return value
	}
	return now.Add(time.Duration(seconds * float64(time.Second))).UTC().Format(http.TimeFormat)
}
