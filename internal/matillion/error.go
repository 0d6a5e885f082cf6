// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxErrorText is how much of a server's own words an [Error] keeps.
const maxErrorText = 1000

// Error is an answer by which the API refused a request. It gives no advice: what to do about it depends on the caller.
//
// The API describes problems in the manner of RFC 7807 (https://docs.maia.ai/api-reference/agents/update-an-agent).
// That every endpoint does is not documented; an answer in any other form keeps its status and the start of its text.
type Error struct {
	Method     string
	Path       string
	StatusCode int
	Title      string
	Detail     string
	Violations []string
	// Text is the start of a body that is no problem description.
	Text string
	// RetryAfter is how long the server asks to wait; 0 where it does not say.
	RetryAfter time.Duration
	// Location is where a redirect leads, without user info, query and fragment.
	Location string
}

// Error tells the method, the path without its query, the status, and what the server says.
func (e *Error) Error() string {
	message := fmt.Sprintf("%s %s: %s", e.Method, e.Path, e.Status())
	if said := e.Message(); said != "" {
		message += ": " + said
	}
	return message
}

// Status returns the status and its name, such as "403 Forbidden".
func (e *Error) Status() string {
	return fmt.Sprintf("%d %s", e.StatusCode, http.StatusText(e.StatusCode))
}

// Message returns the server's own words in one line, or "".
func (e *Error) Message() string {
	parts := []string{e.Title, e.Detail, strings.Join(e.Violations, "; "), e.Text}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ": ")
}

// ConnectionError is a request without an answer: the connection could not be made, broke, or took too long.
type ConnectionError struct {
	Method string
	Path   string
	// Written tells whether a connection was there to write the request to. When it is false, the server cannot have
	// seen the request.
	Written bool
	Err     error
}

// Error tells the method, the path and what went wrong.
func (e *ConnectionError) Error() string {
	return fmt.Sprintf("%s %s: %v", e.Method, e.Path, e.Err)
}

// Unwrap returns what went wrong.
func (e *ConnectionError) Unwrap() error { return e.Err }

// AnswerError is a success by its status whose body cannot be understood.
type AnswerError struct {
	Method     string
	Path       string
	StatusCode int
	Problem    string
}

// Error tells the method, the path, the status and what is wrong with the body.
func (e *AnswerError) Error() string {
	return fmt.Sprintf("%s %s: %d %s: %s", e.Method, e.Path, e.StatusCode, http.StatusText(e.StatusCode), e.Problem)
}

// TokenError is a failure to get an access token. No request is sent without one, so it means that nothing happened.
type TokenError struct {
	// StatusCode is the identity service's answer, or 0 when there was none.
	StatusCode int
	// Code is the error code of RFC 6749, such as invalid_client, where the service sent one.
	Code string
	Err  error
	// RetryAfter is how long the service asks to wait; 0 where it does not say.
	RetryAfter time.Duration
}

// Error tells the status and the code; never the body, which may repeat what was sent.
func (e *TokenError) Error() string {
	switch {
	case e.Code != "":
		return fmt.Sprintf("access token: %d %s", e.StatusCode, e.Code)
	case e.Unusable():
		return fmt.Sprintf("access token: %v", e.Err)
	case e.StatusCode != 0:
		return fmt.Sprintf("access token: %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	default:
		return fmt.Sprintf("access token: %v", e.Err)
	}
}

// Unwrap returns what went wrong.
func (e *TokenError) Unwrap() error { return e.Err }

// Refused reports whether the identity service refused the credentials, so that asking again cannot help.
func (e *TokenError) Refused() bool {
	return e.StatusCode >= 400 && e.StatusCode < 500 &&
		e.StatusCode != http.StatusTooManyRequests && e.StatusCode != http.StatusRequestTimeout
}

// Unusable reports whether the identity service answered with a success that holds no token. Another try cannot help.
func (e *TokenError) Unusable() bool {
	_, unusable := errors.AsType[*unusableToken](e.Err)
	return unusable
}

// ErrReadOnly is a request that a read-only client did not send, because it could change something.
var ErrReadOnly = errors.New("the client is read-only")

// ProxyError is a proxy that refuses to connect.
type ProxyError struct{ StatusCode int }

// Error names the status.
func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy refused to connect: %d %s", e.StatusCode, http.StatusText(e.StatusCode))
}

// StatusCode returns the HTTP status of an [Error] in err's chain, or 0.
func StatusCode(err error) int {
	if apiErr, ok := errors.AsType[*Error](err); ok {
		return apiErr.StatusCode
	}
	return 0
}

// Kind is what an error of this package is, as far as a caller's next step depends on it. It rests on the status and on
// the type of an error, never on its text.
type Kind int

// The kinds of errors.
const (
	// KindUnreachable is a request without an answer.
	KindUnreachable Kind = iota
	// KindCutShort is a context that ended.
	KindCutShort
	// KindCredentials is an identity service that refuses the credentials.
	KindCredentials
	// KindNoToken is an identity service that answers, and gives no token for another reason.
	KindNoToken
	// KindUnreadable is a success that cannot be understood.
	KindUnreadable
	// KindRedirect is a redirect that is not followed.
	KindRedirect
	// KindUnauthorized is a token that the API does not accept.
	KindUnauthorized
	// KindForbidden is a role that does not allow the request.
	KindForbidden
	// KindNotFound is a thing that the API does not know.
	KindNotFound
	// KindConflict is an execution tag in use.
	KindConflict
	// KindDisabled is a pipeline that has been disabled.
	KindDisabled
	// KindLimited is a request beyond the limit.
	KindLimited
	// KindServer is an error of the API's own.
	KindServer
	// KindRefused is any other refusal.
	KindRefused
	// KindReadOnly is a request that a read-only client did not send.
	KindReadOnly
)

// KindOf returns the kind of an error.
func KindOf(err error) Kind {
	if errors.Is(err, ErrReadOnly) {
		return KindReadOnly
	}
	if tokenErr, ok := errors.AsType[*TokenError](err); ok {
		switch {
		case tokenErr.Refused():
			return KindCredentials
		case tokenErr.StatusCode == 0:
			return KindUnreachable
		default:
			return KindNoToken
		}
	}
	if _, ok := errors.AsType[*AnswerError](err); ok {
		return KindUnreadable
	}
	if apiErr, ok := errors.AsType[*Error](err); ok {
		return apiErr.kind()
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return KindCutShort
	}
	return KindUnreachable
}

// kind sorts a status. A server without the endpoint, which answers 405 or 501, does not know the thing either.
func (e *Error) kind() Kind {
	switch e.StatusCode {
	case http.StatusUnauthorized:
		return KindUnauthorized
	case http.StatusForbidden:
		return KindForbidden
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return KindNotFound
	case http.StatusConflict:
		return KindConflict
	case http.StatusGone:
		return KindDisabled
	case http.StatusTooManyRequests:
		return KindLimited
	}
	switch {
	case e.StatusCode >= http.StatusInternalServerError:
		return KindServer
	case e.StatusCode < http.StatusBadRequest:
		return KindRedirect
	default:
		return KindRefused
	}
}

// IsNotFound reports whether the API answered that there is no such thing.
func IsNotFound(err error) bool { return KindOf(err) == KindNotFound }

// IsOfRead reports whether the API refused a request that only reads.
func IsOfRead(err error) bool {
	apiErr, ok := errors.AsType[*Error](err)
	return ok && apiErr.Method == http.MethodGet
}

// IsDisabled reports whether the API answered that the pipeline has been disabled.
func IsDisabled(err error) bool { return KindOf(err) == KindDisabled }

// newError describes an answer that is not a success.
func newError(req request, resp *http.Response, body []byte, redact func(string) string) *Error {
	apiErr := &Error{
		Method:     req.method,
		Path:       req.path(),
		StatusCode: resp.StatusCode,
		RetryAfter: retryAfter(resp.Header),
		Location:   location(resp, redact),
	}
	var problem struct {
		Title      string   `json:"title"`
		Detail     string   `json:"detail"`
		Violations []string `json:"violations"`
	}
	if err := json.Unmarshal(body, &problem); err == nil && problem.Title+problem.Detail != "" {
		apiErr.Title = clip(redact(problem.Title))
		apiErr.Detail = clip(redact(problem.Detail))
		for _, violation := range problem.Violations[:min(len(problem.Violations), 10)] {
			apiErr.Violations = append(apiErr.Violations, clip(redact(violation)))
		}
		return apiErr
	}
	apiErr.Text = clip(redact(string(body)))
	return apiErr
}

// location returns where a redirect leads, as far as it may be shown. Its path is not escaped, so that a secret in it
// is recognized.
func location(resp *http.Response, redact func(string) string) string {
	to, err := resp.Location()
	if err != nil {
		return ""
	}
	host := url.URL{Scheme: to.Scheme, Host: to.Host}
	return clip(redact(host.String() + to.Path))
}

// clip makes a server's text fit for a line of a message: printable, and not too long. What is not printable are line
// breaks, and also what moves a terminal's cursor or turns the direction of its text.
func clip(text string) string {
	return clipAt(text, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) })
}

// clipName is [clip] for a name, whose spaces are its own.
func clipName(name string) string {
	return clipAt(name, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) })
}

// clipAt leaves one space of what separates the words of a text.
func clipAt(text string, separates func(rune) bool) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), separates), " ")
	if len(text) <= maxErrorText {
		return text
	}
	cut := maxErrorText
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}
