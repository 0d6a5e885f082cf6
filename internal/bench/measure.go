// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// workspace is a folder with a configuration.
type workspace struct {
	cli, dir string
	env      []string
}

// measurement is what one command took: with all processes that it started, but for the server. The peak is the largest
// process's, in bytes, and 0 where the system does not report it.
type measurement struct {
	wall, cpu time.Duration
	peak      int64
	calls     calls
}

// calls are what the server was asked.
type calls struct{ tokens, posts, others int }

func count(server *mockserver.Server) calls {
	posts := server.Calls(mockserver.OpExecute)
	return calls{tokens: server.Calls(mockserver.OpToken), posts: posts, others: server.Calls("") - posts}
}

func (c calls) since(before calls) calls {
	return calls{tokens: c.tokens - before.tokens, posts: c.posts - before.posts, others: c.others - before.others}
}

// arguments are the commands of the phases.
var arguments = map[string][]string{
	"apply":      {"apply", "-auto-approve"},
	"plan again": {"plan", "-detailed-exitcode"},
	"destroy":    {"destroy", "-auto-approve"},
}

// measure runs a command of the CLI, which must succeed; planning again must find nothing to do.
func (w workspace) measure(ctx context.Context, phase string, parallelism int) (measurement, error) {
	args := append(arguments[phase], "-no-color", fmt.Sprintf("-parallelism=%d", parallelism))
	cmd := exec.CommandContext(ctx, w.cli, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return measurement{}, fmt.Errorf("%s: %w\n%s", phase, err, output.Bytes())
	}
	return measurement{
		wall: time.Since(began),
		cpu:  cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		peak: peakMemory(cmd.ProcessState),
	}, nil
}

// version names the CLI.
func (b *bench) version(ctx context.Context) string {
	output, err := exec.CommandContext(ctx, b.cli, "version", "-json").Output()
	var version struct {
		Terraform string `json:"terraform_version"`
	}
	if err != nil || json.Unmarshal(output, &version) != nil {
		return "an unknown CLI"
	}
	return "Terraform " + version.Terraform
}
