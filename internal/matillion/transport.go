package matillion

import (
	"crypto/tls"
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
	// idleTimeout is below what load balancers allow an idle connection (a minute, commonly). A connection that the
	// server is about to close is where a request is lost without a trace.
	idleTimeout = 15 * time.Second
	// idleConnections is how many connections are kept for the next request: Terraform works on ten resources at a
	// time, and may be told to work on hundreds.
	idleConnections = 100
	// maxRedirects bounds a chain of redirects.
	maxRedirects = 5
)

// NewTransport returns the transport of a [Client]: proxies and certificate authorities come from the usual environment
// variables (HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE). Behind the caller's back, net/http sends a write a second time only if
// nothing of it was written, or if an HTTP/2 server says that it has not processed it (RFC 9113, section 8.7).
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: connectTimeout,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        idleConnections,
		MaxIdleConnsPerHost: idleConnections,
		IdleConnTimeout:     idleTimeout,
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

// httpClient returns a client that keeps the rules of [checkRedirect]. Time-outs are the requests' own.
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
