// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// connectTimeout bounds the dial and, on its own, the TLS handshake.
	connectTimeout = 10 * time.Second
	// idleTimeout is longer than the longest pause between two polls, and below what load balancers allow an idle
	// connection (a minute, commonly). A connection that the server is about to close is where a request is lost without a
	// trace.
	idleTimeout = 45 * time.Second
	// pingAfter is when an HTTP/2 connection that is silent is asked whether it is still there, and pingTimeout how long
	// it has for an answer: a write on a dead connection is lost.
	pingAfter   = 10 * time.Second
	pingTimeout = 5 * time.Second
	// idleConnections is how many connections are kept for the next request: Terraform works on ten resources at a
	// time, and may be told to work on hundreds.
	idleConnections = 100
	// maxRedirects bounds a chain of redirects.
	maxRedirects = 5
)

// NewTransport returns the transport of a [Client]: that of net/http, with what differs. Proxies and certificate
// authorities come from the usual environment variables (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE).
func NewTransport() *http.Transport {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
	}
	transport = transport.Clone()
	transport.Proxy = withoutItsAddress(http.ProxyFromEnvironment)
	transport.DialContext = (&net.Dialer{Timeout: connectTimeout}).DialContext
	transport.TLSHandshakeTimeout = connectTimeout
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = idleConnections, idleConnections
	transport.IdleConnTimeout = idleTimeout
	transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
		if answer.StatusCode != http.StatusOK {
			return &ProxyError{StatusCode: answer.StatusCode}
		}
		return nil
	}
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout}
	return transport
}

// withoutRepeats returns a transport that sends each request once, by HTTP/1.1 and on a connection of its own. net/http
// sends a request again, behind the caller's back, on a connection that has been used before and that the server has
// closed; and on HTTP/2 also what the server has read, and may have acted upon, if it resets the stream as a violation
// of the protocol.
func withoutRepeats(transport http.RoundTripper) http.RoundTripper {
	shared, ok := transport.(*http.Transport)
	if !ok {
		return transport
	}
	own := shared.Clone()
	own.DisableKeepAlives = true
	own.Protocols = new(http.Protocols)
	own.Protocols.SetHTTP1(true)
	if own.TLSClientConfig != nil {
		own.TLSClientConfig.NextProtos = nil // which have HTTP/2 from the shared transport
	}
	return own
}

// withoutItsAddress keeps the address of a proxy out of errors about it: it may hold a password.
func withoutItsAddress(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(req *http.Request) (*url.URL, error) {
		address, err := proxy(req)
		if err != nil {
			return nil, errors.New("the address of the proxy is not a URL (HTTPS_PROXY)")
		}
		return address, nil
	}
}

// checkRedirect follows the redirect of a read within the host, and nothing else: a write must not be repeated
// elsewhere, and a token must not reach another host.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case first.Method != http.MethodGet:
		return http.ErrUseLastResponse
	case req.URL.Host != first.URL.Host || req.URL.Scheme != first.URL.Scheme:
		return http.ErrUseLastResponse
	case len(via) > maxRedirects:
		return errors.New("too many redirects")
	default:
		return nil
	}
}

// ParseURL returns an address that tokens may be sent to: https, or http to this machine itself, without credentials,
// query or fragment.
func ParseURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL")
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return nil, errors.New("it must be an absolute https:// address")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, errors.New("it must be an https:// address, because tokens are sent there; " +
			"http:// is accepted only for localhost and loopback addresses")
	case u.User != nil:
		return nil, errors.New("it must not contain credentials")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("it must not have a query or a fragment")
	default:
		return u, nil
	}
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// httpClient returns a client that keeps the rules of [checkRedirect]. Timeouts are the requests' own.
func httpClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = NewTransport()
	}
	return &http.Client{Transport: transport, CheckRedirect: checkRedirect}
}

// errTimeout replaces the text of a deadline, which would read as if the caller's own had passed.
func errTimeout(limit time.Duration) error {
	return fmt.Errorf("no complete answer within %s", limit)
}
