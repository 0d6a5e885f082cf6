// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shell returns arguments that run a script while the mock is served.
func shell(t *testing.T, script string, flags ...string) []string {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh here")
	}
	return append(flags, "--", sh, "-c", script)
}

func TestCommand_servesWhileACommandRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, lines := filepath.Join(dir, "done"), filepath.Join(dir, "mock.log")
	script := `echo "$MATILLION_AUDIENCE_URL"; until [ -e "` + file + `" ]; do sleep 0.05; done; echo "the end"`
	args := shell(t, script, "-log", lines)
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	var stderr lockedBuffer
	go func() { ended <- errors.Join(Command(t.Context(), args, writer, &stderr), writer.Close()) }()
	stdout := bufio.NewReader(reader)
	base, err := stdout.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(base, defaultListen) {
		t.Errorf("the mock is at %s, want a free port", base)
	}
	c := &client{t: t, http: &http.Client{Transport: &http.Transport{}}, base: strings.TrimSpace(base)}
	c.token = defaultToken
	body := `{"pipelineName":"Nightly load","environmentName":"Production"}`
	wantEqual(t, c.execute(body).status, http.StatusCreated)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(stdout)
	if err := errors.Join(err, <-ended); err != nil {
		t.Error(err)
	}
	wantEqual(t, string(rest), "the end\n")
	wantEqual(t, stderr.String(), "")
	log, err := os.ReadFile(lines)
	if err != nil || strings.Count(string(log), "POST "+testExecutions+" 201\n") != 1 {
		t.Errorf("the log is %q (%v), want a line for the one run", log, err)
	}
	if _, err := c.send(c.request(t.Context(), http.MethodGet, testExecutions, "")); err == nil {
		t.Error("the mock still serves after the command has ended")
	}
}

func TestCommand_exitsAsItsCommandDoes(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]int{"exit 0": 0, "exit 2": 2, "kill -KILL $$": 137, "kill -TERM $$": 143} {
		err := Command(t.Context(), shell(t, script), io.Discard, io.Discard)
		got := 0
		if exit, ok := errors.AsType[*ExitError](err); ok {
			got = exit.Status
		} else if err != nil {
			t.Error(err)
		}
		if got != want {
			t.Errorf("%s: status %d, want %d", script, got, want)
		}
	}
}

func TestEnvironment_leavesNothingThatContradictsTheMock(t *testing.T) {
	t.Parallel()
	server := New(Scenario{AccountID: "mine", Projects: []Project{SampleProject()}})
	before := []string{
		"HOME=/home/user", "MATILLION_TOKEN=secret", "MATILLION_REGION=eu", "MATILLION_CLIENT_ID=real",
		"MATILLION_ACCOUNT_ID=real", "MATILLION_PROJECT_ID=real", "MATILLION_PLAN_CHECKS=error", "MATILLION_READ_ONLY=true",
	}
	want := []string{
		"HOME=/home/user", "MATILLION_PLAN_CHECKS=error", "MATILLION_READ_ONLY=true",
		"MATILLION_API_URL=http://mock/dpc", "MATILLION_TOKEN_URL=http://mock/oauth/dpc/token",
		"MATILLION_AUDIENCE_URL=http://mock", "MATILLION_CLIENT_ID=" + defaultClientID,
		"MATILLION_CLIENT_SECRET=" + defaultClientSecret, "MATILLION_ACCOUNT_ID=mine",
		"MATILLION_PROJECT_ID=" + SampleProjectID,
	}
	if diff := cmp.Diff(want, environment(before, server.settings("http://mock"))); diff != "" {
		t.Errorf("the environment of the command (-want +got):\n%s", diff)
	}
	for _, s := range server.settings("http://mock") {
		if left := environment([]string{s.name + "=other"}, nil); len(left) > 0 {
			t.Errorf("the user's %s is left", left)
		}
	}
}
