// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package acctest

import (
	"os/exec"
	"syscall"
)

// ownGroup makes a command the first process of a group of its own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// ToGroup sends a signal to Terraform and the provider, as a terminal and most CI systems do.
func ToGroup(signal syscall.Signal) func(int) error {
	return func(terraform int) error { return syscall.Kill(-terraform, signal) }
}
