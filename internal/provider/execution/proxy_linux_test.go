// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// Everything listens on the address that means this machine and is no loopback address: those pass every proxy by.
const thisMachine = "0.0.0.0"

// listen returns a server that has not been started.
func listen(t *testing.T, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	_ = server.Listener.Close()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", thisMachine+":0")
	if err != nil {
		t.Fatal(err)
	}
	server.Listener = listener
	t.Cleanup(server.Close)
	return server
}

// newCertificate returns a certificate, its own issuer unless there is a parent.
func newCertificate(t *testing.T, template, parent *x509.Certificate, signer *ecdsa.PrivateKey) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if signer == nil {
		parent, signer = template, key
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	encoded, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{encoded}, PrivateKey: key}
}

// behindPrivateCA serves the API by TLS, with a certificate of a private authority, whose own certificate is in the
// file that is returned.
func behindPrivateCA(t *testing.T, a *acctest.API) (authority string) {
	t.Helper()
	root := &x509.Certificate{
		Subject: pkix.Name{CommonName: "A private authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	ca := newCertificate(t, root, nil, nil)
	signer, ok := ca.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		t.Fatalf("the key is a %T", ca.PrivateKey)
	}
	server := listen(t, a.Server)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{
		newCertificate(t, &x509.Certificate{IPAddresses: []net.IP{net.ParseIP(thisMachine)}}, root, signer),
	}}
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	a.URL = "https://" + server.Listener.Addr().String()
	authority = filepath.Join(t.TempDir(), "authority.pem")
	encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Certificate[0]})
	if err := os.WriteFile(authority, encoded, 0o600); err != nil {
		t.Fatal(err)
	}
	return authority
}

// proxy is an HTTP proxy that wants a password and connects to any address.
type proxy struct {
	mu        sync.Mutex
	connected []string
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") == "" {
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	p.mu.Lock()
	p.connected = append(p.connected, r.Host)
	p.mu.Unlock()
	server, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer func() { _ = server.Close() }()
	w.WriteHeader(http.StatusOK)
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = client.Close() }()
	go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
	_, _ = io.Copy(client, server)
}

// The environment says how the API is reached: through a proxy, and with whose certificates.
func TestEnvironment_proxyAndPrivateCA(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trusts   bool
		noProxy  string
		exit     int
		connects bool
	}{
		"through the proxy":              {trusts: true, connects: true},
		"past the proxy":                 {trusts: true, noProxy: thisMachine},
		"through the proxy, not trusted": {exit: 1, connects: true},
		"past the proxy, not trusted":    {exit: 1, noProxy: thisMachine},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 1-c.exit, acctest.Scenario(mockserver.Run{}))
			authority := behindPrivateCA(t, a)
			p := &proxy{}
			server := listen(t, p)
			server.Start()
			w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`wait_for_completion = true`))
			address := url.URL{Scheme: "http", User: url.UserPassword("user", "Pr0xyS3cret"), Host: server.Listener.Addr().String()}
			w.Env = append(w.Env, "HTTPS_PROXY="+address.String(), "NO_PROXY="+c.noProxy, "no_proxy=")
			if c.trusts {
				w.Env = append(w.Env, "SSL_CERT_FILE="+authority)
			}
			result := w.Apply()
			if result.Exit != c.exit || strings.Contains(result.Output, "Pr0xyS3cret") {
				t.Errorf("exit status %d, want %d, and no password", result.Exit, c.exit)
			}
			api := strings.TrimPrefix(a.URL, "https://")
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, connected := range p.connected {
				if connected != api {
					t.Errorf("the proxy was to connect to %s, want %s", connected, api)
				}
			}
			if (len(p.connected) > 0) != c.connects {
				t.Errorf("the proxy has connected to %q, want that it did: %t", p.connected, c.connects)
			}
			detail := result.Detail("Matillion cannot be reached")
			for _, want := range []string{"certificate signed by unknown authority", "SSL_CERT_FILE", "HTTPS_PROXY"} {
				if strings.Contains(detail, want) == c.trusts {
					t.Errorf("the error is %q, want that it says %q: %t", detail, want, !c.trusts)
				}
			}
		})
	}
}
