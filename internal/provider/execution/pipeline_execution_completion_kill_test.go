// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package execution_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// completedRun is a run that one resource starts and another one waits for, with more arguments of that.
func completedRun(more string) string {
	return acctest.Execution() + `
resource "matillion_pipeline_execution_completion" "test" {
  execution_ids = [` + acctest.Address + `.id]
  ` + more + `
}
`
}

// waitAgain ends the run, and applies again.
func waitAgain(t *testing.T, w *acctest.Workspace, a *acctest.API) {
	t.Helper()
	if result := afterItsEnd(t, w, a); result.Exit != 0 {
		t.Errorf("the second apply: exit status %d, want 0", result.Exit)
	}
	w.Succeeds("plan", "-detailed-exitcode", "-no-color")
}

// isOpenTofu reports whether the CLI is OpenTofu, which writes a local state as Terraform does a remote one.
func isOpenTofu(w *acctest.Workspace) bool {
	return strings.Contains(w.Succeeds("version"), "OpenTofu")
}

// runsIf returns how many runs there are: another one if the first is lost.
func runsIf(lost bool) int {
	if lost {
		return 2
	}
	return 1
}

// stateServer is a backend of Terraform, of its type "http".
type stateServer struct {
	mu    sync.Mutex
	state []byte
}

func (s *stateServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodPost {
		s.state, _ = io.ReadAll(r.Body)
	}
	if s.state == nil {
		w.WriteHeader(http.StatusNotFound)
	}
	_, _ = w.Write(s.state)
}

func (s *stateServer) has(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(string(s.state), text)
}

// remote returns a workspace whose state is a server's.
func remote(t *testing.T, a *acctest.API, config string) (*acctest.Workspace, *stateServer) {
	t.Helper()
	states := &stateServer{}
	backend := httptest.NewServer(states)
	t.Cleanup(backend.Close)
	w := acctest.NewWorkspace(t,
		fmt.Sprintf("terraform {\n  backend \"http\" { address = %q }\n}\n", backend.URL)+a.Provider()+config)
	w.Run("init", "-no-color") // It fails after the backend, because the provider is in no registry.
	return w, states
}

// Terraform sends a remote state at its end, when it is asked to stop, and when an instance is written more than 20 s
// after the first one. What is killed before is not in it: the page of the resource says so, and what to do.
func TestCompletion_aKillLosesWhatIsNotInARemoteState(t *testing.T) {
	t.Parallel()
	for _, how := range []string{
		"SIGKILL to Terraform", "SIGKILL to the group", "SIGKILL to the provider", "SIGTERM to the group", "Ctrl-C",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			k := kills()[how]
			a := acctest.Serve(t, runsIf(k.atOnce), acctest.Scenario(mockserver.Run{Forever: true}))
			w, states := remote(t, a, completedRun(""))
			k.cutOffInTheWait(t, w, a)
			if sent := states.has(a.Started()[0].ID); sent == k.atOnce {
				t.Errorf("the run is in the remote state: %t", sent)
			}
			waitAgain(t, w, a)
		})
	}
}

func TestCompletion_aPauseBringsTheRunIntoARemoteState(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
	w, _ := remote(t, a, completedRun("depends_on = [terraform_data.pause]")+`
resource "terraform_data" "pause" {
  triggers_replace = `+acctest.Address+`.id
  provisioner "local-exec" { command = "sleep 21" }
}
`)
	kills()["SIGKILL to the group"].cutOffInTheWait(t, w, a)
	waitAgain(t, w, a)
}
