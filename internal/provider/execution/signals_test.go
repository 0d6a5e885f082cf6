// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package execution_test

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// These tests run real processes, because the fate of a run hangs on which of them a signal ends.

// moment is when an apply is cut off.
type moment struct {
	name string
	// inject makes the moment last.
	inject func(*acctest.API)
	came   func(context.Context, *acctest.API) error
}

// moments are those in which a run can be lost: while the request that starts it has no answer, and while it is waited
// for, after which Terraform writes the state.
func moments() []moment {
	return []moment{
		{"in the POST", delayPOST(2 * time.Second), func(ctx context.Context, a *acctest.API) error {
			return a.WaitForCalls(ctx, mockserver.OpExecute, 1)
		}},
		{"in the wait", func(*acctest.API) {}, func(ctx context.Context, a *acctest.API) error {
			return a.WaitForCalls(ctx, mockserver.OpDetails, 1)
		}},
	}
}

func delayPOST(delay time.Duration) func(*acctest.API) {
	return func(a *acctest.API) {
		a.Inject(mockserver.Fault{
			On: mockserver.OpExecute, Kind: mockserver.FaultDelay, Delay: mockserver.Duration(delay), Times: 1,
		})
	}
}

// cutOff applies a configuration of a run that does not end by itself, and signals the apply in a moment. Neither
// process may be left a minute later.
func (m moment) cutOff(t *testing.T, w *acctest.Workspace, a *acctest.API, signal func(terraform int) error) acctest.CommandResult {
	t.Helper()
	m.inject(a)
	result, group := w.ApplyCutOff(func(ctx context.Context) error { return m.came(ctx, a) }, signal)
	wantNoProcess(t, group)
	return result
}

// wantNoProcess waits until a process group is empty.
func wantNoProcess(t *testing.T, group int) {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	poll := time.NewTicker(100 * time.Millisecond)
	defer poll.Stop()
	for left := membersOf(t, group); len(left) > 0; left = membersOf(t, group) {
		select {
		case <-poll.C:
		case <-ctx.Done():
			t.Errorf("the processes %v are still running a minute after Terraform has ended", left)
			if err := syscall.Kill(-group, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
			return
		}
	}
	t.Logf("no process was left %s after Terraform's end", time.Since(began).Round(100*time.Millisecond))
}

// waitUntilEnded waits until the first process of a group has ended, which takes a moment after the signal.
func waitUntilEnded(t *testing.T, first int) {
	t.Helper()
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for slices.Contains(membersOf(t, first), first) {
		select {
		case <-poll.C:
		case <-t.Context().Done():
			t.Fatal("the process did not end")
		}
	}
}

// membersOf returns the processes of a group that have not ended. One that has stays in the system's list until its
// parent asks for its exit status, which not every container's first process does for those that it inherits.
func membersOf(t *testing.T, group int) []int {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "ps", "-ax", "-o", "pgid=,pid=,stat=").Output()
	if err != nil {
		t.Fatalf("ps: %v", err)
	}
	var members []int
	for line := range strings.Lines(string(output)) {
		var pgid, pid int
		var status string
		if _, err := fmt.Sscan(line, &pgid, &pid, &status); err != nil {
			t.Fatalf("ps says %q: %v", line, err)
		}
		if pgid == group && !strings.HasPrefix(status, "Z") {
			members = append(members, pid)
		}
	}
	return members
}

func TestSignal_SIGTERMToTheGroupKeepsTheRun(t *testing.T) {
	t.Parallel()
	for _, m := range moments() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
			w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`wait_for_completion = true`))
			if result := m.cutOff(t, w, a, acctest.ToGroup(syscall.SIGTERM)); result.Exit != 1 {
				t.Errorf("exit status %d, want 1", result.Exit)
			}
			if state := w.State(); state == nil || state.Tainted || state.Attributes["id"] != a.Started()[0].ID {
				t.Fatalf("the state is %v, want the run, untainted", state)
			}
			finishFirst(a)
			if result := w.Apply(); result.Exit != 0 {
				t.Errorf("the second apply: exit status %d, want 0", result.Exit)
			}
			if status := w.State().Attributes["status"]; status != "SUCCESS" {
				t.Errorf("the status is %s, want SUCCESS", status)
			}
		})
	}
}

func TestSignal_SIGTERMToTheGroupNamesTheRunOfADataSource(t *testing.T) {
	t.Parallel()
	for _, m := range moments() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
			w := acctest.NewWorkspace(t, a.Provider()+executed("timestamp()", `wait_for_completion = true`))
			result := m.cutOff(t, w, a, acctest.ToGroup(syscall.SIGTERM))
			if said := result.Detail("Pipeline execution left running"); !strings.Contains(said, a.Started()[0].ID) {
				t.Errorf("no error names the run: %q", said)
			}
		})
	}
}

// Terraform dies of SIGHUP and so loses the run, unless it is started by nohup or alike; the provider must not be what
// loses it.
func TestSignal_SIGHUPToTheProviderChangesNothing(t *testing.T) {
	t.Parallel()
	for _, m := range moments() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
			w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`wait_for_completion = true`))
			result := m.cutOff(t, w, a, func(terraform int) error {
				err := toProvider(t, terraform, syscall.SIGHUP)
				go finishWhenStarted(t.Context(), a)
				return err
			})
			if result.Exit != 0 {
				t.Errorf("exit status %d, want 0", result.Exit)
			}
		})
	}
}

// finishWhenStarted ends the run as soon as it is followed.
func finishWhenStarted(ctx context.Context, a *acctest.API) {
	if a.WaitForCalls(ctx, mockserver.OpDetails, 1) == nil {
		finishFirst(a)
	}
}

// toProvider signals the other process of Terraform's group.
func toProvider(t *testing.T, terraform int, signal syscall.Signal) error {
	t.Helper()
	others := slices.DeleteFunc(membersOf(t, terraform), func(pid int) bool { return pid == terraform })
	if len(others) != 1 {
		t.Fatalf("the processes beside Terraform are %v, want the provider alone", others)
	}
	return syscall.Kill(others[0], signal)
}

// What Terraform has not written into the state is lost with it, but the provider does not stay.
func TestSignal_theProviderEndsWhenTerraformIsGone(t *testing.T) {
	t.Parallel()
	signals := map[string]func(int) error{
		"SIGKILL to Terraform": func(terraform int) error { return syscall.Kill(terraform, syscall.SIGKILL) },
		"SIGHUP to the group":  acctest.ToGroup(syscall.SIGHUP),
	}
	for name, signal := range signals {
		for _, m := range moments() {
			t.Run(name+" "+m.name, func(t *testing.T) {
				t.Parallel()
				a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
				w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`wait_for_completion = true`, `on_interrupt = "cancel"`))
				// The pipe that logs go through breaks when Terraform ends.
				w.Env = append(w.Env, "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(w.Dir, "log"))
				m.cutOff(t, w, a, signal)
				// It has finished its call: what is to be done when the wait is cut off has been done.
				if status := a.Started()[0].Status; status != "CANCELLED" {
					t.Errorf("the run is %s, want CANCELLED", status)
				}
			})
		}
	}
}

// Once Terraform is gone, nobody writes an id into the state: what waits to be started must not be.
func TestSignal_nothingIsStartedAfterTerraformIsGone(t *testing.T) {
	t.Parallel()
	queues := []string{`execution_tag = "seed"`, `on_conflict = "wait"`, `wait_for_completion = true`}
	for name, c := range map[string]struct {
		arguments []string
		before    func(*acctest.API)
		operation string
		calls     int
		runs      int
	}{
		"waiting for a token": {
			before: func(a *acctest.API) {
				a.Inject(mockserver.Fault{On: mockserver.OpToken, Kind: mockserver.FaultDelay, Skip: 1,
					Delay: mockserver.Duration(2 * time.Second)})
			},
			operation: mockserver.OpToken, calls: 2,
		},
		"waiting as the server asks": {
			before: func(a *acctest.API) {
				a.Inject(mockserver.Fault{On: mockserver.OpExecute, Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "1"})
			},
			operation: mockserver.OpExecute, calls: 1,
		},
		"waiting for a tag of another process": {
			arguments: queues, before: holdTag, operation: mockserver.OpExecute, calls: 2,
		},
		"waiting for a tag of this process": {
			arguments: append(queues, "count = 4"), operation: mockserver.OpDetails, calls: 2, runs: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, c.runs, acctest.Scenario(mockserver.Run{Forever: true}))
			if c.before != nil {
				c.before(a)
			}
			w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(c.arguments...))
			var posts int
			_, group := w.ApplyCutOff(
				func(ctx context.Context) error { return a.WaitForCalls(ctx, c.operation, c.calls) },
				func(terraform int) error {
					err := syscall.Kill(terraform, syscall.SIGKILL)
					waitUntilEnded(t, terraform)
					posts = a.Calls(mockserver.OpExecute)
					endAll(a) // The tag is free from now on.
					return err
				})
			wantNoProcess(t, group)
			if more := a.Calls(mockserver.OpExecute) - posts; more != 0 {
				t.Errorf("%d requests were sent after Terraform was gone, want none", more)
			}
		})
	}
}
