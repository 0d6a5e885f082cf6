// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asProgram makes the test binary behave as the program, for what ends or signals a process.
const asProgram = "TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program prepares a run of the program.
func program(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=yes")
	return cmd
}

func TestRun_helpAndVersionAreForTheStandardOutput(t *testing.T) {
	t.Parallel()
	for subcommand, want := range map[string]string{
		"help":    "-debug",
		"version": "terraform-provider-matillion dev (go",
	} {
		var stdout, stderr bytes.Buffer
		if err := run([]string{subcommand}, &stdout, &stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
			t.Errorf("%s: %v", subcommand, err)
		}
		if !strings.Contains(stdout.String(), want) || stderr.Len() > 0 {
			t.Errorf("%s prints %q and %q, want %q and nothing", subcommand, stdout.String(), stderr.String(), want)
		}
	}
}

func TestRun_refusesWithAHint(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"mok":          `unknown subcommand "mok": did you mean "mock"?`,
		"versions":     `unknown subcommand "versions": did you mean "version"?`,
		"apply":        `unknown subcommand "apply": run "terraform-provider-matillion help" for the list`,
		"-debug mock":  `unknown subcommand "mock": did you mean "mock"?`,
		"-debugg":      "flag provided but not defined: -debugg",
		"mock -listne": "flag provided but not defined: -listne",
	} {
		if err := run(strings.Fields(args), io.Discard, io.Discard); err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %s", args, err, want)
		}
	}
}

func TestProgram_exitStatus(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]int{"version": 0, "help": 0, "-help": 0, "mock -help": 0, "mok": 1, "-debugg": 1} {
		cmd := program(t.Context(), strings.Fields(args)...)
		output, _ := cmd.CombinedOutput() // its error is the status
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Errorf("%s: exit status %d, want %d\n%s", args, got, want, output)
		}
	}
}

func TestProgram_saysThatItIsAPlugin(t *testing.T) {
	t.Parallel()
	output, err := program(t.Context()).CombinedOutput()
	if err == nil || !strings.Contains(string(output), "This binary is a plugin") {
		t.Errorf("error %v and output %q, want that it is a plugin", err, output)
	}
}

func TestProgram_servesForADebuggerUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	cmd := debugged(t)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// debugged returns the program, which serves for a debugger.
func debugged(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := program(t.Context(), "-debug")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var output strings.Builder
	for buffer := make([]byte, 1024); !strings.Contains(output.String(), "TF_REATTACH_PROVIDERS='{"); {
		n, err := stdout.Read(buffer)
		if output.Write(buffer[:n]); err != nil {
			t.Fatalf("%v\n%s", err, output.String())
		}
	}
	return cmd
}
