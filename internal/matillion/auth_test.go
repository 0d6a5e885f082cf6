// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

func onToken(f mockserver.Fault) []mockserver.Fault {
	f.On = mockserver.OpToken
	return []mockserver.Fault{f}
}

func TestTokens_oneForAll(t *testing.T) {
	t.Parallel()
	for _, latency := range []mockserver.Duration{0, second} {
		t.Run(latency.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{Latency: latency}})
				together(100, func(int) {
					if _, err := c.Projects.List(t.Context()); err != nil {
						t.Error(err)
					}
				})
				wantEqual(t, "tokens", c.server.Calls(mockserver.OpToken), 1)
				wantEqual(t, "time", time.Since(c.began), 2*time.Duration(latency))
			})
		})
	}
}

func TestTokens_areRenewedBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	for lifetime, renewed := range map[time.Duration]time.Duration{
		30 * time.Minute: 29 * time.Minute,
		2 * time.Hour:    119 * time.Minute,
		10 * time.Minute: 9 * time.Minute,
		time.Minute:      54 * time.Second,
		10 * time.Second: 9 * time.Second,
	} {
		t.Run(lifetime.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{TokenLifetime: mockserver.Duration(lifetime)}})
				ask := func(tokens int) {
					t.Helper()
					if _, err := c.Projects.List(t.Context()); err != nil {
						t.Error(err)
					}
					wantEqual(t, "tokens", c.server.Calls(mockserver.OpToken), tokens)
				}
				ask(1)
				advance(renewed - 1)
				ask(1)
				advance(1)
				ask(2)
				advance(3 * lifetime)
				ask(3)
				wantEqual(t, "refusals", c.server.Refused("", http.StatusUnauthorized), 0)
			})
		})
	}
}

func TestTokens_withoutAnEndAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: onToken(mockserver.Fault{
			Kind: mockserver.FaultBody, Body: `{"access_token":"mock-token"}`,
		})}})
		for range 3 {
			if _, err := c.Projects.List(t.Context()); err != nil {
				t.Error(err)
			}
			advance(24 * time.Hour)
		}
		wantEqual(t, "tokens", c.server.Calls(mockserver.OpToken), 1)
	})
}

func TestTokens_credentialsGoInTheBody(t *testing.T) {
	t.Parallel()
	for audience, want := range map[string]string{"": DefaultAudience, "https://audience.example": "https://audience.example"} {
		t.Run("audience "+audience, func(t *testing.T) {
			t.Parallel()
			var forms []url.Values
			var headers []http.Header
			client, err := New(Config{
				BaseURL: testBase, ClientID: "the id", ClientSecret: "s3cret &=+/%", Audience: audience,
				Transport: stub(func(req *http.Request) (*http.Response, error) {
					if req.Method != http.MethodPost {
						return answerTo(req, http.StatusOK, strings.NewReader(`{"results":[]}`)), nil
					}
					body, err := io.ReadAll(req.Body)
					if err != nil {
						return nil, err
					}
					form, err := url.ParseQuery(string(body))
					forms, headers = append(forms, form), append(headers, req.Header)
					wantEqual(t, "query", req.URL.RawQuery, "")
					return answerTo(req, http.StatusOK, strings.NewReader(`{"access_token":"t","expires_in":1800}`)), err
				}),
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.Projects.List(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "forms", forms, []url.Values{{
				"grant_type": {"client_credentials"}, "client_id": {"the id"}, "client_secret": {"s3cret &=+/%"}, "audience": {want},
			}})
			wantEqual(t, "content type", headers[0].Get("Content-Type"), "application/x-www-form-urlencoded")
			wantEqual(t, "authorization", headers[0].Values("Authorization"), []string(nil))
		})
	}
}

func TestTokens_wrongCredentialsAreSentOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{config: Config{ClientID: "mock-client-id", ClientSecret: "wrong"}})
		_, err := c.Projects.List(t.Context())
		tokenErr := wantError[*TokenError](t, err)
		wantEqual(t, "refused", tokenErr.Refused(), true)
		wantEqual(t, "message", err.Error(), "access token: 401 invalid_client")
		wantEqual(t, "token requests", c.server.Calls(mockserver.OpToken), 1)
		wantEqual(t, "other requests", c.server.Calls(""), 0)
	})
}

func TestTokens_whenTheIdentityServiceMisbehaves(t *testing.T) {
	t.Parallel()
	const canary = "mock-client-secret"
	answer := func(status int, body string) mockserver.Fault {
		return mockserver.Fault{Kind: mockserver.FaultBody, Status: status, Body: body}
	}
	for name, test := range map[string]struct {
		fault mockserver.Fault
		// want is the end of the message.
		want    string
		refused bool
		calls   int
	}{
		"500":            {mockserver.Fault{Kind: mockserver.FaultStatus}, "500 server_error", false, 6},
		"503 with HTML":  {answer(503, "<html>"+canary), "503 Service Unavailable", false, 6},
		"429":            {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 429}, "429 server_error", false, 6},
		"408":            {answer(408, ""), "408 Request Timeout", false, 6},
		"400":            {answer(400, `{"error":"invalid_request","error_description":"`+canary+`"}`), "400 invalid_request", true, 1},
		"401 with text":  {answer(401, "Bad secret "+canary), "401 Unauthorized", true, 1},
		"403":            {answer(403, `["`+canary+`"]`), "403 Forbidden", true, 1},
		"error is text":  {answer(400, `{"error":"no such client: `+canary+`, sorry"}`), "400 no such client: (redacted), sorry", true, 1},
		"error is long":  {answer(400, `{"error":"`+strings.Repeat("x", 5000)+`"}`), "400 " + strings.Repeat("x", 1000) + "...", true, 1},
		"redirect":       {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 307, Headers: map[string]string{"Location": "https://elsewhere.example"}}, "307 server_error", false, 6},
		"HTML":           {answer(200, "<html>"+canary), "200 OK, application/json: it is not the JSON of a token", false, 1},
		"no token":       {answer(200, `{"token":"`+canary+`"}`), "200 OK, application/json: access_token is missing", false, 1},
		"empty token":    {answer(200, `{"access_token":""}`), "200 OK, application/json: access_token is missing", false, 1},
		"empty":          {answer(200, ""), "200 OK, application/json: it is not the JSON of a token", false, 1},
		"dropped":        {mockserver.Fault{Kind: mockserver.FaultDropAfter}, "EOF", false, 6},
		"dial refused":   {mockserver.Fault{Kind: mockserver.FaultDial}, "dial tcp: connection refused", false, 6},
		"broken off":     {mockserver.Fault{Kind: mockserver.FaultTruncate}, "unexpected EOF", false, 6},
		"no answer":      {mockserver.Fault{Kind: mockserver.FaultHang}, "no complete answer within 30s", false, 6},
		"error with 200": {answer(200, `{"error":"invalid_client"}`), "200 OK, application/json: access_token is missing", false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, setup{scenario: mockserver.Scenario{Faults: onToken(test.fault)}})
				_, err := c.Projects.List(t.Context())
				tokenErr := wantError[*TokenError](t, err)
				wantEqual(t, "message", err.Error(), "access token: "+test.want)
				wantEqual(t, "refused", tokenErr.Refused(), test.refused)
				wantEqual(t, "token requests", c.server.Calls(mockserver.OpToken)+dials(test.fault), test.calls)
				for e := error(tokenErr); e != nil; e = errors.Unwrap(e) {
					if strings.Contains(e.Error(), canary) {
						t.Errorf("the secret is in %q", e)
					}
				}
			})
		})
	}
}

// An expiry in an odd form is none, and a token is one whatever its content type.
func TestTokens_areTakenInOddForms(t *testing.T) {
	t.Parallel()
	for name, expiry := range map[string]string{
		"float": "1800.0", "half": "1800.5", "text": `"1800"`, "text of a float": `"1800.0"`, "empty": `""`, "word": `"soon"`,
		"null": "null", "zero": "0", "negative": "-5", "huge": "1e99", "list": "[1800]",
	} {
		for _, contentType := range []string{"application/json", "text/plain", "text/html; charset=utf-8", ""} {
			t.Run(name+" as "+contentType, func(t *testing.T) {
				t.Parallel()
				client := talkingTo(t, func(req *http.Request) (*http.Response, error) {
					if !strings.HasSuffix(req.URL.Path, "/token") {
						wantEqual(t, "token", req.Header.Get("Authorization"), "Bearer t0ken")
						return answerTo(req, http.StatusOK, strings.NewReader(`{"results":[]}`)), nil
					}
					resp := answerTo(req, http.StatusOK, strings.NewReader("\ufeff"+`{"access_token":"t0ken","expires_in":`+expiry+`}`))
					resp.Header.Set("Content-Type", contentType)
					return resp, nil
				})
				client.tokens.ready, client.tokens.grant.TokenURL = "", "https://id.example/token"
				if _, err := client.Projects.List(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// dials is how often the attempts of a client that gives up do not reach the server.
func dials(f mockserver.Fault) int {
	if f.Kind == mockserver.FaultDial {
		return attempts
	}
	return 0
}

func TestTokens_serviceHasItsTime(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{mockserver.FaultHang, mockserver.FaultDrip} {
		synctest.Test(t, func(t *testing.T) {
			c := connect(t, setup{scenario: mockserver.Scenario{Faults: onToken(mockserver.Fault{Kind: kind, Delay: second * 7 / 10})}})
			_, err := c.tokens.bearer(t.Context())
			wantKind(t, err, KindUnreachable)
			wantEqual(t, "time", time.Since(c.began), 30*time.Second)
		})
	}
}

func TestTokens_serviceMaySayWhenToComeBack(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 503} {
		synctest.Test(t, func(t *testing.T) {
			c := connect(t, setup{scenario: mockserver.Scenario{Faults: onToken(mockserver.Fault{
				Kind: mockserver.FaultStatus, Status: status, RetryAfter: "13", Times: 2,
			})}})
			if _, err := c.Projects.List(t.Context()); err != nil {
				t.Error(err)
			}
			wantEqual(t, "time", time.Since(c.began), 26*time.Second)
		})
	}
}

func TestTokens_readyOneNeverAsks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{run: mockserver.Run{Duration: 60 * minute}, started: 1, config: Config{
			Token: "mock-token", ClientID: "mock-client-id", ClientSecret: "mock-client-secret",
		}})
		if _, err := c.follow(t.Context(), t, nil); err != nil {
			t.Error(err)
		}
		wantEqual(t, "tokens", c.server.Calls(mockserver.OpToken), 0)
	})
}

func TestTokens_readyOneThatIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{config: Config{Token: "another-token"}})
		_, err := c.Executions.Start(t.Context(), testRequest(), StartOptions{})
		wantEqual(t, "status", StatusCode(err), http.StatusUnauthorized)
		wantEqual(t, "posts", c.server.Calls(""), 1)
		wantEqual(t, "tokens", c.server.Calls(mockserver.OpToken), 0)
	})
}

func TestTokens_revokedOneIsReplacedOnceForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Latency: second}})
		if _, err := c.Projects.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.server.RevokeTokens()
		together(50, func(int) {
			if _, err := c.Projects.List(t.Context()); err != nil {
				t.Error(err)
			}
		})
		wantEqual(t, "tokens", c.server.Calls(mockserver.OpToken), 2)
		wantEqual(t, "refusals", c.server.Refused("", http.StatusUnauthorized), 50)
	})
}

// A refusal that comes late is about a token that has been replaced meanwhile.
func TestTokens_freshOneIsNotForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: []mockserver.Fault{
			{On: mockserver.OpEnvironments, Kind: mockserver.FaultDelay, Delay: 10 * second, Times: 1},
		}}})
		if _, err := c.Projects.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		together(2, func(i int) {
			if i == 0 {
				if _, err := c.Environments.List(t.Context(), testProject); err != nil {
					t.Error(err)
				}
				return
			}
			advance(time.Second)
			c.server.RevokeTokens()
			if _, err := c.Projects.List(t.Context()); err != nil {
				t.Error(err)
			}
		})
		wantEqual(t, "refusals", c.server.Refused("", http.StatusUnauthorized), 2)
		wantEqual(t, "tokens", c.server.Calls(mockserver.OpToken), 2)
	})
}

// Whoever asks for the token may leave; the others do not depend on it.
func TestTokens_oneThatLeavesDoesNotCutTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: onToken(mockserver.Fault{
			Kind: mockserver.FaultDelay, Delay: 10 * second,
		})}})
		together(10, func(i int) {
			ctx := t.Context()
			if i == 0 {
				ctx = cancelledAfter(t, 5*time.Second)
			} else {
				advance(time.Second)
			}
			_, err := c.Projects.List(ctx)
			wantEqual(t, "cancelled", errors.Is(err, context.Canceled), i == 0)
			wantEqual(t, "answered", err == nil, i != 0)
		})
		wantEqual(t, "time", time.Since(c.began), 15*time.Second)
		wantEqual(t, "tokens", c.server.Calls(mockserver.OpToken), 2)
	})
}

func TestTokens_waitingForOneEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, setup{scenario: mockserver.Scenario{Faults: onToken(mockserver.Fault{Kind: mockserver.FaultHang})}})
		together(5, func(i int) {
			_, err := c.Projects.List(within(t, time.Duration(1+i)*time.Second))
			wantEqual(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
		})
		wantEqual(t, "time", time.Since(c.began), 5*time.Second)
	})
}

func TestTokenError_says(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]*TokenError{
		"access token: 401 invalid_client":          {StatusCode: 401, Code: "invalid_client", Err: errors.New("body")},
		"access token: 502 Bad Gateway":             {StatusCode: 502, Err: errors.New("body")},
		"access token: no complete answer within 9": {Err: errors.New("no complete answer within 9")},
	} {
		wantEqual(t, "message", err.Error(), want)
	}
	for status, refused := range map[int]bool{0: false, 200: false, 302: false, 400: true, 401: true, 403: true, 404: true, 408: false, 429: false, 500: false} {
		wantEqual(t, http.StatusText(status), (&TokenError{StatusCode: status}).Refused(), refused)
	}
}
