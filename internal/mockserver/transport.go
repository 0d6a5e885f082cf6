package mockserver

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"sync"
	"syscall"
)

// Transport serves the server in process, for any host. It behaves like
// [http.Transport] over a socket: the Date header, the hooks of
// [httptrace.ClientTrace], broken connections, bodies that arrive bit by bit,
// and an answer for the context's end that does not wait for the server, which
// goes on with what it was doing.
func (s *Server) Transport() http.RoundTripper {
	return transport{s}
}

type transport struct {
	server *Server
}

// RoundTrip sends one request.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := readAndClose(req.Body)
	if err != nil {
		return nil, err
	}
	ctx := req.Context()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	serverCtx, cancel := context.WithCancel(ctx)
	c := t.server.receive(serverRequest(serverCtx, req, body))
	hooks := hooksOf(req)
	hooks.GetConn(hostPort(req))
	if c.fault.Kind == FaultDial {
		cancel()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	hooks.GotConn(httptrace.GotConnInfo{})
	hooks.WroteHeaders()
	hooks.WroteRequest(httptrace.WroteRequestInfo{})

	x := newExchange(ctx, cancel)
	go x.run(func() { t.server.serve(serverCtx, x, c) })
	return x.response(req, hooks)
}

func readAndClose(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	content, err := io.ReadAll(body)
	if closeErr := body.Close(); err == nil {
		err = closeErr
	}
	return content, err
}

// serverRequest is the request as a server would read it from the wire.
func serverRequest(ctx context.Context, req *http.Request, body []byte) *http.Request {
	r := req.Clone(ctx)
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.RequestURI = req.URL.RequestURI()
	r.Host = cmp.Or(req.Host, req.URL.Host)
	return r
}

func hostPort(req *http.Request) string {
	if req.URL.Port() != "" {
		return req.URL.Host
	}
	port := "80"
	if req.URL.Scheme == "https" {
		port = "443"
	}
	return net.JoinHostPort(req.URL.Hostname(), port)
}

// hooksOf returns the request's hooks, those that it does not have as no-ops.
func hooksOf(req *http.Request) httptrace.ClientTrace {
	var hooks httptrace.ClientTrace
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil {
		hooks = *trace
	}
	if hooks.GetConn == nil {
		hooks.GetConn = func(string) {}
	}
	if hooks.GotConn == nil {
		hooks.GotConn = func(httptrace.GotConnInfo) {}
	}
	if hooks.WroteHeaders == nil {
		hooks.WroteHeaders = func() {}
	}
	if hooks.WroteRequest == nil {
		hooks.WroteRequest = func(httptrace.WroteRequestInfo) {}
	}
	if hooks.GotFirstResponseByte == nil {
		hooks.GotFirstResponseByte = func() {}
	}
	return hooks
}

// exchange is one answer on its way: the server's [http.ResponseWriter] and the
// client's body. The server never waits for the client to read, so that its
// goroutine always ends.
type exchange struct {
	ctx    context.Context
	cancel context.CancelFunc
	header http.Header // only the server's, until headed is closed
	headed chan struct{}

	mu      sync.Mutex
	status  int
	sent    http.Header
	pending []byte
	err     error         // how the body ends, nil while it goes on
	changed chan struct{} // closed when pending or err change
}

func newExchange(ctx context.Context, cancel context.CancelFunc) *exchange {
	return &exchange{
		ctx: ctx, cancel: cancel, header: http.Header{},
		headed: make(chan struct{}), changed: make(chan struct{}),
	}
}

// run lets the server answer and notes how that ended.
func (x *exchange) run(serve func()) {
	defer x.cancel()
	defer func() {
		switch recovered := recover(); recovered {
		case nil:
			x.finish(io.EOF)
		case http.ErrAbortHandler:
			x.finish(fmt.Errorf("mockserver: connection closed: %w", io.ErrUnexpectedEOF))
		default:
			panic(recovered)
		}
	}()
	serve()
}

// response waits for the header, the end of the connection or of the context.
func (x *exchange) response(req *http.Request, hooks httptrace.ClientTrace) (*http.Response, error) {
	select {
	case <-x.headed:
	case <-x.ctx.Done():
		return nil, context.Cause(x.ctx)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.status == 0 {
		return nil, x.err
	}
	hooks.GotFirstResponseByte()
	length, err := strconv.ParseInt(x.sent.Get("Content-Length"), 10, 64)
	if err != nil {
		length = -1
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", x.status, http.StatusText(x.status)),
		StatusCode:    x.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        x.sent,
		Body:          exchangeBody{x},
		ContentLength: length,
		Request:       req,
	}, nil
}

// finish ends the exchange; without a header there is no answer at all.
func (x *exchange) finish(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.err = err
	x.signal()
	if x.status == 0 {
		close(x.headed)
	}
}

func (x *exchange) signal() {
	close(x.changed)
	x.changed = make(chan struct{})
}

// Header is the header to be sent.
func (x *exchange) Header() http.Header { return x.header }

// WriteHeader sends the header, once.
func (x *exchange) WriteHeader(status int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.status != 0 {
		return
	}
	x.status = status
	x.sent = x.header.Clone()
	maps.DeleteFunc(x.sent, func(_ string, values []string) bool { return values == nil })
	close(x.headed)
}

// Write sends a piece of the body.
func (x *exchange) Write(p []byte) (int, error) {
	x.WriteHeader(http.StatusOK)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.pending = append(x.pending, p...)
	x.signal()
	return len(p), nil
}

// Flush does nothing, as nothing is held back.
func (x *exchange) Flush() {}

// take returns what has arrived, or a channel to wait for more.
func (x *exchange) take(p []byte) (int, <-chan struct{}, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.pending) > 0 {
		n := copy(p, x.pending)
		x.pending = slices.Delete(x.pending, 0, n)
		return n, nil, nil
	}
	return 0, x.changed, x.err
}

// exchangeBody is the body as the client reads it.
type exchangeBody struct {
	exchange *exchange
}

// Read waits for the next piece of the body.
func (b exchangeBody) Read(p []byte) (int, error) {
	for {
		n, changed, err := b.exchange.take(p)
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		select {
		case <-changed:
		case <-b.exchange.ctx.Done():
			return 0, context.Cause(b.exchange.ctx)
		}
	}
}

// Close tells the server that the client has gone away.
func (b exchangeBody) Close() error {
	b.exchange.cancel()
	return nil
}
