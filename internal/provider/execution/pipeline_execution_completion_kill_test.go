// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package execution_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// completedRun is a run that one resource starts and another one waits for.
func completedRun() string {
	return acctest.Execution() + `
resource "matillion_pipeline_execution_completion" "test" {
  execution_ids = [` + acctest.Address + `.id]
}
`
}

// kills are what an apply may be cut off by, and whether Terraform lives to write the state.
func kills(t *testing.T) map[string]func(terraform int) error {
	t.Helper()
	return map[string]func(int) error{
		"SIGKILL to Terraform":    func(terraform int) error { return syscall.Kill(terraform, syscall.SIGKILL) },
		"SIGKILL to the group":    acctest.ToGroup(syscall.SIGKILL),
		"SIGKILL to the provider": func(terraform int) error { return toProvider(t, terraform, syscall.SIGKILL) },
		"SIGTERM to the group":    acctest.ToGroup(syscall.SIGTERM),
		"Ctrl-C":                  acctest.ToGroup(syscall.SIGINT),
	}
}

// cutOffInTheWait applies, and signals the apply one second into the wait: when the completion looks for the second time.
func cutOffInTheWait(t *testing.T, w *acctest.Workspace, a *acctest.API, signal func(int) error) acctest.CommandResult {
	t.Helper()
	result, group := w.ApplyCutOff(func(ctx context.Context) error {
		return a.WaitForCalls(ctx, mockserver.OpDetails, 2)
	}, signal)
	wantNoProcess(t, group)
	return result
}

func TestCompletion_aKillLosesNothing(t *testing.T) {
	t.Parallel()
	for name, signal := range kills(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
			w := acctest.NewWorkspace(t, a.Provider()+completedRun())
			if result := cutOffInTheWait(t, w, a, signal); result.Exit == 0 {
				t.Fatal("the apply was not cut off")
			}
			if state := w.State(); state == nil || state.Attributes["id"] != a.Started()[0].ID {
				t.Fatalf("the state is %v, want the run", state)
			}
			finishFirst(a)
			if result := w.Apply(); result.Exit != 0 {
				t.Errorf("the second apply: exit status %d, want 0", result.Exit)
			}
			w.Succeeds("plan", "-detailed-exitcode", "-no-color")
		})
	}
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

// Terraform sends a remote state at its end, when it is asked to stop, and when an instance is written more than 20 s after
// the first one. What is killed before is not in it: the page of the resource says so, and what to do.
func TestCompletion_aKillWithARemoteStateLosesWhatTerraformHasNotSent(t *testing.T) {
	t.Parallel()
	for name, signal := range kills(t) {
		sent := !strings.Contains(name, "SIGKILL to Terraform") && !strings.Contains(name, "SIGKILL to the group")
		runs := 2
		if sent {
			runs = 1
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, runs, acctest.Scenario(mockserver.Run{Forever: true}))
			states := &stateServer{}
			backend := httptest.NewServer(states)
			t.Cleanup(backend.Close)
			w := acctest.NewWorkspace(t, fmt.Sprintf("terraform {\n  backend \"http\" { address = %q }\n}\n", backend.URL)+
				a.Provider()+completedRun())
			w.Run("init", "-no-color")
			cutOffInTheWait(t, w, a, signal)
			if has := states.has(a.Started()[0].ID); has != sent {
				t.Errorf("the run is in the remote state: %t, want %t", has, sent)
			}
			finishFirst(a)
			runWell(a)
			if result := w.Apply(); result.Exit != 0 {
				t.Errorf("the second apply: exit status %d, want 0", result.Exit)
			}
		})
	}
}
