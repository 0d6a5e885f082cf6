// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// http2Server reads requests off HTTP/2 connections and leaves the answers to a test, frame by frame.
type http2Server struct {
	url       string
	transport *http.Transport
	requests  atomic.Int32
}

// answerer answers the request of a stream, which is the n-th of the server. The connection is closed after false.
type answerer func(to *http2.Framer, stream uint32, n int32) bool

func serveHTTP2(t *testing.T, answer answerer) *http2Server {
	t.Helper()
	lender := httptest.NewTLSServer(nil) // of a certificate, and of a client that trusts it
	t.Cleanup(lender.Close)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: lender.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	transport := NewTransport()
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	transport.TLSClientConfig.RootCAs.AddCert(lender.Certificate())
	t.Cleanup(transport.CloseIdleConnections)
	s := &http2Server{url: "https://" + listener.Addr().String(), transport: transport}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(connection, answer)
		}
	}()
	return s
}

func (s *http2Server) serve(connection net.Conn, answer answerer) {
	defer func() { _ = connection.Close() }()
	if _, err := io.ReadFull(connection, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(connection, connection)
	if framer.WriteSettings() != nil {
		return
	}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		// A request is over with the last of its body.
		if data, ok := frame.(*http2.DataFrame); ok && data.StreamEnded() {
			if !answer(framer, data.StreamID, s.requests.Add(1)) {
				return
			}
		}
	}
}

// created answers that a run was started.
func created(to *http2.Framer, stream uint32) bool {
	var header bytes.Buffer
	_ = hpack.NewEncoder(&header).WriteField(hpack.HeaderField{Name: ":status", Value: "201"})
	err := errors.Join(
		to.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: header.Bytes(), EndHeaders: true}),
		to.WriteData(stream, true, []byte(`{"pipelineExecutionId": "`+testID+`"}`)),
	)
	return err == nil
}

// An HTTP/2 server says of a request which it has not processed that it may be sent again, and net/http does so.
func TestHTTP2_whatWasNotProcessedIsSentAgain(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]answerer{
		"refused stream": func(to *http2.Framer, stream uint32, _ int32) bool {
			return to.WriteRSTStream(stream, http2.ErrCodeRefusedStream) == nil
		},
		"going away before it": func(to *http2.Framer, _ uint32, _ int32) bool {
			return to.WriteGoAway(0, http2.ErrCodeNo, nil) == nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serveHTTP2(t, func(to *http2.Framer, stream uint32, n int32) bool {
				if n == 1 {
					return refuse(to, stream, n)
				}
				return created(to, stream)
			})
			answer, _, err := server.client(t).Executions.execute(t.Context(), testRequest())
			if err != nil || answer.ID != testID {
				t.Errorf("execute() = %q, %v, want %q", answer.ID, err, testID)
			}
			wantEqual(t, "requests", server.requests.Load(), int32(2))
		})
	}
}

func TestHTTP2_whatMayHaveBeenProcessedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]answerer{
		"broken stream": func(to *http2.Framer, stream uint32, _ int32) bool {
			return to.WriteRSTStream(stream, http2.ErrCodeInternal) == nil
		},
		"cancelled stream": func(to *http2.Framer, stream uint32, _ int32) bool {
			return to.WriteRSTStream(stream, http2.ErrCodeCancel) == nil
		},
		"going away after it": func(to *http2.Framer, stream uint32, _ int32) bool {
			_ = to.WriteGoAway(stream, http2.ErrCodeNo, nil)
			return false
		},
		"connection lost": func(*http2.Framer, uint32, int32) bool { return false },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serveHTTP2(t, lose)
			_, _, err := server.client(t).Executions.execute(t.Context(), testRequest())
			wantEqual(t, "may have started", mayHaveActed(err), true)
			wantEqual(t, "requests", server.requests.Load(), int32(1))
		})
	}
}

func (s *http2Server) client(t *testing.T) *Client {
	t.Helper()
	client, err := New(Config{BaseURL: s.url, Token: "ready-token", Transport: s.transport})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
