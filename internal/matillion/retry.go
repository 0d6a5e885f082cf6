// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// requestTimeout bounds one request and its whole answer.
	requestTimeout = 30 * time.Second
	// attempts is how often a request is sent in all, when repeating it may help.
	attempts = 6
	// firstBackoff doubles with each attempt, up to lastBackoff.
	firstBackoff = time.Second
	lastBackoff  = 15 * time.Second
	// longestRetryAfter bounds what a server may ask for; beyond it the refusal is the answer.
	longestRetryAfter = 10 * time.Minute
)

// retryPolicy says whether a request may be sent again, after its attempt of the given number (from 0) ended in the
// error.
type retryPolicy func(err error, attempt int) bool

// never is the policy of what must not be sent a second time, or whose caller has a patience of its own.
func never(error, int) bool { return false }

// whileTransient is the policy of what does no harm if it is sent twice: it is sent again while the error is transient,
// but not without end.
func whileTransient(err error, attempt int) bool {
	return isTransient(err) && !isMisconfiguration(err) && attempt+1 < attempts
}

// notAccepted is the policy of what must be acted upon once: it may be sent again only when the last attempt provably
// was not. A server that is limiting requests is waited for as long as there is time.
func notAccepted(err error, attempt int) bool {
	limited := StatusCode(err) == http.StatusTooManyRequests
	return limited || (neverWritten(err) && whileTransient(err, attempt))
}

// retry makes attempts until one succeeds or may not be followed by another. It returns the last error.
func retry(ctx context.Context, again retryPolicy, attempt func() error) error {
	for number := 0; ; number++ {
		err := attempt()
		if err == nil || !again(err, number) || !sleepBefore(ctx, err, number) {
			return err
		}
	}
}

// isTransient reports whether the trouble may pass, so that the same request may succeed later: the server is busy or
// broken, or could not be reached. It says nothing about whether repeating the request is safe.
func isTransient(err error) bool {
	if tokenErr, ok := errors.AsType[*TokenError](err); ok {
		return !tokenErr.Refused()
	}
	if _, ok := errors.AsType[*ConnectionError](err); ok {
		return true
	}
	status := StatusCode(err)
	return status == http.StatusTooManyRequests || status == http.StatusRequestTimeout ||
		(status >= http.StatusInternalServerError && status != http.StatusNotImplemented)
}

// isMisconfiguration reports whether trying at once again cannot help: a proxy refuses, a certificate is not trusted,
// or the identity service answers with something else than tokens. A wait for an execution continues: somebody may mend
// it meanwhile.
func isMisconfiguration(err error) bool {
	if proxyErr, ok := errors.AsType[*ProxyError](err); ok {
		return proxyErr.StatusCode < http.StatusInternalServerError
	}
	if tokenErr, ok := errors.AsType[*TokenError](err); ok && tokenErr.Unusable() {
		return true
	}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return untrusted
}

// neverWritten reports whether the server cannot have seen the request: no connection was had, or no token to send.
func neverWritten(err error) bool {
	if _, ok := errors.AsType[*TokenError](err); ok {
		return true
	}
	connErr, ok := errors.AsType[*ConnectionError](err)
	return ok && !connErr.Written
}

// refusals are the statuses by which the API, or a gateway before it, says that it has not acted upon a request. A 401
// and a 429 are among them, as are the redirects that by their meaning ask for the request to be sent elsewhere. Some
// servers answer with other redirects after they have acted; and other statuses below 500 are a gateway's word (408 and
// 499, for example, say that somebody did not wait).
func refusals() []int {
	return []int{
		http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusConflict, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong,
		http.StatusUnsupportedMediaType, http.StatusMisdirectedRequest, http.StatusUnprocessableEntity,
		http.StatusTooEarly, http.StatusTooManyRequests, http.StatusRequestHeaderFieldsTooLarge,
	}
}

// mayHaveActed reports whether the API may have acted upon a request although it ended in this error.
func mayHaveActed(err error) bool {
	if connErr, ok := errors.AsType[*ConnectionError](err); ok {
		return connErr.Written
	}
	if _, ok := errors.AsType[*AnswerError](err); ok {
		return true
	}
	status := StatusCode(err)
	return status != 0 && !slices.Contains(refusals(), status)
}

// backoff returns how long to wait after the given attempt (from 0) failed: as long as the server asks, else
// exponentially longer, with jitter so that many clients do not come back as one.
func backoff(err error, attempt int) time.Duration {
	if after := askedToWait(err); after > 0 {
		return after
	}
	d := min(lastBackoff, firstBackoff<<min(attempt, 10))
	return d/2 + rand.N(d/2)
}

func askedToWait(err error) time.Duration {
	if apiErr, ok := errors.AsType[*Error](err); ok {
		return apiErr.RetryAfter
	}
	if tokenErr, ok := errors.AsType[*TokenError](err); ok {
		return tokenErr.RetryAfter
	}
	return 0
}

// retryAfter reads the Retry-After header, in seconds or as a date. Which of them Matillion sends is not documented.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date")) // the server's clock, which the date was made by
	if err != nil {
		now = time.Now()
	}
	return max(0, until.Sub(now))
}

// sleepBefore waits before the next attempt, unless it could not come in time: the context would end first, or the
// server asks for longer than anybody waits. Then it returns false at once.
func sleepBefore(ctx context.Context, err error, attempt int) bool {
	pause := backoff(err, attempt)
	if deadline, ok := ctx.Deadline(); pause > longestRetryAfter || (ok && time.Until(deadline) <= pause) {
		return false
	}
	return sleep(ctx, pause) == nil
}
