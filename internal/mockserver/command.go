// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// signalExit is what a shell adds to the number of the signal that a command died of.
const signalExit = 128

// ExitError is how a command ended that did not succeed.
type ExitError struct {
	// Status is its exit status, or 128 more than the signal that it died of.
	Status int
}

// Error tells the status.
func (e *ExitError) Error() string { return fmt.Sprintf("exit status %d", e.Status) }

// decidedVariables are those of the provider's variables that the mock decides about. One that it does not set would
// contradict it, as a token contradicts client credentials. What is left to the user is not here, such as
// MATILLION_PLAN_CHECKS.
func decidedVariables() []string {
	return []string{
		"MATILLION_REGION", "MATILLION_API_URL", "MATILLION_TOKEN_URL", "MATILLION_AUDIENCE_URL", "MATILLION_TOKEN",
		"MATILLION_CLIENT_ID", "MATILLION_CLIENT_SECRET", "MATILLION_ACCOUNT_ID", "MATILLION_PROJECT_ID",
	}
}

// environment returns an environment in which the provider finds the mock.
func environment(environ []string, settings []setting) []string {
	environ = slices.DeleteFunc(environ, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(decidedVariables(), name)
	})
	for _, s := range settings {
		environ = append(environ, s.name+"="+s.value)
	}
	return environ
}

// commandOf prepares a command that finds the mock.
func commandOf(ctx context.Context, command []string, settings []setting, stdout, stderr io.Writer) *exec.Cmd {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = environment(os.Environ(), settings)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, stdout, stderr
	return cmd
}

// serveWhileRunning serves until a command has ended that it runs, and returns its error, or else the server's.
func serveWhileRunning(
	ctx context.Context, listener net.Listener, handler http.Handler, logger *log.Logger, cmd *exec.Cmd,
) error {
	serving, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- serveUntil(serving, listener, handler, logger) }()
	err := runCommand(cmd)
	stop()
	return cmp.Or(err, <-served)
}

// runCommand runs a command to its end. What tells this process to end is for the command, once.
func runCommand(cmd *exec.Cmd) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("mock: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			relay(cmd, s)
		case err := <-ended:
			return exitError(err)
		}
	}
}

func exitError(err error) error {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return &ExitError{Status: signalExit + int(status.Signal())}
	}
	return &ExitError{Status: exit.ExitCode()}
}
