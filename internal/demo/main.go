// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Command demo shows the provider's promise on any machine with Go. It builds the provider, serves the mock server, and
// applies examples/demo with a real Terraform through a lost answer and an interrupt. After each command it prints how
// many runs the server has started, and it fails if one is too many or too few.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, ".", filepath.Join("bin", "demo.txt"), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run shows the demo of the repository at root on out. What Terraform prints goes to the file in full.
func run(ctx context.Context, root, file string, out io.Writer) error {
	began := time.Now()
	screen, err := newScreen(out, file)
	if err != nil {
		return err
	}
	defer screen.close()
	screen.say("Building the provider.")
	stage, err := newStage(ctx, root, screen)
	if err != nil {
		return err
	}
	defer stage.close()
	for i, step := range steps() {
		screen.title("%d. %s", i+1, step.title)
		if err := step.play(ctx, stage); err != nil {
			return fmt.Errorf("step %d: %w; %s says why", i+1, err, file)
		}
	}
	screen.say("\nDone in %s. Terraform's full output is in %s.", time.Since(began).Round(time.Second), file)
	return nil
}
