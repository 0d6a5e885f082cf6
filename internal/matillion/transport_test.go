// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// listening serves real connections and counts the requests.
func listening(t *testing.T, handle http.HandlerFunc) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var hits atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	return server, &hits
}

// over makes a client with the transport that the provider uses.
func over(t *testing.T, address string) *Client {
	t.Helper()
	transport := NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	client, err := New(Config{BaseURL: address, Token: "ready-token", Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func redirectTo(status int, address func() string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", address())
		w.WriteHeader(status)
	}
}

var redirects = []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect}

func TestTransport_redirectsOfWritesAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range redirects {
		for _, where := range []string{"same host", "other host"} {
			t.Run(fmt.Sprint(status, " ", where), func(t *testing.T) {
				t.Parallel()
				other, otherHits := listening(t, func(http.ResponseWriter, *http.Request) {})
				var target string
				server, hits := listening(t, redirectTo(status, func() string { return target }))
				target = server.URL + "/elsewhere"
				if where == "other host" {
					target = other.URL + "/elsewhere"
				}
				client := over(t, server.URL)
				_, _, err := client.Executions.execute(t.Context(), testRequest())
				wantEqual(t, "status", StatusCode(err), status)
				wantEqual(t, "may have started", mayHaveActed(err), status == 302 || status == 303)
				err = client.Executions.cancel(t.Context(), Handle{ProjectID: testProject, ID: testID}, false)
				wantEqual(t, "status", StatusCode(err), status)
				wantEqual(t, "requests", hits.Load(), int32(2))
				wantEqual(t, "requests elsewhere", otherHits.Load(), int32(0))
			})
		}
	}
}

func TestTransport_redirectsOfReadsAreFollowedWithinTheHost(t *testing.T) {
	t.Parallel()
	for _, status := range redirects {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			server, hits := listening(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer ready-token" {
					t.Errorf("%s has no token", r.URL)
				}
				if !strings.HasPrefix(r.URL.Path, "/new/") {
					w.Header().Set("Location", "/new"+r.URL.Path)
					w.WriteHeader(status)
					return
				}
				_, _ = io.WriteString(w, `{"results":[{"id":"i"}],"total":1}`)
			})
			projects, err := over(t, server.URL).Projects.List(t.Context())
			if err != nil || len(projects) != 1 {
				t.Errorf("Projects = %v, %v", projects, err)
			}
			wantEqual(t, "requests", hits.Load(), int32(2))
		})
	}
}

func TestTransport_tokensGoToNoOtherHost(t *testing.T) {
	t.Parallel()
	for _, status := range redirects {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			other, otherHits := listening(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %v", r.URL, r.Header) })
			server, hits := listening(t, redirectTo(status, func() string { return other.URL }))
			_, err := over(t, server.URL).Projects.List(t.Context())
			wantEqual(t, "status", StatusCode(err), status)
			wantEqual(t, "kind", KindOf(err), KindRedirect)
			wantEqual(t, "requests", hits.Load(), int32(1))
			wantEqual(t, "requests elsewhere", otherHits.Load(), int32(0))
		})
	}
}

// Neither the host of another port, nor of another scheme, is the same.
func TestCheckRedirect_whatIsTheSameHost(t *testing.T) {
	t.Parallel()
	for target, same := range map[string]bool{
		"https://api.example/new":      true,
		"https://API.example/new":      false,
		"https://api.example:443/new":  false,
		"https://api.example:8443/new": false,
		"http://api.example/new":       false,
		"https://api.example.org/new":  false,
		"https://x.api.example/new":    false,
		"https://evil@api.example/new": true,
		"https://api.example@evil/new": false,
	} {
		client := &http.Client{CheckRedirect: checkRedirect, Transport: stub(func(req *http.Request) (*http.Response, error) {
			resp := answerTo(req, http.StatusOK, strings.NewReader(""))
			if req.URL.Path == "/old" {
				resp.StatusCode = http.StatusFound
				resp.Header.Set("Location", target)
			}
			return resp, nil
		})}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example/old", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		wantEqual(t, target, resp.StatusCode == http.StatusOK, same)
	}
}

func TestTransport_redirectsComeToAnEnd(t *testing.T) {
	t.Parallel()
	server, hits := listening(t, redirectTo(http.StatusFound, func() string { return "/again" }))
	err := over(t, server.URL).send(t.Context(), request{method: http.MethodGet, elements: []string{"projects"}}, nil)
	if err == nil || !strings.HasSuffix(err.Error(), "too many redirects") {
		t.Errorf("error = %v", err)
	}
	wantEqual(t, "requests", hits.Load(), int32(1+maxRedirects))
}

func TestTransport_identityServiceMayNotRedirect(t *testing.T) {
	t.Parallel()
	other, otherHits := listening(t, func(http.ResponseWriter, *http.Request) {})
	server, _ := listening(t, redirectTo(http.StatusTemporaryRedirect, func() string { return other.URL }))
	client, err := New(Config{BaseURL: server.URL, TokenURL: server.URL + "/token", ClientID: "id", ClientSecret: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.tokens.bearer(t.Context())
	wantEqual(t, "status", wantError[*TokenError](t, err).StatusCode, http.StatusTemporaryRedirect)
	wantEqual(t, "requests elsewhere", otherHits.Load(), int32(0))
}

// net/http repeats requests on its own when it takes them for repeatable. It must not take the execute call for one.
func TestTransport_nothingIsSentTwiceBehindOurBack(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{"nothing": "", "a broken header": "HTTP/1.1 2", "no body": "HTTP/1.1 201 Created\r\nContent-Length: 70\r\n\r\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, hits := listening(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					_, _ = io.WriteString(w, `{"results":[],"total":0}`)
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				conn, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.WriteString(conn, answer)
				_ = conn.Close()
			})
			client := over(t, server.URL)
			// The connection is kept: that is where net/http may think of a stale one.
			if _, err := client.Projects.List(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, _, err := client.Executions.execute(t.Context(), testRequest())
			wantEqual(t, "written", wantError[*ConnectionError](t, err).Written, true)
			wantEqual(t, "may have started", mayHaveActed(err), true)
			wantEqual(t, "requests", hits.Load(), int32(2))
		})
	}
}

func TestTransport_tellsWhatWasNeverWritten(t *testing.T) {
	t.Parallel()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	closed, _ := listening(t, func(http.ResponseWriter, *http.Request) {})
	closed.Close()
	for name, address := range map[string]string{
		"refused":   closed.URL,
		"untrusted": untrusted.URL,
		"not TLS":   strings.Replace(plain(t).URL, "http:", "https:", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := over(t, address).Executions.execute(t.Context(), testRequest())
			wantEqual(t, "written", wantError[*ConnectionError](t, err).Written, false)
			wantEqual(t, "may have started", mayHaveActed(err), false)
			wantEqual(t, "never written", neverWritten(err), true)
		})
	}
}

func plain(t *testing.T) *httptest.Server {
	t.Helper()
	server, _ := listening(t, func(http.ResponseWriter, *http.Request) {})
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	return server
}

func TestTransport_oldTLSIsRefused(t *testing.T) {
	t.Parallel()
	for version, accepted := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, `{"pipelineExecutionId":"`+testID+`"}`)
			}))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.TLS = &tls.Config{MinVersion: version, MaxVersion: version} //nolint:gosec // The point is an old version.
			server.StartTLS()
			t.Cleanup(server.Close)
			transport := NewTransport()
			t.Cleanup(transport.CloseIdleConnections)
			transport.TLSClientConfig.RootCAs = x509.NewCertPool()
			transport.TLSClientConfig.RootCAs.AddCert(server.Certificate())
			client, err := New(Config{BaseURL: server.URL, Token: "ready-token", Transport: transport})
			if err != nil {
				t.Fatal(err)
			}
			answer, _, err := client.Executions.execute(t.Context(), testRequest())
			if accepted {
				wantEqual(t, "id", answer.ID, testID)
				return
			}
			wantEqual(t, "written", wantError[*ConnectionError](t, err).Written, false)
		})
	}
}

func TestTransport_compressedBodiesAreBounded(t *testing.T) {
	t.Parallel()
	server, _ := listening(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("the client wants no compression")
		}
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		spaces := []byte(strings.Repeat(" ", 1<<20))
		for range 9 {
			_, _ = packed.Write(spaces)
		}
		_ = packed.Close()
	})
	_, err := over(t, server.URL).Projects.List(t.Context())
	wantEqual(t, "problem", wantError[*AnswerError](t, err).Problem, "the answer is too large")
}

func TestTransport_contextCutsARequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server, _ := listening(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := over(t, server.URL).Projects.List(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
}

func TestTransport_talksToTheMockOverSockets(t *testing.T) {
	t.Parallel()
	mock := mockserver.New(mockserver.SampleScenario())
	server := httptest.NewServer(mock)
	t.Cleanup(server.Close)
	transport := NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	client, err := New(Config{
		BaseURL: server.URL + mockserver.APIPath, TokenURL: server.URL + mockserver.TokenPath,
		ClientID: "mock-client-id", ClientSecret: "mock-client-secret", Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	req := testRequest()
	req.PipelineName = "ingest/orders.orch.yaml"
	started, err := client.Executions.Start(t.Context(), req, StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	execution, err := client.Executions.Wait(t.Context(), started.Handle, nil)
	if err != nil || execution.Status != StatusSuccess {
		t.Errorf("Wait = %+v, %v", execution, err)
	}
	wantEqual(t, "runs", len(mock.Started()), 1)
	wantEqual(t, "unexpected requests", len(mock.Unexpected()), 0)
}

func TestNewTransport_boundsWhatTakesTime(t *testing.T) {
	t.Parallel()
	transport := NewTransport()
	wantEqual(t, "TLS handshake", transport.TLSHandshakeTimeout, connectTimeout)
	wantEqual(t, "idle connections per host", transport.MaxIdleConnsPerHost, idleConnections)
	wantEqual(t, "TLS as net/http has it", transport.TLSClientConfig == nil || !transport.TLSClientConfig.InsecureSkipVerify, true)
	wantBetween(t, "idle", transport.IdleConnTimeout, pollIntervals()[len(pollIntervals())-1]+time.Second, time.Minute)
	wantEqual(t, "pings a silent connection", transport.HTTP2.SendPingTimeout, pingAfter)
	wantEqual(t, "proxies are the environment's", transport.Proxy != nil, true)
	wantEqual(t, "each has its own", NewTransport() != transport, true)
}

func TestParseURL_takesWhatTokensMayBeSentTo(t *testing.T) {
	t.Parallel()
	const (
		notURL   = "it is not a URL"
		absolute = "it must be an absolute https:// address"
		secure   = "it must be an https:// address, because tokens are sent there; " +
			"http:// is accepted only for localhost and loopback addresses"
		credentials = "it must not contain credentials"
		query       = "it must not have a query or a fragment"
	)
	for address, want := range map[string]string{
		"https://eu1.api.matillion.com/dpc":     "",
		"https://eu1.api.matillion.com/dpc/v1/": "",
		"https://api.example:8443":              "",
		"https://10.0.0.1":                      "",
		"https://[2001:db8::1]:443/x":           "",
		"HTTPS://api.example":                   "",
		"http://localhost:8080/dpc":             "",
		"http://127.0.0.1":                      "",
		"http://127.8.9.10:1":                   "",
		"http://[::1]:8080":                     "",
		"http://[::ffff:127.0.0.1]:8080":        "",
		"":                                      absolute,
		"api.example":                           absolute,
		"//api.example":                         absolute,
		"https:api.example":                     absolute,
		"https://":                              absolute,
		"https:///dpc":                          absolute,
		"https://:8443":                         absolute,
		"ftp://api.example":                     absolute,
		"file:///etc/passwd":                    absolute,
		"javascript:alert(1)":                   absolute,
		"://":                                   notURL,
		"https://api example":                   notURL,
		"https://api.example/%zz":               notURL,
		"https://api.example:port":              notURL,
		"https://api.example\x7f":               notURL,
		"http://api.example":                    secure,
		"http://localhost.example":              secure,
		"http://127.0.0.1.example":              secure,
		"http://128.0.0.1":                      secure,
		"http://0.0.0.0":                        secure,
		"http://[::]":                           secure,
		"http://10.0.0.1":                       secure,
		"http://user@localhost.example":         secure,
		"https://user@api.example":              credentials,
		"https://user:secret@api.example":       credentials,
		"https://@api.example":                  credentials,
		"http://user:secret@localhost":          credentials,
		"https://api.example?x=1":               query,
		"https://api.example?":                  query,
		"https://api.example/dpc#v1":            query,
	} {
		u, err := ParseURL(address)
		got := ""
		if err != nil {
			got = err.Error()
		}
		wantEqual(t, fmt.Sprintf("%q", address), got, want)
		wantEqual(t, "an address or an error", (u != nil) == (err == nil), true)
		if strings.Contains(got, "secret") {
			t.Errorf("the error repeats the address: %s", got)
		}
	}
}

func TestIsLoopback_isThisMachine(t *testing.T) {
	t.Parallel()
	wantEqual(t, "an address of the network", isLoopback(net.IPv4(192, 0, 2, 1).String()), false)
	wantEqual(t, "nothing", isLoopback(""), false)
}

// What no try can mend is tried once, and says what it is: these are the errors that users behind a proxy see.
func TestTransport_whatCannotBeMendedIsTriedOnce(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusForbidden, http.StatusProxyAuthRequired} {
		proxy, hits := listening(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		transport := NewTransport()
		transport.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
		for name, cfg := range map[string]Config{
			"API":   {BaseURL: "https://api.example", Token: "t0ken", Transport: transport},
			"token": {BaseURL: "https://api.example", ClientID: "a", ClientSecret: "bcdef", Transport: transport},
		} {
			client, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			before := hits.Load()
			_, err = client.Executions.Start(t.Context(), testRequest(), StartOptions{})
			wantKind(t, err, KindUnreachable)
			wantEqual(t, name+": status", wantError[*ProxyError](t, err).StatusCode, status)
			wantEqual(t, name+": tries", hits.Load()-before, int32(1))
		}
	}
}

func TestTransport_certificateThatIsNotTrustedIsTriedOnce(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	var connections atomic.Int32
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	client, err := New(Config{BaseURL: server.URL, Token: "t0ken"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Executions.Start(t.Context(), testRequest(), StartOptions{})
	wantKind(t, err, KindUnreachable)
	wantEqual(t, "tries", connections.Load(), int32(1))
}

func TestTransport_showsNoPasswordOfAProxy(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://svc:S3cret%zz@proxy", "http://svc:S3cret@proxy:port"} {
		_, err := withoutItsAddress(func(*http.Request) (*url.URL, error) { return url.Parse(address) })(nil)
		if err == nil || strings.Contains(err.Error(), "S3cret") || !strings.Contains(err.Error(), "HTTPS_PROXY") {
			t.Errorf("the error is %v, want one that names HTTPS_PROXY, without the password", err)
		}
	}
}
