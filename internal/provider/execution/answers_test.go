// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// says tests that everything was said in one diagnostic.
func says(t *testing.T, said acctest.Diagnostics, wants ...string) {
	t.Helper()
	if len(said) != 1 {
		t.Errorf("diagnostics %s, want one", said)
	}
	for _, want := range wants {
		if !strings.Contains(said.String(), want) {
			t.Errorf("diagnostics %s, want that it says %q", said, want)
		}
	}
}

func TestAnswer_thatIsNoTokenIsDescribed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault mockserver.Fault
		wants []string
	}{
		"a page": {mockserver.Fault{Body: "<html>Sign in</html>", ContentType: "text/html; charset=utf-8"},
			[]string{"200 OK", "text/html", "it is not the JSON of a token"}},
		"another name": {mockserver.Fault{Body: `{"token": "abc"}`, ContentType: "application/json"},
			[]string{"200 OK", "application/json", "access_token is missing"}},
		"nothing": {mockserver.Fault{Status: 204, ContentType: "application/json"}, []string{"204 No Content"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
				c.fault.On, c.fault.Kind = "token", mockserver.FaultBody
				server.Inject(c.fault)
				began := time.Now()
				_, said := newCore(t, server).Apply(t.Context(), acctest.Instance{}, acctest.Request())
				says(t, said, append(c.wants, "token_url", "proxy", "HTTPS_PROXY")...)
				if asked := server.Calls("token"); asked != 1 || time.Since(began) > time.Second {
					t.Errorf("asked %d times in %s, want once, at once", asked, time.Since(began))
				}
			})
		})
	}
}

func TestAnswer_thatIsATokenInAnotherFormIsTaken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, contentType string }{
		"1800.0":          {`{"access_token": "mock-token", "expires_in": 1800.0}`, "application/json"},
		"no expiry":       {`{"access_token": "mock-token", "expires_in": ""}`, "application/json"},
		"plain text":      {`{"access_token": "mock-token", "expires_in": 1800}`, "text/plain"},
		"byte-order mark": {"\ufeff" + `{"access_token": "mock-token", "expires_in": "1800.5"}`, "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := acctest.Scenario(mockserver.Run{})
			s.Token = "mock-token"
			acctest.InBubble(t, 1, s, func(t *testing.T, server *mockserver.Server) {
				server.Inject(mockserver.Fault{
					On: "token", Kind: mockserver.FaultBody, Body: c.body, ContentType: c.contentType,
				})
				if _, said := newCore(t, server).Apply(t.Context(), acctest.Instance{}, acctest.Request()); len(said) > 0 {
					t.Errorf("diagnostics %s, want none", said)
				}
			})
		})
	}
}

// A proxy, or a certificate, is met first when a token is asked for.
func TestAnswer_ofAProxyOrOfAnUntrustedServerAdvises(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		serve func(http.Handler) *httptest.Server
		// environment is how the server stands in the way.
		environment func(address string) string
		wants       []string
	}{
		"proxy": {httptest.NewServer, func(address string) string { return "HTTPS_PROXY=" + address },
			[]string{"the proxy refused to connect: 407 Proxy Authentication Required"}},
		"certificate": {httptest.NewTLSServer, func(address string) string { return "MATILLION_TOKEN_URL=" + address },
			[]string{"certificate signed by unknown authority"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			server := c.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				w.WriteHeader(http.StatusProxyAuthRequired)
			}))
			defer server.Close()
			w := acctest.NewWorkspace(t, acctest.Execution(fmt.Sprintf("project_id = %q", acctest.ProjectID)))
			w.Env = append(w.Env, "MATILLION_REGION=eu", "MATILLION_CLIENT_ID=a", "MATILLION_CLIENT_SECRET=bcdef",
				"MATILLION_PLAN_CHECKS=off", c.environment(server.URL))
			result := w.Apply()
			detail := result.Detail("Matillion cannot be reached")
			for _, want := range append(c.wants, "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE") {
				if !strings.Contains(detail, want) {
					t.Errorf("the error is %q, want that it says %q", detail, want)
				}
			}
			if got := asked.Load(); result.Exit != 1 || got > 1 {
				t.Errorf("exit status %d after %d requests, want 1 after one", result.Exit, got)
			}
		})
	}
}

func TestAnswer_thatRedirectsTheStartNamesWhereTo(t *testing.T) {
	t.Parallel()
	for status, started := range map[int]bool{301: false, 307: false, 308: false, 302: true, 303: true} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
				server.Inject(mockserver.Fault{
					On: "execute", Kind: mockserver.FaultStatus, Status: status,
					Headers: map[string]string{"Location": "https://u:S3cret@sign-in.example/start?key=S3cret"},
				})
				_, said := newCore(t, server).Apply(t.Context(), acctest.Instance{}, acctest.Request())
				wants := []string{fmt.Sprint(status), "Location: https://sign-in.example/start"}
				if started {
					wants = append(wants, "Pipeline may have been started")
				} else {
					wants = append(wants, "The pipeline was not started", "api_url")
				}
				says(t, said, wants...)
				if strings.Contains(said.String(), "S3cret") {
					t.Errorf("the secret of an address is shown: %s", said)
				}
			})
		})
	}
}

// A 404 of everything may be an address without its path.
func TestAnswer_thatKnowsNothingPointsAtTheAddress(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		server.Inject(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 404, Body: "404 page not found"})
		core := acctest.NewCore(t, server)
		_, said := core.Resource("matillion_pipeline_execution").Apply(t.Context(), acctest.Instance{}, acctest.Request())
		says(t, said, "api_url", "/dpc")
		for _, lookup := range []string{"matillion_environments", "matillion_pipeline_executions"} {
			_, said = core.ReadDataSource(lookup, nil)
			says(t, said, "api_url", "/dpc")
		}
		config := acctest.Request()
		config["environment_name"] = acctest.String("Staging")
		delete(config, "pipeline_name")
		_, said = core.ReadDataSource("matillion_published_pipelines", config)
		says(t, said, "api_url", "/dpc")
	})
}

// What a server says may move the cursor of a terminal, or fill it.
func TestAnswer_isWrittenWithoutEscapesAndNotWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 50<<10)
	acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{Ends: "FAILED"}),
		func(t *testing.T, server *mockserver.Server) {
			server.Inject(mockserver.Fault{On: "steps", Kind: mockserver.FaultBody, Body: `{"results": [{"id": "1", "name": "` +
				long + `\u001b[2J", "result": {"status": "FAILED", "message": "\u001b]0;title\u0007` + long + `"}}]}`})
			server.Inject(mockserver.Fault{On: "details", Kind: mockserver.FaultBody, Body: `{"result": {"status": "FAILED",` +
				`"pipelineExecutionId": "EXECUTION_ID", "pipelineType": "ORCH\u001b[31mESTRATION", "trigger": "API\u202e",` +
				`"message": "red\u001b[0m\r\nline"}}`, ContentType: "application/json"})
			got, said := newCore(t, server).Apply(t.Context(), acctest.Instance{}, acctest.AwaitedRequest())
			if text := said.String(); !said.Failed() || len(text) > 5000 || strings.ContainsAny(text, "\x1b\x07\r\u202e") {
				t.Errorf("diagnostics of %d bytes with escapes: %.500q", len(text), text)
			}
			for _, name := range []string{"status", "message", "pipeline_type", "trigger"} {
				if value := got.Attribute(name); value == "" || strings.ContainsAny(value, "\x1b\x07\r\n\u202e") {
					t.Errorf("the state has the %s %q, want it without escapes", name, value)
				}
			}
		})
	strange := mockserver.Run{Ends: "\x1b[31mFAILED\x1b[0m", Duration: mockserver.Duration(time.Hour)}
	acctest.InBubble(t, 1, acctest.Scenario(strange), func(t *testing.T, server *mockserver.Server) {
		server.Inject(mockserver.Fault{On: "details", Kind: mockserver.FaultBody, ContentType: "application/json",
			Body: `{"result": {"status": "\u001b[31mWAITING", "pipelineExecutionId": "EXECUTION_ID"}}`})
		config := acctest.AwaitedRequest()
		config["timeouts"] = acctest.Timeouts("1m")
		got, said := newCore(t, server).Apply(t.Context(), acctest.Instance{}, config)
		if strings.Contains(said.String()+got.Attribute("status"), "\x1b") || got.Attribute("status") == "" {
			t.Errorf("status %q and diagnostics %q, want them without escapes", got.Attribute("status"), said)
		}
	})
}
