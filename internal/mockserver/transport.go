// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// Transport returns a transport that reaches the server in process, for any host: [http.Transport] and [http.Server] of
// net/http, over [net.Pipe]. Everything in it may live in a synctest bubble. Its settings are those of like, but for
// the dial, the proxy and TLS, of which there is none. Both ends are closed by t's Cleanup, for which a [testing.TB] is
// made.
//
// [FaultDial] is decided here, before the request is written: the connection is refused even if there is an idle one.
func (s *Server) Transport(t interface{ Cleanup(func()) }, like *http.Transport) http.RoundTripper {
	listener := &pipeListener{accepted: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: piped{s}, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(listener) }()
	reaching := dialing(like, listener.dial)
	t.Cleanup(func() {
		reaching.CloseIdleConnections()
		_ = server.Close()
	})
	return transport{s, reaching, dialing(like, refuse)}
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// dialing returns a transport with the settings of like and another way to make connections.
func dialing(like *http.Transport, dial dialFunc) *http.Transport {
	transport := like.Clone()
	transport.Proxy, transport.DialContext, transport.DialTLSContext = nil, dial, dial
	return transport
}

func refuse(context.Context, string, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// piped serves what came through a pipe, where [FaultDial] has been decided already.
type piped struct{ server *Server }

// ServeHTTP answers one request.
func (p piped) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.server.serve(r.Context(), w, p.server.receive(r, func(f Fault) bool { return f.Kind != FaultDial }))
}

type transport struct {
	server             *Server
	reaching, refusing *http.Transport
}

// RoundTrip sends one request.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.server.refusesDial(req) {
		return t.refusing.RoundTrip(req)
	}
	return t.reaching.RoundTrip(req)
}

// refusesDial says whether a [FaultDial] hits the request. Others do not count it: they never see it if it does.
func (s *Server) refusesDial(req *http.Request) bool {
	look := req.Clone(req.Context())
	look.Body = nil
	if req.GetBody != nil {
		look.Body, _ = req.GetBody()
	}
	return s.receive(look, func(f Fault) bool { return f.Kind == FaultDial }).fault.Kind == FaultDial
}

// pipeListener accepts the far ends of the pipes that dial makes.
type pipeListener struct {
	accepted chan net.Conn
	closed   chan struct{}
	closing  sync.Once
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.accepted <- far:
		return near, nil
	case <-l.closed:
		return refuse(ctx, "", "")
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Accept returns the next connection.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.accepted:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close makes every later dial fail.
func (l *pipeListener) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return nil
}

// Addr is an address that nobody can dial.
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "mockserver", Net: "pipe"} }
