// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package execution_test

import (
	"bufio"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// underDebugger starts the provider as a debugger does, from a process that has ended when it returns: what is served to
// Terraform would end then. It returns the process, its group, and its line for Terraform's environment.
func underDebugger(t *testing.T, w *acctest.Workspace) (process, group int, reattach string) {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "sh", "-c", `"$0" -debug & echo $!; read -r _`, w.Provider())
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	written, err := shell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	held, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-shell.Process.Pid, syscall.SIGKILL)
		_ = shell.Wait()
	})
	output := bufio.NewReader(written)
	for process == 0 || reattach == "" {
		line, err := output.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if number, err := strconv.Atoi(strings.TrimSpace(line)); err == nil {
			process = number
		}
		if name, value, found := strings.Cut(strings.TrimSpace(line), "='"); found && name == "TF_REATTACH_PROVIDERS" {
			reattach = name + "=" + strings.TrimSuffix(value, "'")
		}
	}
	_ = held.Close() // ends the shell
	return process, shell.Process.Pid, reattach
}

// Under a debugger, the provider serves one command of Terraform after another, whoever has started it, until Ctrl-C.
func TestDebug_servesUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	// A provider that is served to Terraform looks for its parent twice in the meantime.
	w := acctest.NewWorkspace(t, a.Provider()+`
resource "terraform_data" "pause" {
  provisioner "local-exec" { command = "sleep 2.5" }
}
`+acctest.Execution(`wait_for_completion = true`, `depends_on = [terraform_data.pause]`))
	process, group, reattach := underDebugger(t, w)
	w.Env = append(w.Env, reattach)
	w.Succeeds("apply", "-auto-approve", "-no-color")
	w.Succeeds("plan", "-detailed-exitcode", "-no-color")
	if err := syscall.Kill(process, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	wantNoProcess(t, group)
}
