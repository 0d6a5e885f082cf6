// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// lockedBuffer is a writer for a command that is still running.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// serveCommand runs the command and returns what it exports, and a function that stops it and returns its error.
func serveCommand(t *testing.T, stderr io.Writer, args ...string) (map[string]string, func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := Command(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), writer, stderr)
		writer.CloseWithError(errors.Join(err, io.EOF))
		done <- err
	}()
	exports := map[string]string{}
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "=")
		exports[name] = value
		if name == "MATILLION_PROJECT_ID" {
			break
		}
	}
	return exports, func() error { cancel(); return <-done }
}

func TestCommand_serves(t *testing.T) {
	t.Parallel()
	var stderr lockedBuffer
	exports, stop := serveCommand(t, &stderr)
	base := exports["MATILLION_AUDIENCE_URL"]
	wantEqual(t, exports, map[string]string{
		"MATILLION_API_URL": base + "/dpc", "MATILLION_TOKEN_URL": base + "/oauth/dpc/token", "MATILLION_AUDIENCE_URL": base,
		"MATILLION_CLIENT_ID": defaultClientID, "MATILLION_CLIENT_SECRET": defaultClientSecret,
		"MATILLION_PROJECT_ID": SampleProjectID,
	})
	c := &client{t: t, http: &http.Client{Transport: &http.Transport{}}, base: base, token: defaultToken}
	body := `{"pipelineName":"Nightly load","environmentName":"Production","scalarVariables":{"a":"canary"}}`
	wantEqual(t, c.execute(body).status, http.StatusCreated)
	wantEqual(t, c.get(APIPath+"/v1/a%0Ab").status, http.StatusNotFound)
	if err := stop(); err != nil {
		t.Error(err)
	}
	log := stderr.String()
	for _, want := range []string{"POST " + testExecutions + " 201\n", "GET /dpc/v1/a%0Ab 404\n"} {
		if !strings.Contains(log, want) {
			t.Errorf("log lacks %q:\n%s", want, log)
		}
	}
	if strings.Contains(log, "canary") || strings.Contains(log, defaultToken) {
		t.Errorf("log has a body or a token:\n%s", log)
	}
}

func TestCommand_stopsWhileACallHangs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "scenario.json")
	scenario := `{"account_id": "it's", "faults": [{"kind": "hang"}, {"kind": "hang"}]}`
	if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr lockedBuffer
	exports, stop := serveCommand(t, &stderr, "-scenario", file)
	wantEqual(t, exports["MATILLION_ACCOUNT_ID"], `'it'\''s'`)
	c := &client{t: t, http: &http.Client{Transport: &http.Transport{}}, base: exports["MATILLION_AUDIENCE_URL"]}
	hung := make(chan error, 1)
	wrote := make(chan struct{})
	go func() {
		req := c.request(t.Context(), http.MethodPost, testExecutions, executeJSON(""))
		req.Body = closer{req.Body, sync.OnceFunc(func() { close(wrote) })}
		_, err := c.send(req)
		hung <- err
	}()
	<-wrote
	if err := stop(); err != nil {
		t.Error(err)
	}
	if err := <-hung; err == nil {
		t.Error("the call that hangs was answered")
	}
}

// closer tells when a body has been sent.
type closer struct {
	io.ReadCloser
	closed func()
}

func (c closer) Close() error {
	defer c.closed()
	return c.ReadCloser.Close()
}

func TestCommand_refuses(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.json")
	if err := os.WriteFile(bad, []byte(`{"latencies": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"all addresses":    {[]string{"-listen", ":0"}, "must be a loopback address"},
		"any address":      {[]string{"-listen", "0.0.0.0:0"}, "must be a loopback address"},
		"other address":    {[]string{"-listen", "192.0.2.1:0"}, "must be a loopback address"},
		"a name":           {[]string{"-listen", "example.com:80"}, "must be a loopback address"},
		"no port":          {[]string{"-listen", "127.0.0.1"}, "missing port"},
		"argument":         {[]string{"now"}, `unexpected argument "now"; a command follows after --`},
		"no command":       {[]string{"--"}, "a command must follow after --"},
		"unknown command":  {[]string{"--", "no-such-command"}, `"no-such-command": executable file not found`},
		"log in no folder": {[]string{"-log", filepath.Join(bad, "mock.log")}, "not a directory"},
		"unknown flag":     {[]string{"-port", "1"}, "-port"},
		"missing file":     {[]string{"-scenario", "does-not-exist.json"}, "does-not-exist.json"},
		"bad file":         {[]string{"-scenario", bad}, `unknown field "latencies"`},
		"help is no error": {[]string{"-h"}, flag.ErrHelp.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Command(t.Context(), test.args, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestCommand_help(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	if err := Command(t.Context(), []string{"-h"}, io.Discard, &stderr); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("error = %v", err)
	}
	for _, want := range []string{"Usage: terraform-provider-matillion mock", "-listen", "-scenario"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("help lacks %q:\n%s", want, stderr.String())
		}
	}
}

func TestShellQuote_isReadBack(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh here")
	}
	for _, value := range []string{
		"", "plain-1.0/x:y", "it's", "$(id) `id` \\ \"", "a b", "~", "a;b", "#a", "line\nbreak",
	} {
		out, err := exec.CommandContext(t.Context(), shell, "-c", "printf %s "+shellQuote(value)).Output()
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, string(out), value)
	}
	wantEqual(t, shellQuote("http://127.0.0.1:8080/dpc"), "http://127.0.0.1:8080/dpc")
}
