// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"errors"
	"os/exec"
	"syscall"
)

// ownGroup does nothing: what is tested with it needs signals, which Windows does not have.
func ownGroup(*exec.Cmd) {}

// ToGroup fails: there are no signals to a group of processes.
func ToGroup(syscall.Signal) func(int) error {
	return func(int) error { return errors.New("no signals to process groups on Windows") }
}
