// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/sync/semaphore"
)

// The identity service, one for all regions. Its address and audience stand in Matillion's own Terraform provider for
// streaming pipelines; https://docs.maia.ai/docs/api-reference/maia-api-authentication describes the grant.
const (
	DefaultTokenURL = "https://id.core.matillion.com/oauth/dpc/token"
	DefaultAudience = "https://api.matillion.com"
)

const (
	// renewEarly is how long before its end a token is no longer used: longer than any request takes.
	renewEarly = time.Minute
	// renewShare bounds renewEarly for short-lived tokens, so that each of them is used at all.
	renewShare = 10
)

// tokens hands out the bearer token of a [Client]: a ready one, or one of the client-credentials grant, which it keeps,
// renews early, and asks for once however many requests wait for it.
type tokens struct {
	ready   string
	grant   clientcredentials.Config
	http    *http.Client
	secrets *secrets

	// fetching is held while a token is asked for. Unlike a mutex it can be waited for with a context.
	fetching *semaphore.Weighted

	mu      sync.Mutex
	token   string
	renewAt time.Time // zero: never
}

func newTokens(cfg Config, client *http.Client, secrets *secrets) *tokens {
	secrets.add(cfg.Token, cfg.ClientSecret)
	grant := clientcredentials.Config{
		ClientID:     cfg.ClientID,
		ClientSecret: cfg.ClientSecret,
		TokenURL:     cfg.TokenURL,
		// Not detected: a wrong secret would be sent twice.
		AuthStyle:      oauth2.AuthStyleInParams,
		EndpointParams: url.Values{"audience": {cfg.Audience}},
	}
	asking := *client
	asking.Transport = tokenTransport{client.Transport, cfg.UserAgent}
	return &tokens{
		ready: cfg.Token, grant: grant, http: &asking, secrets: secrets, fetching: semaphore.NewWeighted(1),
	}
}

// bearer returns a token that is valid now. Its error is a [TokenError], or the context's.
func (t *tokens) bearer(ctx context.Context) (string, error) {
	if token := t.current(); token != "" {
		return token, nil
	}
	if err := t.fetching.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer t.fetching.Release(1)
	if token := t.current(); token != "" {
		return token, nil
	}
	return t.fetch(ctx)
}

// forget drops a token that the API has refused, and reports whether another one can be had.
func (t *tokens) forget(token string) bool {
	if !t.canRenew() {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token == token {
		t.token = ""
	}
	return true
}

// canRenew reports whether there is more than one token to be had.
func (t *tokens) canRenew() bool { return t.ready == "" }

func (t *tokens) current() string {
	if t.ready != "" {
		return t.ready
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.renewAt.IsZero() && !time.Now().Before(t.renewAt) {
		return ""
	}
	return t.token
}

func (t *tokens) fetch(ctx context.Context) (string, error) {
	deadline, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	token, err := t.grant.Token(context.WithValue(deadline, oauth2.HTTPClient, t.http))
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", newTokenError(err, t.secrets.redact)
	}
	t.secrets.add(token.AccessToken)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token, t.renewAt = token.AccessToken, time.Time{}
	if !token.Expiry.IsZero() {
		lifetime := time.Until(token.Expiry)
		t.renewAt = time.Now().Add(lifetime - min(renewEarly, lifetime/renewShare))
	}
	return t.token, nil
}

// newTokenError sorts an error of the grant. The answer's body is left out, and what is taken of it is redacted: it may
// repeat the credentials.
func newTokenError(err error, redact func(string) string) *TokenError {
	tokenErr := &TokenError{}
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.Response != nil {
		tokenErr.Code = clip(redact(refused.ErrorCode))
		tokenErr.StatusCode = refused.Response.StatusCode
		tokenErr.RetryAfter = retryAfter(refused.Response.Header)
		tokenErr.Err = errors.New("the identity service refused the request")
		return tokenErr
	}
	if unusable, ok := errors.AsType[*unusableToken](err); ok {
		tokenErr.StatusCode, tokenErr.Err = unusable.statusCode, unusable
		return tokenErr
	}
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		tokenErr.Err = redactError(urlErr.Err, redact)
		if urlErr.Timeout() {
			tokenErr.Err = errTimeout(requestTimeout)
		}
		return tokenErr
	}
	tokenErr.Err = errors.New("the identity service's answer is not a token")
	return tokenErr
}
