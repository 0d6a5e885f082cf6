// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// net/http repeats what an HTTP/2 server has acted upon, if that resets the stream as a violation of the protocol: the
// execute call was sent 7,223 times in half a minute. So what must be sent once goes over HTTP/1.1, and over a connection
// of its own, on which net/http repeats nothing.
func TestHTTP2_isForWhatMayBeRepeated(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var requests, connections []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		requests = append(requests, r.Method+" "+r.Proto)
		connections = append(connections, r.RemoteAddr)
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		if _, err := fmt.Fprintf(w, `{"pipelineExecutionId": "id-%d", "status": "RUNNING"}`, len(requests)); err != nil {
			t.Error(err)
		}
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	transport := NewTransport()
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	transport.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	t.Cleanup(transport.CloseIdleConnections)
	client, err := New(Config{BaseURL: server.URL, Token: "ready-token", Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, _, err := client.Executions.execute(t.Context(), testRequest()); err != nil {
			t.Error(err)
		}
		if err := client.do(t.Context(), request{method: http.MethodGet, again: never}, nil); err != nil {
			t.Error(err)
		}
	}
	wantEqual(t, "requests", requests, []string{"POST HTTP/1.1", "GET HTTP/2.0", "POST HTTP/1.1", "GET HTTP/2.0"})
	slices.Sort(connections)
	wantEqual(t, "connections", len(slices.Compact(connections)), 3)
}

// A transport of somebody else's is used as it is.
func TestHTTP2_anotherTransportIsLeftAlone(t *testing.T) {
	t.Parallel()
	sent := 0
	client := talkingTo(t, func(req *http.Request) (*http.Response, error) {
		sent++
		return answerTo(req, http.StatusForbidden, http.NoBody), nil
	})
	_, _, err := client.Executions.execute(t.Context(), testRequest())
	wantEqual(t, "status", StatusCode(err), http.StatusForbidden)
	wantEqual(t, "requests", sent, 1)
}
