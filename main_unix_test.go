// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stubborn is a command that prints that it is ready and each SIGTERM, and ends with the status 7 when a file is there.
const stubborn = `trap 'echo told' TERM; echo ready; until [ -e "$0" ]; do sleep 0.05; done; exit 7`

// A signal to all processes of a job, as CI systems send it, and one to the mock alone must reach the command once, and
// the mock serves until the command has ended.
func TestMock_passesASignalOnOnce(t *testing.T) {
	t.Parallel()
	for name, all := range map[string]bool{"to all": true, "to the mock": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "done")
			cmd := program(t.Context(), "mock", "--", "sh", "-c", stubborn, file)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(stdout)
			lines.Scan() // it is ready
			target := cmd.Process.Pid
			if all {
				target = -target
			}
			if err := syscall.Kill(target, syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if lines.Scan(); lines.Text() != "told" {
				t.Errorf("the command prints %q, want that it was told", lines.Text())
			}
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			rest := ""
			for lines.Scan() {
				rest += lines.Text()
			}
			if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 7 || rest != "" {
				t.Errorf("it ends with %v and prints %q, want status 7 and nothing", err, rest)
			}
		})
	}
}

// What could be signalled twice is in a group of its own.
func TestMock_commandHasAGroupOfItsOwn(t *testing.T) {
	t.Parallel()
	cmd := program(t.Context(), "mock", "--", "sh", "-c", "ps -o pgid= -p $$; ps -o pgid= -p $PPID")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if groups := strings.Fields(string(output)); len(groups) != 2 || groups[0] == groups[1] {
		t.Errorf("the process groups of command and mock are %v, want two", groups)
	}
}

// What Terraform has started ignores these signals.
func TestProgram_endsByASignalForADebugger(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			cmd := debugged(t)
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			ended := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
			defer ended.Stop()
			_ = cmd.Wait() // Its error is the signal.
			if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != signal {
				t.Errorf("the program ended with %s, want %s", cmd.ProcessState, signal)
			}
		})
	}
}
