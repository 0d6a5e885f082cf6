// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
)

// maxTokenAnswer bounds what is read of the identity service's answer.
const maxTokenAnswer = 1 << 20

// tokenTransport makes the identity service's answers ones that x/oauth2 understands: it takes an access token out of
// any JSON, whatever the content type, and an expiry in any form. An answer that can never be a token is an
// [unusableToken]. It also says who asks, which x/oauth2 cannot be told.
type tokenTransport struct {
	next      http.RoundTripper
	userAgent string
}

// RoundTrip sends a request for a token.
func (t tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context()) // A transport must not change what it is given.
	req.Header.Set("User-Agent", t.userAgent)
	resp, err := t.next.RoundTrip(req)
	if err != nil || resp.StatusCode < 200 || resp.StatusCode >= 300 {
		return resp, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenAnswer))
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	contentType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")) // One that is no type has none.
	if contentType != "application/x-www-form-urlencoded" {
		body, err = plainToken(body)
		resp.Header.Set("Content-Type", "application/json")
	}
	if err != nil {
		return nil, &unusableToken{statusCode: resp.StatusCode, contentType: contentType, problem: err.Error()}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// plainToken reduces an answer to what is used of it.
func plainToken(body []byte) ([]byte, error) {
	var answer struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   any    `json:"expires_in"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &answer); err != nil {
		return nil, fmt.Errorf("it is not the JSON of a token")
	}
	if answer.AccessToken == "" {
		return nil, fmt.Errorf("access_token is missing")
	}
	seconds, err := strconv.ParseFloat(fmt.Sprint(answer.ExpiresIn), 64)
	if err != nil || seconds < 0 || seconds > 1e9 {
		seconds = 0 // It is not known, and the token is used until it is refused.
	}
	return json.Marshal(map[string]any{
		"access_token": answer.AccessToken, "token_type": answer.TokenType, "expires_in": int64(seconds),
	})
}

// unusableToken is a success of the identity service that holds no token.
type unusableToken struct {
	statusCode           int
	contentType, problem string
}

// Error says what was answered, and what is wrong with it; nothing of the body.
func (e *unusableToken) Error() string {
	return fmt.Sprintf("%d %s, %s: %s", e.statusCode, http.StatusText(e.statusCode),
		cmp.Or(clip(e.contentType), "no content type"), e.problem)
}
