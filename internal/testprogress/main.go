// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Command testprogress runs "go test" with the given arguments, and says meanwhile how far it is. It prints what
// "go test" prints: a line for each package, and the output of the tests that fail. It adds the reason of every skipped
// test, a line about what is running every few seconds, and the slowest tests at the end. It exits as "go test" does.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// every is how often a line says what is running.
const every = 15 * time.Second

func main() {
	err := run(context.Background(), os.Args[1:], os.Stdout)
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(failed.ExitCode()) // go test has said why
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testprogress:", err)
		os.Exit(1)
	}
}

// run runs the tests. An interrupt ends "go test" too, and this process when all is printed.
func run(ctx context.Context, args []string, out io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	r := newReport(out, time.Now())
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for lines := scan(stdout); lines != nil; {
		select {
		case line, more := <-lines:
			if !more {
				lines = nil
				break
			}
			r.line(line)
		case now := <-ticker.C:
			r.tick(now)
		}
	}
	r.end(time.Now())
	return cmd.Wait()
}

// scan returns the lines of a reader, of whatever length.
func scan(from io.Reader) <-chan []byte {
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		for reader := bufio.NewReader(from); ; {
			line, err := reader.ReadBytes('\n')
			if len(line) > 0 {
				lines <- line
			}
			if err != nil {
				return
			}
		}
	}()
	return lines
}

// event is a line of "go test -json": see "go doc test2json".
type event struct {
	Time                          time.Time
	Action, Package, Test, Output string
	Elapsed                       float64
}

// line reads a line. What is no event is printed as it is.
func (r *report) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil {
		_, _ = r.out.Write(line)
		return
	}
	r.event(e)
}
