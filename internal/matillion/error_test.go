// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestError_describesTheProblem(t *testing.T) {
	t.Parallel()
	const title, detail = `"title":"Bad Request"`, `"detail":"No such pipeline."`
	for name, test := range map[string]struct {
		body string
		want string
	}{
		"problem": {`{"type":"https://api.matillion.com/problems/bad-request",` + title + `,"status":400,` + detail + `,"instance":"/v1/p"}`,
			"Bad Request: No such pipeline."},
		"with violations": {`{` + title + `,` + detail + `,"violations":["a must be b","c is unknown"]}`,
			"Bad Request: No such pipeline.: a must be b; c is unknown"},
		"title only":         {`{` + title + `}`, "Bad Request"},
		"detail only":        {`{` + detail + `}`, "No such pipeline."},
		"spaces around":      {" \n{" + title + "}\n ", "Bad Request"},
		"null detail":        {`{` + title + `,"detail":null,"violations":null}`, "Bad Request"},
		"another shape":      {`{"message":"Forbidden"}`, `{"message":"Forbidden"}`},
		"detail is no text":  {`{` + title + `,"detail":{"a":1}}`, `{"title":"Bad Request","detail":{"a":1}}`},
		"empty problem":      {`{"title":"","detail":""}`, `{"title":"","detail":""}`},
		"array":              {`["no"]`, `["no"]`},
		"null":               {`null`, `null`},
		"text":               {"no\tsuch\r\n\r\n  route ", "no such route"},
		"HTML":               {"<html>\n<h1>502 Bad Gateway</h1>\n</html>", "<html> <h1>502 Bad Gateway</h1> </html>"},
		"empty":              {"", ""},
		"blank":              {" \n\t", ""},
		"invalid UTF-8":      {"a\xff\xfeb\xc3", "a\ufffdb\ufffd"},
		"invalid in a title": {"{\"title\":\"a\xffb\"}", "a\ufffdb"},
		"control characters": {"a\x00b\x1b[31mc\x7fd", "a b [31mc d"},
		"controls in a detail": {`{"detail":"a\u0000b\u001b[2Jc\u007fd\u0085e\u009bf"}`,
			"a b [2Jc d e f"},
		"separators and direction": {"a\u2028b\u2029c\u202ed\u200be\u00a0f\ufeffg", "a b c d e f g"},
		"truncated problem":        {`{"title":"Bad Req`, `{"title":"Bad Req`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := answering(t, http.StatusBadRequest, test.body).Environments.List(t.Context(), testProject)
			apiErr := wantError[*Error](t, err)
			wantEqual(t, "message", apiErr.Message(), test.want)
			message := "GET /v1/projects/" + testProject + "/environments: 400 Bad Request"
			if test.want != "" {
				message += ": " + test.want
			}
			wantEqual(t, "error", err.Error(), message)
		})
	}
}

func TestError_keepsNoMoreThanItsStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, want string }{
		"text":          {strings.Repeat("a", 1001), strings.Repeat("a", 1000) + "..."},
		"just fits":     {strings.Repeat("a", 1000), strings.Repeat("a", 1000)},
		"not in a rune": {strings.Repeat("a", 999) + "éé", strings.Repeat("a", 999) + "..."},
		"detail":        {`{"detail":"` + strings.Repeat("ü", 3000) + `"}`, strings.Repeat("ü", 500) + "..."},
		"invalid":       {strings.Repeat("\xff", 5000), "\ufffd"},
		"spaces":        {strings.Repeat(" a", 5000), strings.Repeat("a ", 500) + "..."},
		"megabytes":     {strings.Repeat("<br>\n", 1<<17), strings.Repeat("<br> ", 200) + "..."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := answering(t, http.StatusForbidden, test.body).Environments.List(t.Context(), testProject)
			wantEqual(t, "message", wantError[*Error](t, err).Message(), test.want)
		})
	}
}

func TestError_keepsFewViolations(t *testing.T) {
	t.Parallel()
	body := `{"title":"Bad Request","violations":["` + strings.Repeat(`v","`, 5000) + strings.Repeat("w", 5000) + `"]}`
	_, err := answering(t, http.StatusBadRequest, body).Environments.List(t.Context(), testProject)
	wantEqual(t, "message", wantError[*Error](t, err).Message(), "Bad Request: "+strings.Repeat("v; ", 9)+"v")
}

func TestError_tellsNoQuery(t *testing.T) {
	t.Parallel()
	_, err := answering(t, http.StatusForbidden, "").Pipelines.Published(t.Context(), testProject, "canary")
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("error = %v", err)
	}
	client := talkingTo(t, func(*http.Request) (*http.Response, error) { return nil, errors.New("no route to host") })
	err = client.send(t.Context(), request{method: http.MethodGet, elements: []string{"projects"}, query: map[string][]string{"q": {"canary"}}}, nil)
	wantEqual(t, "error", err.Error(), "GET /v1/projects: no route to host")
}

func TestStatusCode_isThatOfTheAPIsAnswer(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err                error
		code               int
		notFound, disabled bool
	}{
		"nil":         {nil, 0, false, false},
		"other":       {errors.New("x"), 0, false, false},
		"404":         {&Error{StatusCode: 404}, 404, true, false},
		"405":         {&Error{StatusCode: 405}, 405, true, false},
		"501":         {&Error{StatusCode: 501}, 501, true, false},
		"410":         {&Error{StatusCode: 410}, 410, false, true},
		"403":         {&Error{StatusCode: 403}, 403, false, false},
		"wrapped":     {fmt.Errorf("x: %w", &Error{StatusCode: 404}), 404, true, false},
		"tag in use":  {&TagInUseError{Err: &Error{StatusCode: 409}}, 409, false, false},
		"token":       {&TokenError{StatusCode: 404}, 0, false, false},
		"answer":      {&AnswerError{StatusCode: 200}, 0, false, false},
		"not started": {&NotStartedError{Err: context.Canceled}, 0, false, false},
	} {
		wantEqual(t, name, []any{StatusCode(test.err), IsNotFound(test.err), IsDisabled(test.err)},
			[]any{test.code, test.notFound, test.disabled})
	}
}

func TestKindOf_restsOnStatusAndType(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want Kind
	}{
		"connection":        {&ConnectionError{Err: errors.New("x")}, KindUnreachable},
		"wrapped":           {fmt.Errorf("x: %w", &Error{StatusCode: 403}), KindForbidden},
		"cancelled":         {context.Canceled, KindCutShort},
		"deadline":          {fmt.Errorf("x: %w", context.DeadlineExceeded), KindCutShort},
		"token refused":     {&TokenError{StatusCode: 401}, KindCredentials},
		"no token":          {&TokenError{StatusCode: 503}, KindNoToken},
		"token unreachable": {&TokenError{Err: errors.New("x")}, KindUnreachable},
		"no sense":          {&AnswerError{StatusCode: 200}, KindUnreadable},
		"300":               {&Error{StatusCode: 300}, KindRedirect},
		"307":               {&Error{StatusCode: 307}, KindRedirect},
		"400":               {&Error{StatusCode: 400}, KindRefused},
		"401":               {&Error{StatusCode: 401}, KindUnauthorized},
		"403":               {&Error{StatusCode: 403}, KindForbidden},
		"404":               {&Error{StatusCode: 404}, KindNotFound},
		"405":               {&Error{StatusCode: 405}, KindNotFound},
		"408":               {&Error{StatusCode: 408}, KindRefused},
		"409":               {&Error{StatusCode: 409}, KindConflict},
		"410":               {&Error{StatusCode: 410}, KindDisabled},
		"422":               {&Error{StatusCode: 422}, KindRefused},
		"429":               {&Error{StatusCode: 429}, KindLimited},
		"500":               {&Error{StatusCode: 500}, KindServer},
		"501":               {&Error{StatusCode: 501}, KindNotFound},
		"599":               {&Error{StatusCode: 599}, KindServer},
		"tag in use":        {&TagInUseError{Err: &Error{StatusCode: 409}}, KindConflict},
		"not started":       {&NotStartedError{Err: context.Canceled}, KindCutShort},
		"lost":              {&MaybeStartedError{Cause: &Error{StatusCode: 502}}, KindServer},
	} {
		wantEqual(t, name, KindOf(test.err), test.want)
	}
}

func TestMayPass_isSaidOfWhatPasses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"connection":    {&ConnectionError{}, true},
		"written":       {&ConnectionError{Written: true}, true},
		"token, 401":    {&TokenError{StatusCode: 401}, false},
		"token, 503":    {&TokenError{StatusCode: 503}, true},
		"token, none":   {&TokenError{}, true},
		"no sense":      {&AnswerError{}, false},
		"400":           {&Error{StatusCode: 400}, false},
		"401":           {&Error{StatusCode: 401}, false},
		"408":           {&Error{StatusCode: 408}, true},
		"409":           {&Error{StatusCode: 409}, false},
		"429":           {&Error{StatusCode: 429}, true},
		"500":           {&Error{StatusCode: 500}, true},
		"501":           {&Error{StatusCode: 501}, false},
		"504":           {&Error{StatusCode: 504}, true},
		"302":           {&Error{StatusCode: 302}, false},
		"cancelled":     {context.Canceled, false},
		"deadline":      {context.DeadlineExceeded, false},
		"nothing wrong": {nil, false},
	} {
		wantEqual(t, name, isTransient(test.err), test.want)
	}
}

func TestRetryAfter_readsBothForms(t *testing.T) {
	t.Parallel()
	const now = "Fri, 02 Jan 2026 03:04:05 GMT"
	for value, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"7":                              7 * time.Second,
		" 7 ":                            7 * time.Second,
		"007":                            7 * time.Second,
		"2147483647":                     2147483647 * time.Second,
		"99999999999999999999":           0,
		"-1":                             0,
		"+7":                             0,
		"1.5":                            0,
		"7s":                             0,
		"soon":                           0,
		"Fri, 02 Jan 2026 03:04:35 GMT":  30 * time.Second,
		"Friday, 02-Jan-26 03:04:35 GMT": 30 * time.Second,
		"Fri Jan  2 03:04:35 2026":       30 * time.Second,
		"Fri, 02 Jan 2026 03:04:05 GMT":  0,
		"Fri, 02 Jan 2026 03:03:05 GMT":  0,
		"Thu, 01 Jan 1970 00:00:00 GMT":  0,
		"Fri, 31 Dec 9999 23:59:59 GMT":  time.Duration(1<<63 - 1),
	} {
		wantEqual(t, value, retryAfter(http.Header{"Retry-After": {value}, "Date": {now}}), want)
	}
	later := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	wantBetween(t, "by our clock", retryAfter(http.Header{"Retry-After": {later}}), 59*time.Minute, time.Hour)
	wantBetween(t, "by our clock", retryAfter(http.Header{"Retry-After": {later}, "Date": {"today"}}), 59*time.Minute, time.Hour)
}

func TestBackoff_growsAndIsBounded(t *testing.T) {
	t.Parallel()
	for attempt, most := range map[int]time.Duration{
		0: time.Second, 1: 2 * time.Second, 2: 4 * time.Second, 3: 8 * time.Second, 4: 15 * time.Second,
		5: 15 * time.Second, 100: 15 * time.Second, 1 << 40: 15 * time.Second,
	} {
		different := map[time.Duration]bool{}
		for range 50 {
			pause := backoff(nil, attempt)
			wantBetween(t, fmt.Sprint("attempt ", attempt), pause, most/2, most)
			different[pause] = true
		}
		if len(different) < 2 {
			t.Errorf("attempt %d: no jitter", attempt)
		}
	}
	wantEqual(t, "the server's word", backoff(&Error{RetryAfter: 7 * time.Second}, 3), 7*time.Second)
	wantEqual(t, "the identity service's word", backoff(&TokenError{RetryAfter: 7 * time.Second}, 3), 7*time.Second)
}

// wantPrintable checks what a server's text may look like in a message.
func wantPrintable[T ~string](t testing.TB, text T) {
	t.Helper()
	if len(text) > maxErrorText+len("...") {
		t.Errorf("%d bytes", len(text))
	}
	if !utf8.ValidString(string(text)) {
		t.Errorf("invalid UTF-8: %q", text)
	}
	for _, r := range text {
		if !unicode.IsPrint(r) {
			t.Errorf("%U in %q", r, text)
		}
	}
}
