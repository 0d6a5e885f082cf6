// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// CommandResult is what a CLI command came to.
type CommandResult struct {
	Exit        int
	Output      string
	diagnostics []cliDiagnostic
	// planned are the actions of a plan, by address.
	planned map[string]string
}

// note takes in a line of what a command prints with -json.
func (r *CommandResult) note(printed []byte) {
	var line struct {
		Type       string         `json:"type"`
		Diagnostic *cliDiagnostic `json:"diagnostic"`
		Change     struct {
			Resource struct {
				Address string `json:"addr"`
			} `json:"resource"`
			Action string `json:"action"`
		} `json:"change"`
	}
	if json.Unmarshal(printed, &line) != nil {
		return
	}
	if line.Diagnostic != nil {
		r.diagnostics = append(r.diagnostics, *line.Diagnostic)
	}
	if line.Type == "planned_change" {
		if r.planned == nil {
			r.planned = map[string]string{}
		}
		r.planned[line.Change.Resource.Address] = line.Change.Action
	}
}

type cliDiagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Address  string `json:"address"`
	Snippet  struct {
		Context string `json:"context"`
		Code    string `json:"code"`
	} `json:"snippet"`
}

// Summaries returns the summaries of one severity, without those that the CLI adds of its own.
func (r CommandResult) Summaries(severity string) []string {
	var found []string
	for _, d := range r.diagnostics {
		own := strings.Contains(d.Summary, "development overrides") || d.Summary == "execution halted"
		if d.Severity == severity && !own {
			found = append(found, d.Summary)
		}
	}
	return found
}

// Detail returns the detail of the diagnostic with a summary.
func (r CommandResult) Detail(summary string) string {
	for _, d := range r.diagnostics {
		if d.Summary == summary {
			return d.Detail
		}
	}
	return ""
}

// Said returns all that was said about lines of a block, such as `resource "type" "name"`, with these lines.
func (r CommandResult) Said(block string) string {
	var said strings.Builder
	for _, d := range r.diagnostics {
		if d.Snippet.Context == block {
			fmt.Fprintf(&said, "%s: %s\n%s\n%s\n", d.Severity, d.Summary, d.Snippet.Code, d.Detail)
		}
	}
	return said.String()
}
