// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Where the server serves: the API's address is the server's plus APIPath, the token address is the server's plus
// TokenPath.
const (
	APIPath   = "/dpc"
	TokenPath = "/oauth/dpc/token"
)

// The operations, as [Fault], [Server.Calls] and [Request] name them.
const (
	OpToken              = "token"
	OpExecute            = "execute"
	OpDetails            = "details"
	OpStatus             = "status"
	OpSteps              = "steps"
	OpList               = "list"
	OpCancel             = "cancel"
	OpProjects           = "projects"
	OpEnvironments       = "environments"
	OpPublishedPipelines = "published_pipelines"
	OpArtifactDetails    = "artifact_details"
	OpPromote            = "promote"
	// OpUnknown is a request to no route; no fault can be on it alone.
	OpUnknown = "unknown"
)

// maxBody is far above any grid that makes sense, and keeps a stray upload from filling the memory of whoever runs the
// mock.
const maxBody = 8 << 20

// Server is the API. Its methods may be called from any goroutine.
type Server struct {
	// observe, when set, sees each request as soon as its answer is decided.
	observe func(Request)

	// mu guards everything below. It is never held while waiting.
	mu         sync.Mutex
	scenario   Scenario
	faults     []*activeFault
	random     *rand.Rand
	tokens     map[string]time.Time
	window     rateWindow
	executions []*execution
	promotions []*promotion
	log        []*Request
	logged     chan struct{}
}

// New returns a server for the scenario. It panics when [Scenario.Validate] finds fault with it.
func New(s Scenario) *Server {
	if err := s.Validate(); err != nil {
		panic("mockserver: " + err.Error())
	}
	s = s.withDefaults()
	server := &Server{
		scenario: s,
		random:   rand.New(rand.NewPCG(s.Seed, 0)),
		tokens:   map[string]time.Time{s.Token: {}},
	}
	for _, f := range s.Faults {
		server.faults = append(server.faults, &activeFault{Fault: f})
	}
	return server
}

// Update changes what is served from now on, for example publishes a pipeline again or lets its next run end
// differently. Runs that were started unfold as before. Faults, Seed and Token stay as they are. It panics when the
// outcome is not valid.
func (s *Server) Update(change func(*Scenario)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.scenario.withDefaults()
	change(&next)
	if err := next.Validate(); err != nil {
		panic("mockserver: " + err.Error())
	}
	s.scenario = next.withDefaults()
}

// clock returns the server's time and whether answers carry it.
func (s *Server) clock() (now time.Time, withDate bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.toServer(time.Now()), !s.scenario.NoDate
}

// toServer turns a time of ours into the server's.
func (s *Server) toServer(t time.Time) time.Time {
	return t.Add(time.Duration(s.scenario.ClockSkew))
}

// call is one request on its way through the server.
type call struct {
	request   *http.Request
	route     route
	operation string
	params    map[string]string
	query     url.Values
	body      []byte
	// invalid says why the request cannot even be routed.
	invalid string
	fault   Fault
	entry   *Request
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.serve(r.Context(), w, s.receive(r, func(Fault) bool { return true }))
}

// receive reads the request, routes it and chooses its fault, among those that are possible.
func (s *Server) receive(r *http.Request, possible func(Fault) bool) *call {
	c := &call{request: r, operation: OpUnknown}
	if r.Body != nil {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		c.body = body
		if err != nil {
			c.invalid = "The body could not be read."
		}
	}
	if len(c.body) > maxBody {
		c.invalid, c.body = "The body is too large.", nil
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	c.query = query
	if err != nil {
		c.invalid = "The query is malformed."
	}
	c.match()
	c.fault = s.chooseFault(c, possible)
	return c
}

// match finds the route of the call.
func (c *call) match() {
	path := strings.Split(c.request.URL.EscapedPath(), "/")
	for _, candidate := range routes {
		if candidate.method != c.request.Method {
			continue
		}
		if params, ok := matchPath(strings.Split(candidate.path, "/"), path); ok {
			c.route, c.operation, c.params = candidate, candidate.operation, params
			return
		}
	}
}

func matchPath(pattern, path []string) (map[string]string, bool) {
	if len(pattern) != len(path) {
		return nil, false
	}
	params := map[string]string{}
	for i, want := range pattern {
		got, err := url.PathUnescape(path[i])
		switch {
		case err != nil:
			return nil, false
		case strings.HasPrefix(want, "{") && got != "":
			params[strings.Trim(want, "{}")] = got
		case got != want:
			return nil, false
		}
	}
	return params, true
}

// serve records the call, does it and delivers the answer.
func (s *Server) serve(ctx context.Context, w http.ResponseWriter, c *call) {
	s.record(c)
	// The wait may be cut short, the call is done all the same: whoever gave up waiting cannot know what became of the
	// request.
	wait := s.latency()
	if c.fault.Kind == FaultDelay {
		wait += c.fault.Delay
	}
	pause(ctx, wait)
	a := s.respond(c)
	pause(ctx, c.fault.delayAfter())
	s.setHeaders(w.Header(), c, a)
	s.recordAnswer(c, a)
	deliver(ctx, w, c.fault, a)
}

func (s *Server) latency() Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scenario.Latency
}

// do is the API without faults. Everything in it happens at once.
func (s *Server) do(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.negotiate(c, s.decide(c))
}

func (s *Server) decide(c *call) answer {
	switch {
	case c.invalid != "":
		return c.malformed(c.invalid)
	case c.operation == OpUnknown:
		a := c.notFound("No such route: " + c.request.Method + " " + c.request.URL.Path)
		a.malformed = true
		return a
	case c.operation == OpToken:
		return s.token(c)
	}
	if refusal, refused := s.refuse(c); refused {
		return refusal
	}
	s.deployDue()
	a := c.route.handle(s, c)
	for name := range c.query {
		// The API is not known to refuse these, but a client has no reason to send them.
		a.malformed = a.malformed || !slices.Contains(c.route.query, name)
	}
	return a
}
