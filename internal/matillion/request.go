// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"time"
)

// uncutFor is how long a request that must not be cut in half has after the end of its context.
const uncutFor = 3 * time.Second

// request is one call of the API.
type request struct {
	method string
	// elements of the path below the version, unescaped.
	elements []string
	query    url.Values
	body     any
	// uncut keeps the end of the context from cutting the request in half once there is a connection to send it on: from
	// then on it has uncutFor to end by itself. It also keeps net/http from sending the request again.
	uncut bool
	// again says when the request may be sent again.
	again retryPolicy
	// timeout bounds the request and its whole answer, from when it is sent; it defaults to requestTimeout.
	timeout time.Duration
	// urgent keeps the request from waiting for its turn, and not from counting.
	urgent bool
	// onTurn is called after every wait for its turn, before the request is sent. With an error it is not sent.
	onTurn func() error
	// observer watches the request. It may be nil.
	observer *observer
}

// observer watches each time that a request is sent: more than once where its token was refused.
type observer struct {
	// onSend is called when the request is about to be sent, before there is a connection.
	onSend func()
	// onEnd is called with the status of the answer, or 0 when there was none.
	onEnd func(status int, seen timing)
}

// timing is what the time of a request and its answer says about its effect.
type timing struct {
	// sentAt is when there was a connection, or when one was asked for.
	sentAt time.Time
	// complete says that there is a whole answer. date is its Date header, or zero if it has none, and answeredAt is when
	// that came: a body may follow slowly.
	complete         bool
	date, answeredAt time.Time
}

func (r request) path() string {
	escaped := make([]string, 0, len(r.elements)+1)
	escaped = append(escaped, apiVersion)
	for _, element := range r.elements {
		escaped = append(escaped, url.PathEscape(element))
	}
	return "/" + strings.Join(escaped, "/")
}

// get reads, and repeats the reading while that may help.
func (c *Client) get(ctx context.Context, out any, query url.Values, elements ...string) error {
	return c.do(ctx, request{method: http.MethodGet, elements: elements, query: query, again: whileTransient}, out)
}

// do sends a request, and sends it again as its policy says.
func (c *Client) do(ctx context.Context, req request, out any) error {
	if c.readOnly && req.method != http.MethodGet {
		return ErrReadOnly
	}
	return retry(ctx, req.again, func() error { return c.send(ctx, req, out) })
}

// send sends a request once. A 401 says that it was not accepted, for lack of a valid token: then it is sent again with
// a fresh one, if there can be one.
func (c *Client) send(ctx context.Context, req request, out any) error {
	token, err := c.exchange(ctx, req, out)
	if StatusCode(err) == http.StatusUnauthorized && c.tokens.forget(token) {
		_, err = c.exchange(ctx, req, out)
	}
	return err
}

// exchange waits its turn, gets a token, and sends one HTTP request. It returns the token that was used.
func (c *Client) exchange(ctx context.Context, req request, out any) (token string, err error) {
	// A token comes first as well: requests that waited for it when their turns had come would be sent all at once.
	if _, err := c.tokens.bearer(ctx); err != nil {
		return "", err
	}
	if err := c.limiter.wait(ctx, req.urgent); err != nil {
		return "", err
	}
	if req.onTurn != nil {
		if err := req.onTurn(); err != nil {
			return "", err
		}
	}
	if token, err = c.tokens.bearer(ctx); err != nil {
		return "", err
	}
	began := time.Now()
	status, err := c.roundTrip(ctx, req, token, out)
	c.note(ctx, req, status, began, err)
	return token, err
}

// note keeps what every answer teaches about the server's limit, and logs the request.
func (c *Client) note(ctx context.Context, req request, status int, began time.Time, err error) {
	if status == http.StatusTooManyRequests {
		c.limiter.recordRefusal(max(firstBackoff, min(askedToWait(err), longestRetryAfter)))
	} else if status != 0 {
		c.limiter.recordAcceptance()
	}
	c.log(ctx, "Matillion API request", map[string]any{
		"method": req.method, "path": req.path(), "status": status, "duration": time.Since(began).String(),
	})
}

// roundTrip sends one HTTP request and decodes its answer. The status is 0 when there was no answer.
func (c *Client) roundTrip(ctx context.Context, req request, token string, out any) (status int, err error) {
	var written atomic.Pointer[time.Time]
	limited, cancel := req.limit(ctx, &written)
	defer cancel()
	defer func() {
		// A bug loses the answer, and not the process: other goroutines have runs to keep.
		if failure := recover(); failure != nil {
			err = &ConnectionError{
				Method: req.method, Path: req.path(), Written: written.Load() != nil,
				Err: c.bugError(failure),
			}
		}
	}()
	httpReq, err := c.newRequest(limited, req, token)
	if err != nil {
		return 0, err
	}
	seen := timing{sentAt: time.Now()}
	if req.observer != nil {
		req.observer.onSend()
		defer func() { req.observer.onEnd(status, seen) }()
	}
	resp, err := c.sender(req).Do(httpReq)
	if at := written.Load(); at != nil {
		seen.sentAt = *at
	}
	if err != nil {
		return 0, c.connectionError(ctx, req, written.Load() != nil, err)
	}
	defer resp.Body.Close()
	status, seen.answeredAt = resp.StatusCode, time.Now()
	date := c.clock.observe(resp.Header, seen.sentAt, seen.answeredAt)
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err == nil {
		seen.complete, seen.date = true, date
	}
	return status, c.decodeAnswer(ctx, req, resp, body, err, out)
}

func (c *Client) sender(req request) *http.Client {
	if req.uncut {
		return c.once
	}
	return c.http
}

// bugError returns the error for a panic.
func (c *Client) bugError(failure any) error {
	return fmt.Errorf("a bug in the provider: %s", clip(c.secrets.redact(fmt.Sprint(failure))))
}

// limit returns the context of a request that is about to be sent. Once there is a connection to write the request to,
// it puts the time of that in written.
func (r request) limit(
	ctx context.Context, written *atomic.Pointer[time.Time],
) (context.Context, context.CancelFunc) {
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// A connection comes after the dial and the TLS handshake, and before the first byte of the request.
		GotConn: func(httptrace.GotConnInfo) { now := time.Now(); written.Store(&now) },
	})
	timeout := cmp.Or(r.timeout, requestTimeout)
	if !r.uncut {
		return context.WithTimeout(traced, timeout)
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(traced), timeout)
	stop := context.AfterFunc(ctx, func() {
		if written.Load() != nil {
			_ = sleep(limited, uncutFor) // Cut short, the request has ended.
		}
		cancel()
	})
	return limited, func() { stop(); cancel() }
}

func (c *Client) newRequest(ctx context.Context, req request, token string) (*http.Request, error) {
	address := *c.baseURL
	address.RawPath = address.EscapedPath() + req.path()
	address.Path += "/" + strings.Join(append([]string{apiVersion}, req.elements...), "/")
	address.RawQuery = req.query.Encode()
	var body io.Reader
	if req.body != nil {
		encoded, err := json.Marshal(req.body)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", req.method, req.path(), err)
		}
		body = bytes.NewReader(encoded)
	}
	httpReq, err := http.NewRequestWithContext(ctx, req.method, address.String(), body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", req.method, req.path(), err)
	}
	httpReq.Header.Set("Authorization", "Bearer "+token)
	httpReq.Header.Set("Accept", "application/json, application/problem+json")
	httpReq.Header.Set("User-Agent", c.userAgent)
	if body != nil {
		httpReq.Header.Set("Content-Type", "application/json")
	}
	if c.accountID != "" {
		httpReq.Header.Set("account-id", c.accountID)
	}
	return httpReq, nil
}

// connectionError sorts a failure of the transport. The end of the caller's own context comes first, unless the request
// was to be left alone and may have been written.
func (c *Client) connectionError(ctx context.Context, req request, written bool, err error) error {
	if ctx.Err() != nil && (!req.uncut || !written) {
		return ctx.Err()
	}
	connErr := &ConnectionError{Method: req.method, Path: req.path(), Written: written}
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err // without the address, whose query is nobody's business
	}
	connErr.Err = redactError(err, c.secrets.redact) // net/http quotes what is no HTTP
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		connErr.Err = errTimeout(cmp.Or(req.timeout, requestTimeout))
	case errors.Is(err, context.Canceled):
		connErr.Err = errTimeout(uncutFor)
	}
	return connErr
}

// decodeAnswer turns an answer into a decoded success or an error.
func (c *Client) decodeAnswer(
	ctx context.Context, req request, resp *http.Response, body []byte, readErr error, out any,
) error {
	if resp.StatusCode < 200 || resp.StatusCode >= 300 {
		return newError(req, resp, body, c.secrets.redact)
	}
	_, partial := out.(partialReader)
	problem := "the answer is too large"
	body = bytes.TrimPrefix(body, []byte("\ufeff")) // A byte order mark is not JSON, but harmless.
	if partial || (readErr == nil && len(body) <= maxBody) {
		problem = decode(body, out)
	}
	switch {
	case problem == "" && out != nil:
		clean(reflect.ValueOf(out), c.secrets.redact, false)
		return nil
	case readErr != nil:
		return c.connectionError(ctx, req, true, fmt.Errorf("the answer broke off: %w", readErr))
	case problem == "":
		return nil
	default:
		return &AnswerError{Method: req.method, Path: req.path(), StatusCode: resp.StatusCode, Problem: problem}
	}
}
