// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"crypto/subtle"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// tokenWire is the token answer, as public clients read it.
type tokenWire struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"`
	TokenType   string `json:"token_type"`
	Scope       string `json:"scope"`
}

// token grants a token for client credentials, in the form or (assumed) as HTTP Basic. The audience is optional, as
// several public clients leave it out.
func (s *Server) token(c *call) answer {
	mediaType, _, _ := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	form, err := url.ParseQuery(string(c.body))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		a := oauthError(http.StatusBadRequest, "invalid_request")
		a.malformed = true
		return a
	}
	if form.Get("grant_type") != "client_credentials" {
		a := oauthError(http.StatusBadRequest, "unsupported_grant_type")
		a.malformed = true
		return a
	}
	id, secret := clientCredentials(c.request, form)
	if !equal(id, s.scenario.ClientID) || !equal(secret, s.scenario.ClientSecret) {
		return oauthError(http.StatusUnauthorized, "invalid_client")
	}
	lifetime := time.Duration(s.scenario.TokenLifetime)
	token := "mock-access-" + uuid.NewString()
	s.tokens[token] = time.Now().Add(lifetime)
	return jsonAnswer(http.StatusOK, tokenWire{
		AccessToken: token,
		ExpiresIn:   int(lifetime.Seconds()),
		TokenType:   "Bearer",
		Scope:       "pipeline-execution",
	})
}

func oauthError(status int, code string) answer {
	return jsonAnswer(status, map[string]string{"error": code})
}

// clientCredentials reads both places. RFC 6749 has id and secret form-encoded inside HTTP Basic.
func clientCredentials(r *http.Request, form url.Values) (id, secret string) {
	id, secret, ok := r.BasicAuth()
	if !ok {
		return form.Get("client_id"), form.Get("client_secret")
	}
	return unescape(id), unescape(secret)
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

func equal(got, want string) bool {
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// bearer returns the token that the request carries.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

// RevokeTokens makes every token invalid, the ready one too.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

func (s *Server) revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, token)
}

// authorized says whether the token works. A zero expiry is none.
func (s *Server) authorized(token string) bool {
	expiry, known := s.tokens[token]
	return known && (expiry.IsZero() || time.Now().Before(expiry))
}

// refuse does what comes before every API call: the rate limit, the token, the account, and the routes that the
// scenario has switched off. 403 for an account is assumed.
func (s *Server) refuse(c *call) (answer, bool) {
	if wait := s.overLimit(); wait > 0 {
		a := c.problem(http.StatusTooManyRequests, "Rate limit exceeded.")
		a.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		return a, true
	}
	if !s.authorized(bearer(c.request)) {
		return c.problem(http.StatusUnauthorized, "The bearer token is missing, unknown or expired."), true
	}
	if account := s.scenario.AccountID; account != "" && c.request.Header.Get("account-id") != account {
		return c.problem(http.StatusForbidden, "The credentials do not belong to this account."), true
	}
	if s.scenario.PostOnly && c.operation != OpExecute {
		return c.notFound("Not served in this scenario."), true
	}
	return answer{}, false
}

// rateWindow counts the requests of one window.
type rateWindow struct {
	start time.Time
	count int
}

// overLimit counts a request and returns, when it is one too many, how long the window still lasts.
//
// CONFIRMED: 429 with Retry-After. Assumed: seconds, one limit for all, windows that begin with the first request after
// the last one.
// https://docs.maia.ai/docs/api-reference/maia-api-overview
func (s *Server) overLimit() time.Duration {
	if s.scenario.RequestsPerMinute <= 0 {
		return 0
	}
	length, now := time.Duration(s.scenario.RateWindow), time.Now()
	if s.window.start.IsZero() || now.Sub(s.window.start) >= length {
		s.window = rateWindow{start: now}
	}
	s.window.count++
	if s.window.count <= s.scenario.RequestsPerMinute {
		return 0
	}
	return length - now.Sub(s.window.start)
}
