// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// The canaries are secrets that must come out nowhere.
const (
	canarySecret   = "canary-client-secret-4711"
	canaryToken    = "canary-ready-token-0815"
	canaryVariable = "canary-variable-value-2342"
)

// canaries is a server that repeats in its words whatever it was sent, as proxies and debug settings do.
type canaries struct {
	*acctest.API
	mu     sync.Mutex
	issued []string // access tokens
}

// serveCanaries serves a scenario and notes the tokens that are issued.
func serveCanaries(t *testing.T, runs int, s mockserver.Scenario) *canaries {
	t.Helper()
	s.ClientSecret, s.Token = canarySecret, canaryToken
	c := &canaries{API: acctest.Serve(t, runs, s)}
	front := httptest.NewServer(http.HandlerFunc(c.forward))
	t.Cleanup(front.Close)
	c.URL = front.URL
	return c
}

// forward answers as the mock server does, and notes what tokens it hands out.
func (c *canaries) forward(w http.ResponseWriter, r *http.Request) {
	recorder := httptest.NewRecorder()
	c.ServeHTTP(recorder, r)
	answer := recorder.Result()
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if json.Unmarshal(body, &token) == nil && token.AccessToken != "" {
		c.mu.Lock()
		c.issued = append(c.issued, token.AccessToken)
		c.mu.Unlock()
	}
	body = bytes.ReplaceAll(body, []byte("TOKEN-IN-USE"), []byte(r.Header.Get("Authorization")))
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(body)
}

// search looks for the canaries in everything that the workspace's commands have left or printed.
func (c *canaries) search(t *testing.T, w *acctest.Workspace, outputs ...string) {
	t.Helper()
	secrets := append([]string{canarySecret, canaryToken, canaryVariable}, c.issued...)
	look := func(where, content string) {
		for _, secret := range secrets {
			if at := strings.Index(content, secret); at >= 0 {
				t.Errorf("%s holds the secret %q: ...%s...", where, secret, content[max(0, at-200):at])
			}
		}
	}
	for i, output := range outputs {
		look(fmt.Sprintf("output %d", i), output)
	}
	err := filepath.WalkDir(w.Dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "main.tf" {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		// A saved plan is an archive with a copy of the configuration. What it says is searched as JSON.
		if !strings.HasSuffix(path, ".bin") {
			look(entry.Name(), string(content))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// variables is how the configuration gets its secrets: not in clear, or the configuration itself would be a leak.
const variables = `
variable "client_secret" {
  type      = string
  sensitive = true
  ephemeral = true
}
variable "password" {
  type      = string
  sensitive = true
  ephemeral = true
}
`

func (c *canaries) config(more ...string) string {
	provider := strings.Replace(c.Provider(), `"mock-client-secret"`, "var.client_secret", 1)
	return variables + provider + acctest.Execution(append(more, `wait_for_completion = true`,
		`scalar_variables_wo = { password = var.password }`, `scalar_variables_wo_version = 1`)...)
}

// secretive prepares a workspace that logs all it can, into a file of its own.
func (c *canaries) secretive(t *testing.T) *acctest.Workspace {
	t.Helper()
	w := acctest.NewWorkspace(t, c.config())
	w.Needs(acctest.WriteOnly())
	w.Env = append(w.Env, "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(w.Dir, "trace.log"),
		"TF_VAR_client_secret="+canarySecret, "TF_VAR_password="+canaryVariable)
	return w
}

func TestCanary_refreshKeepsOutWhatItCannotRecognise(t *testing.T) {
	t.Parallel()
	run := mockserver.Run{Ends: "FAILED", Message: "wrong password " + canaryVariable}
	server := serveCanaries(t, 1, acctest.Scenario(run))
	w := server.secretive(t)
	w.Configure(strings.Replace(server.config(), "wait_for_completion = true", "", 1))
	applied, refreshed := w.Apply(), w.Apply("-refresh-only")
	if status := w.State().Attributes["status"]; status != "FAILED" {
		t.Errorf("status %v, want FAILED", status)
	}
	server.search(t, w, applied.Output, refreshed.Output)
}

func TestCanary_secretsComeOutNowhere(t *testing.T) {
	t.Parallel()
	echo := `{"title": "Bad", "detail": "you sent ` + canaryVariable + ` with ` + canarySecret + ` and TOKEN-IN-USE"}`
	cases := map[string]struct {
		run    mockserver.Run
		faults []mockserver.Fault
		runs   int
	}{
		"a run that succeeds": {
			mockserver.Run{Message: "password is " + canaryVariable}, nil, 1,
		},
		"a run that fails": {mockserver.Run{
			Ends: "FAILED", Message: "wrong password " + canaryVariable,
			Steps: []mockserver.Step{{Name: "Log in", Status: "FAILED", Message: "login with " + canaryVariable + " failed"}},
		}, nil, 1},
		"a request that is refused": {mockserver.Run{}, []mockserver.Fault{
			{On: "execute", Kind: mockserver.FaultStatus, Status: 400, Body: echo},
		}, 0},
		"an answer that is lost": {mockserver.Run{}, []mockserver.Fault{
			{On: "execute", Kind: mockserver.FaultStatusAfter, Status: 500, Body: "TOKEN-IN-USE " + canaryVariable},
			{On: "list", Kind: mockserver.FaultStatus, Status: 403, Body: echo},
		}, 1},
		"credentials that are refused": {mockserver.Run{}, []mockserver.Fault{
			{On: "token", Kind: mockserver.FaultStatus, Status: 401, Body: `{"error": "` + canarySecret + `"}`},
		}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serveCanaries(t, c.runs, acctest.Scenario(c.run))
			for _, fault := range c.faults {
				server.Inject(fault)
			}
			w := server.secretive(t)
			var outputs []string
			for _, args := range [][]string{
				{"plan", "-no-color", "-out=plan.bin"}, {"show", "-json", "plan.bin"},
				{"apply", "-auto-approve", "-no-color"}, {"show", "-json"}, {"plan", "-no-color"},
				{"destroy", "-auto-approve", "-no-color"},
			} {
				outputs = append(outputs, w.Run(args...).Output)
			}
			server.search(t, w, outputs...)
			log, err := os.ReadFile(filepath.Join(w.Dir, "trace.log"))
			if err != nil || !bytes.Contains(log, []byte("[TRACE]")) {
				t.Errorf("there is no trace log to search: %v", err)
			}
		})
	}
}
