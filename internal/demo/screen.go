// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
)

// screen shows the demo: what matters of it on out, all of it in a file.
type screen struct {
	out   io.Writer
	file  *os.File
	color bool
	line  []byte // what has been written of the current line
}

// The codes of a terminal for what stands out, and for the end of it.
const (
	cyan   = "\x1b[36m"
	green  = "\x1b[32m"
	normal = "\x1b[0m"
)

func newScreen(out io.Writer, file string) (*screen, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	created, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	return &screen{out: out, file: created, color: isTerminal(out)}, nil
}

// isTerminal reports whether colors are wanted: see https://no-color.org.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (s *screen) close() { _ = s.file.Close() }

// say prints a line.
func (s *screen) say(format string, args ...any) { s.print("", fmt.Sprintf(format, args...)) }

// title prints the line above a step.
func (s *screen) title(format string, args ...any) {
	s.say("")
	s.print(cyan, fmt.Sprintf(format, args...))
}

// count prints how many runs there are.
func (s *screen) count(format string, args ...any) {
	s.print(green, "   => "+fmt.Sprintf(format, args...))
}

func (s *screen) print(style, text string) {
	fmt.Fprintln(s.file, text)
	if s.color && style != "" {
		text = style + text + normal
	}
	fmt.Fprintln(s.out, text)
}

// worthShowing is what Terraform prints about the outcome of a command, and while it takes its time.
var worthShowing = regexp.MustCompile(`^(\S+: (Still|Creation complete|Modifications complete|Read complete)` +
	`|Plan: 0 to add, 0 to change, 0 to destroy|Apply complete!|Interrupt received|Warning: Pipeline|Error: [A-Z])`)

// Write takes what Terraform prints. It shows lines as soon as they are complete.
func (s *screen) Write(text []byte) (int, error) {
	n, err := s.file.Write(text)
	if err != nil {
		return n, err
	}
	s.line = append(s.line, text...)
	for {
		line, rest, complete := bytes.Cut(s.line, []byte("\n"))
		if !complete {
			return n, nil
		}
		s.line = rest
		if worthShowing.Match(line) {
			fmt.Fprintf(s.out, "   %s\n", line)
		}
	}
}
