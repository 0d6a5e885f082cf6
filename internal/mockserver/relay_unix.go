// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package mockserver

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// detach gives the command a process group of its own, so that a signal to this one, as CI systems send it, reaches the
// command once: Terraform takes a second one as an order to drop everything.
//
// In a terminal's foreground the command stays in this group. It could not read from the terminal otherwise, and Ctrl-C
// would not reach it.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: !inForeground()}
}

// inForeground reports whether this process belongs to the group that a terminal sends its signals to.
func inForeground() bool {
	terminal, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer func() { _ = terminal.Close() }() // nothing was written
	group, err := unix.IoctlGetInt(int(terminal.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// relay sends a signal to the command, unless a terminal has sent it there already. If it cannot be sent, the command
// has ended.
func relay(cmd *exec.Cmd, s os.Signal) {
	number, isNumber := s.(syscall.Signal)
	switch {
	case cmd.SysProcAttr.Setpgid && isNumber:
		_ = syscall.Kill(-cmd.Process.Pid, number)
	case s == syscall.SIGTERM:
		_ = cmd.Process.Signal(s)
	}
}
