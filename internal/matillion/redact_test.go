// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

func TestRedact_replacesEverySecret(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		secrets    []string
		text, want string
	}{
		"none":               {nil, "hunter2", "hunter2"},
		"one":                {[]string{"hunter2"}, "it is hunter2, hunter2!", "it is (redacted), (redacted)!"},
		"within a word":      {[]string{"hunter2"}, "xhunter2x", "x(redacted)x"},
		"twice in a row":     {[]string{"hunter2"}, "hunter2hunter2", "(redacted)(redacted)"},
		"longest first":      {[]string{"hunter", "hunter2"}, "hunter2 hunter", "(redacted) (redacted)"},
		"overlapping":        {[]string{"abcd", "cdefg"}, "abcdefg", "ab(redacted)"},
		"given twice":        {[]string{"hunter2", "hunter2"}, "hunter2", "(redacted)"},
		"short":              {[]string{"", "a", "abc"}, "a abc", "a abc"},
		"as long as it gets": {[]string{"abcd"}, "abcd", "(redacted)"},
		"other case":         {[]string{"hunter2"}, "Hunter2", "Hunter2"},
		"lines":              {[]string{"one\ntwo"}, "is one\ntwo.", "is (redacted)."},
		"quotes":             {[]string{`a"b"c`}, `{"value":"a\"b\"c"}`, `{"value":"(redacted)"}`},
		"as a form":          {[]string{"a b&c=d"}, "secret=a+b%26c%3Dd&x", "secret=(redacted)&x"},
		"as HTML":            {[]string{"<a&b>"}, "<p>&lt;a&amp;b&gt;</p>", "<p>(redacted)</p>"},
		"as JSON":            {[]string{"<a&b>\n"}, `"\u003ca\u0026b\u003e\n"`, `"(redacted)"`},
		"in a path":          {[]string{"pass word"}, "/x/pass%20word/y", "/x/(redacted)/y"},
		"broken by a line":   {[]string{"hunter2"}, "is hun\r\n ter2.", "is (redacted)."},
		"without its blanks": {[]string{"pass word"}, "password", "(redacted)"},
		"the mark itself":    {[]string{"redacted"}, "redacted (redacted)", "(redacted) ((redacted))"},
		"no UTF-8":           {[]string{"\xff\xfehunter"}, "\xff\xfehunter\xff", "(redacted)\xff"},
		"as other JSON":      {[]string{"<a&b>\n"}, `"<a&b>\n"`, `"(redacted)"`},
	} {
		var s secrets
		s.add(test.secrets...)
		wantEqual(t, name, s.redact(test.text), test.want)
	}
}

// A proxy that refuses a request may show what it was sent: exactly that must be recognized.
func TestRedact_knowsWhatWasSent(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"hunter2", `pass"word\`, "<a&b>'", "-----BEGIN KEY-----\nMIIE/+==\n", "ünï\u2028", "tab\tbell\a"} {
		client := talkingTo(t, func(req *http.Request) (*http.Response, error) {
			var echo strings.Builder
			if _, err := fmt.Fprintln(&echo, req.Method, req.URL, req.Header); err != nil {
				return nil, err
			}
			body := new(strings.Builder)
			if err := req.Write(body); err != nil {
				return nil, err
			}
			return answerTo(req, http.StatusForbidden, strings.NewReader(echo.String()+body.String())), nil
		})
		client.KeepSecret(secret)
		req := testRequest()
		req.ScalarVariables = map[string]string{"password": secret}
		_, err := client.Executions.Start(t.Context(), req, StartOptions{})
		wantNoSecret(t, err.Error(), secret)
		wantNoSecret(t, err.Error(), "ready-token")
	}
}

// A redirect may lead to an address that repeats what was sent, in a path that is escaped otherwise than a value in it.
func TestRedact_theAddressOfARedirect(t *testing.T) {
	t.Parallel()
	const secret = "pass/<word>&"
	client := talkingTo(t, func(req *http.Request) (*http.Response, error) {
		resp := answerTo(req, http.StatusPermanentRedirect, http.NoBody)
		resp.Header.Set("Location", (&url.URL{Path: "/sign-in/" + secret + "/ready-token"}).String()+"?"+secret)
		return resp, nil
	})
	client.KeepSecret(secret)
	_, err := client.Executions.Start(t.Context(), testRequest(), StartOptions{})
	wantEqual(t, "location", wantError[*Error](t, err).Location, testBase+"/sign-in/(redacted)/(redacted)")
}

// The errors of net/http quote what a server has sent: what is no HTTP may repeat what was sent to it.
func TestRedact_theErrorsOfTheTransport(t *testing.T) {
	t.Parallel()
	const secret = "pass/<word>&\""
	broken := fmt.Errorf("malformed MIME header: %q", "Bearer ready-token "+secret+" s3cret-client\r\n\x1b[2J")
	stubbed := stub(func(*http.Request) (*http.Response, error) { return nil, broken })
	for name, config := range map[string]Config{
		"API":   {Token: "ready-token"},
		"token": {ClientID: "id", ClientSecret: "s3cret-client", TokenURL: testBase + "/token"},
	} {
		client, err := New(withDefaults(config, stubbed))
		if err != nil {
			t.Fatal(err)
		}
		client.KeepSecret(secret, "ready-token", "s3cret-client")
		err = client.do(t.Context(), request{method: http.MethodGet, again: never}, nil)
		text := err.Error()
		for _, canary := range []string{secret, "ready-token", "s3cret-client"} {
			wantNoSecret(t, text, canary)
		}
		if !strings.Contains(text, "malformed MIME header") || !errors.Is(err, broken) {
			t.Errorf("%s: %q, want what went wrong", name, text)
		}
	}
}

// wantNoSecret looks for a secret in each form in which it may be written.
func wantNoSecret(t testing.TB, text, secret string) {
	t.Helper()
	encoded, err := json.Marshal(secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{secret, clip(secret), strings.Trim(string(encoded), `"`), url.QueryEscape(secret)} {
		if strings.Contains(text, form) {
			t.Errorf("%q is in %q", form, text)
		}
	}
}

func TestClient_secretsDoNotComeOut(t *testing.T) {
	t.Parallel()
	const canary = "s3cret-c4nary"
	problem := `{"title":"Bad ` + canary + `","detail":"` + canary + ` is wrong","violations":["x","` + canary + `"]}`
	for name, body := range map[string]string{
		"problem": problem, "text": canary, "HTML": "<p>" + html.EscapeString(canary), "JSON": `{"echo":["` + canary + `"]}`,
		"cut by the limit": strings.Repeat("x", maxErrorText-5) + canary,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := answering(t, http.StatusForbidden, body)
			client.KeepSecret(canary)
			_, err := client.Projects.List(t.Context())
			wantNoSecret(t, err.Error(), canary)
			wantNoSecret(t, err.Error(), "s3cret")
			if !strings.Contains(err.Error(), "(reda") {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func TestClient_secretsDoNotComeOutOfMessages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const canary = "s3cret-c4nary"
		c := connect(t, setup{started: 5, run: mockserver.Run{
			Ends: "FAILED", Message: "could not log in with " + canary,
			Steps: []mockserver.Step{{Name: "Log in", Status: "FAILED", Message: "wrong password: " + canary}},
		}})
		c.KeepSecret(canary)
		var refs []Handle
		for range 5 {
			refs = append(refs, c.start(t).Handle)
		}
		check := func(messages ...Text) {
			for _, message := range messages {
				wantNoSecret(t, string(message), canary)
				if !strings.HasSuffix(string(message), "(redacted)") {
					t.Errorf("message = %q", message)
				}
			}
		}
		execution, err := c.Executions.Wait(t.Context(), refs[0].since(c.began), func(e Execution) { check(e.Message) })
		if err != nil {
			t.Error(err)
		}
		check(execution.Message)
		steps, err := c.Executions.Steps(t.Context(), refs[0])
		if err != nil || len(steps) != 1 {
			t.Errorf("Steps = %+v, %v", steps, err)
		}
		check(steps[0].Result.Message)
		listed, err := c.Executions.List(t.Context(), ExecutionsQuery{ProjectID: testProject}, nil)
		if err != nil || len(listed) != 5 {
			t.Errorf("Executions = %+v, %v", listed, err)
		}
		for _, e := range listed {
			check(e.Message)
		}
		together(5, func(i int) {
			e, err := c.Executions.reader.read(t.Context(), refs[i].since(c.began), toFollow)
			if err != nil {
				t.Error(err)
			}
			check(e.Message)
		})
		wantEqual(t, "lists", c.server.Calls(mockserver.OpList), 2)
	})
}

func TestClient_messagesAreOneLine(t *testing.T) {
	t.Parallel()
	message := "line one\r\nline two\x1b[31m\u202e" + strings.Repeat("x", 5000)
	body, err := json.Marshal(map[string]any{"status": "FAILED", "message": message})
	if err != nil {
		t.Fatal(err)
	}
	execution, err := answering(t, http.StatusOK, string(body)).Executions.Get(t.Context(), Handle{ProjectID: testProject, ID: testID})
	if err != nil {
		t.Fatal(err)
	}
	wantPrintable(t, execution.Message)
	if !strings.HasPrefix(string(execution.Message), "line one line two [31m xxx") {
		t.Errorf("message = %.50q", execution.Message)
	}
}

// The credentials and every token are secrets from the start, and tokens as soon as they are there.
func TestClient_credentialsDoNotComeOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const secret = "s3cret &=+"
		tokens := 0
		client, err := New(Config{BaseURL: testBase, ClientID: "id", ClientSecret: secret, Transport: stub(
			func(req *http.Request) (*http.Response, error) {
				if req.Method == http.MethodPost {
					tokens++
					body := fmt.Sprintf(`{"access_token":"access-t0ken-%d","expires_in":60}`, tokens)
					return answerTo(req, http.StatusOK, strings.NewReader(body)), nil
				}
				echo := fmt.Sprintf("%v %s %s", req.Header, secret, url.QueryEscape(secret))
				return answerTo(req, http.StatusForbidden, strings.NewReader(echo)), nil
			})})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			_, err := client.Projects.List(t.Context())
			wantNoSecret(t, err.Error(), secret)
			wantNoSecret(t, err.Error(), "access-t0ken")
			wantEqual(t, "tokens", tokens, n+1)
			advance(time.Minute)
		}
	})
}

func TestSecrets_mayBeAddedWhileOthersAreSought(t *testing.T) {
	t.Parallel()
	var s secrets
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				s.add(fmt.Sprintf("secret-%d-%d", i, j))
				_ = s.redact("secret-0-0")
			}
		})
	}
	wg.Wait()
	wantEqual(t, "text", s.redact("secret-0-0 secret-7-49"), "(redacted) (redacted)")
}
