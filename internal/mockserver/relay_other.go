// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !unix

package mockserver

import (
	"os"
	"os/exec"
)

// detach does nothing: there are no process groups like those of Unix.
func detach(*exec.Cmd) {}

// relay does nothing: the console sends Ctrl-C to the command too, and no other signal can be sent.
func relay(*exec.Cmd, os.Signal) {}
