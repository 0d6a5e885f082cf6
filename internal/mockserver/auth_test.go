// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// askToken asks for a token with a form; basic, when not empty, goes into HTTP Basic.
func (c *client) askToken(form url.Values, basic ...string) reply {
	c.t.Helper()
	req := c.request(c.t.Context(), http.MethodPost, TokenPath, form.Encode())
	req.Header.Del("Authorization")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if len(basic) == 2 {
		req.SetBasicAuth(basic[0], basic[1])
	}
	r, err := c.send(req)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func grant(id, secret string) url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
}

func TestToken_grants(t *testing.T) {
	t.Parallel()
	s := testScenario(Run{})
	s.ClientID, s.ClientSecret = "an id", "a/secret+%&"
	bothWays(t, s, func(t *testing.T, c *client) {
		only := url.Values{"grant_type": {"client_credentials"}, "audience": {"https://api.matillion.com"}}
		for _, r := range []reply{
			c.askToken(grant(s.ClientID, s.ClientSecret)),
			c.askToken(only, url.QueryEscape(s.ClientID), url.QueryEscape(s.ClientSecret)),
		} {
			wantEqual(t, r.status, http.StatusOK)
			wantEqual(t, r.body["expires_in"], any(1800.0))
			wantEqual(t, r.body["token_type"], any("Bearer"))
			c.token, _ = r.body["access_token"].(string)
			c.start()
		}
		wantEqual(t, c.server.Calls(OpToken), 2)
		wantEqual(t, c.server.Calls(""), 2)
	})
}

func TestToken_refuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		form   url.Values
		status int
		text   string
		// malformed requests are reported.
		malformed int
	}{
		"wrong secret": {grant(defaultClientID, "x"), 401, `{"error":"invalid_client"}`, 0},
		"wrong id":     {grant("x", defaultClientSecret), 401, `{"error":"invalid_client"}`, 0},
		"nothing":      {url.Values{"grant_type": {"client_credentials"}}, 401, `{"error":"invalid_client"}`, 0},
		"other grant":  {url.Values{"grant_type": {"password"}}, 400, `{"error":"unsupported_grant_type"}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := inProcess(t, testScenario(Run{}))
			r := c.askToken(test.form)
			wantEqual(t, r.status, test.status)
			wantEqual(t, r.text, test.text)
			wantEqual(t, len(c.server.Unexpected()), test.malformed)
		})
	}
}

func TestToken_refusesJSON(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	r := c.do(http.MethodPost, TokenPath, `{"grant_type":"client_credentials"}`)
	wantEqual(t, r.status, http.StatusBadRequest)
	wantEqual(t, r.text, `{"error":"invalid_request"}`)
	wantEqual(t, len(c.server.Unexpected()), 1)
}

func TestToken_expires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, testScenario(Run{}))
		c.token, _ = c.askToken(grant(defaultClientID, defaultClientSecret)).body["access_token"].(string)
		advance(30*time.Minute - 1)
		wantEqual(t, c.execute(executeJSON("")).status, http.StatusCreated)
		advance(1)
		wantEqual(t, c.execute(executeJSON("")).status, http.StatusUnauthorized)
		c.wantStarted(1)
		c.token = defaultToken
		wantEqual(t, c.execute(executeJSON("")).status, http.StatusCreated)
	})
}

func TestServer_refusesTokens(t *testing.T) {
	t.Parallel()
	bothWays(t, testScenario(Run{}), func(t *testing.T, c *client) {
		for _, header := range []string{"", "Bearer", "Bearer ", "Bearer nonsense", "Basic " + defaultToken, defaultToken} {
			req := c.request(t.Context(), http.MethodPost, testExecutions, executeJSON(""))
			req.Header.Set("Authorization", header)
			r, err := c.send(req)
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, r.status, http.StatusUnauthorized)
		}
		c.server.RevokeTokens()
		wantEqual(t, c.execute(executeJSON("")).status, http.StatusUnauthorized)
		c.wantStarted(0)
	})
}

func TestServer_accountHeader(t *testing.T) {
	t.Parallel()
	s := testScenario(Run{})
	s.AccountID = "acme"
	c := inProcess(t, s)
	wantEqual(t, c.execute(executeJSON("")).status, http.StatusForbidden)
	req := c.request(t.Context(), http.MethodPost, testExecutions, executeJSON(""))
	req.Header.Set("account-id", "acme")
	r, err := c.send(req)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, r.status, http.StatusCreated)
}

func TestServer_postOnly(t *testing.T) {
	t.Parallel()
	s := testScenario(Run{})
	s.PostOnly = true
	c := inProcess(t, s)
	id := c.start()
	wantEqual(t, c.details(id).status, http.StatusNotFound)
	wantEqual(t, c.get(APIPath+"/v1/pipeline-executions").status, http.StatusNotFound)
	wantEqual(t, c.get(APIPath+"/v1/projects").status, http.StatusNotFound)
	wantEqual(t, c.cancel(id, true).status, http.StatusNotFound)
	wantEqual(t, c.askToken(grant(defaultClientID, defaultClientSecret)).status, http.StatusOK)
	wantEqual(t, len(c.server.Unexpected()), 0)
}

func TestServer_rateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testScenario(Run{})
		s.RequestsPerMinute = 2
		c := inProcess(t, s)
		advance(time.Hour)
		for range 2 {
			wantEqual(t, c.execute(executeJSON("")).status, http.StatusCreated)
			advance(10 * time.Second)
		}
		r := c.execute(executeJSON(""))
		wantEqual(t, r.status, http.StatusTooManyRequests)
		wantEqual(t, r.header.Get("Retry-After"), "40")
		advance(40*time.Second - 1)
		r = c.execute(executeJSON(""))
		wantEqual(t, r.status, http.StatusTooManyRequests)
		wantEqual(t, r.header.Get("Retry-After"), "1")
		wantEqual(t, c.askToken(grant(defaultClientID, defaultClientSecret)).status, http.StatusOK)
		advance(1)
		wantEqual(t, c.execute(executeJSON("")).status, http.StatusCreated)
		c.wantStarted(3)
	})
}

func TestServer_rateWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testScenario(Run{})
		s.RequestsPerMinute, s.RateWindow = 1, 2*second
		c := inProcess(t, s)
		c.start()
		wantEqual(t, c.execute(executeJSON("")).header.Get("Retry-After"), "2")
		advance(2 * time.Second)
		c.start()
	})
}

func TestServer_keepsSecretsOutOfTheLog(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	c.askToken(grant(defaultClientID, defaultClientSecret))
	c.askToken(url.Values{"grant_type": {"client_credentials"}}, defaultClientID, defaultClientSecret)
	c.start()
	for _, r := range c.server.Requests() {
		text := string(r.Body) + r.Header.Get("Authorization")
		for _, secret := range []string{defaultClientSecret, defaultToken, "Bearer", "Basic"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s request's log has %q", r.Operation, secret)
			}
		}
	}
	wantEqual(t, c.server.Requests()[2].Header.Get("Authorization"), redact("Bearer "+defaultToken))
}
