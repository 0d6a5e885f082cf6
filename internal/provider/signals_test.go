package provider

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
)

// These tests run real processes, because the fate of a run hangs on which of them a signal ends.

// moment is when an apply is cut off.
type moment struct {
	name string
	// inject makes the moment last.
	inject func(*api)
	came   func(context.Context, *api) error
}

// moments are those in which a run can be lost: while the request that starts it has no answer, and while it is waited
// for, after which Terraform writes the state.
func moments() []moment {
	return []moment{
		{"in the POST", delayPOST(3 * time.Second), func(ctx context.Context, a *api) error {
			return a.WaitForCalls(ctx, mockserver.OpExecute, 1)
		}},
		{"in the wait", func(*api) {}, func(ctx context.Context, a *api) error {
			return a.WaitForCalls(ctx, mockserver.OpDetails, 1)
		}},
	}
}

func delayPOST(delay time.Duration) func(*api) {
	return func(a *api) {
		a.Inject(mockserver.Fault{
			On: mockserver.OpExecute, Kind: mockserver.FaultDelay, Delay: mockserver.Duration(delay), Times: 1,
		})
	}
}

// cutOff applies a configuration of a run that does not end by itself, and signals the apply in a moment. Neither process
// may be left a minute later.
func (m moment) cutOff(w *workspace, a *api, signal func(terraform int) error) commandResult {
	w.t.Helper()
	m.inject(a)
	result, group := w.applyCutOff(func(ctx context.Context) error { return m.came(ctx, a) }, signal)
	wantNoProcess(w.t, group)
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
			a := serve(t, 1, scenario(mockserver.Run{Forever: true}))
			w := newWorkspace(t, a.provider()+execution(`wait_for_completion = true`))
			if result := m.cutOff(w, a, toGroup(syscall.SIGTERM)); result.exit != 1 {
				t.Errorf("exit status %d, want 1", result.exit)
			}
			if state := w.state(); state == nil || state.Tainted || state.Attributes["id"] != a.Started()[0].ID {
				t.Fatalf("the state is %v, want the run, untainted", state)
			}
			finishFirst(a)
			if result := w.apply(); result.exit != 0 {
				t.Errorf("the second apply: exit status %d, want 0", result.exit)
			}
			if status := w.state().Attributes["status"]; status != "SUCCESS" {
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
			a := serve(t, 1, scenario(mockserver.Run{Forever: true}))
			w := newWorkspace(t, a.provider()+executed("timestamp()", `wait_for_completion = true`))
			result := m.cutOff(w, a, toGroup(syscall.SIGTERM))
			if said := result.detail("Pipeline execution left running"); !strings.Contains(said, a.Started()[0].ID) {
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
			a := serve(t, 1, scenario(mockserver.Run{Forever: true}))
			w := newWorkspace(t, a.provider()+execution(`wait_for_completion = true`))
			result := m.cutOff(w, a, func(terraform int) error {
				err := toProvider(t, terraform, syscall.SIGHUP)
				go finishWhenStarted(t.Context(), a)
				return err
			})
			if result.exit != 0 {
				t.Errorf("exit status %d, want 0", result.exit)
			}
		})
	}
}

// finishWhenStarted ends the run as soon as it is followed.
func finishWhenStarted(ctx context.Context, a *api) {
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
		"SIGHUP to the group":  toGroup(syscall.SIGHUP),
	}
	for name, signal := range signals {
		for _, m := range moments() {
			t.Run(name+" "+m.name, func(t *testing.T) {
				t.Parallel()
				a := serve(t, 1, scenario(mockserver.Run{Forever: true}))
				w := newWorkspace(t, a.provider()+execution(`wait_for_completion = true`, `on_interrupt = "cancel"`))
				// The pipe that logs go through breaks when Terraform ends.
				w.env = append(w.env, "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(w.dir, "log"))
				m.cutOff(w, a, signal)
				// It has finished its call: what is to be done when the wait is cut off has been done.
				if status := a.Started()[0].Status; status != "CANCELLED" {
					t.Errorf("the run is %s, want CANCELLED", status)
				}
			})
		}
	}
}
