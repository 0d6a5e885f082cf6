// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package diagnose words diagnostics: it builds their details, says what an error of the API means, and finds the name
// that somebody may have meant.
//
// It knows the errors of package matillion and nothing of what the provider manages. What a status means depends on
// what was asked, so whoever asks brings a [Subject] of its own. It decides no severity and calls nobody.
package diagnose

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// Message builds a diagnostic's detail: what was attempted and what happened, what to do, then the facts, one a line.
type Message struct{ paragraphs, facts []string }

// Fact is a line of a detail, such as "Project: 5a3f9a52-...".
type Fact struct{ Name, Value string }

// Say begins a message.
func Say(format string, args ...any) *Message { return (&Message{}).Say(format, args...) }

// Say adds a paragraph.
func (m *Message) Say(format string, args ...any) *Message {
	return m.Text(fmt.Sprintf(format, args...))
}

// Text adds a paragraph that is no format.
func (m *Message) Text(paragraph string) *Message {
	m.paragraphs = append(m.paragraphs, paragraph)
	return m
}

// Fact adds a fact, unless its value is empty.
func (m *Message) Fact(name, value string) *Message {
	if value != "" {
		m.facts = append(m.facts, name+": "+value)
	}
	return m
}

// Facts adds those facts whose values are not empty.
func (m *Message) Facts(facts ...Fact) *Message {
	for _, fact := range facts {
		m.Fact(fact.Name, fact.Value)
	}
	return m
}

// Answer adds what the server answered, verbatim. It is the last fact. A nil error adds nothing.
func (m *Message) Answer(err error) *Message {
	if apiErr, ok := errors.AsType[*matillion.Error](err); ok {
		return m.Fact("HTTP status", apiErr.Status()).Fact("Location", apiErr.Location).
			Fact("Matillion says", apiErr.Message())
	}
	if err != nil {
		m.Fact("Cause", err.Error())
	}
	return m
}

// String returns the detail.
func (m *Message) String() string {
	parts := m.paragraphs
	if len(m.facts) > 0 {
		parts = append(parts, strings.Join(m.facts, "\n"))
	}
	return strings.Join(parts, "\n\n")
}

// As returns the message as a diagnostic.
func (m *Message) As(severity diag.Severity, summary string) diag.Diagnostic {
	if severity == diag.SeverityError {
		return diag.NewErrorDiagnostic(summary, m.String())
	}
	return diag.NewWarningDiagnostic(summary, m.String())
}

// On returns the message as a diagnostic about an argument.
func (m *Message) On(argument string, severity diag.Severity, summary string) diag.Diagnostic {
	return diag.WithPath(path.Root(argument), m.As(severity, summary))
}

// Error returns the message as an error.
func (m *Message) Error(summary string) diag.Diagnostic { return m.As(diag.SeverityError, summary) }

// Warning returns the message as a warning.
func (m *Message) Warning(summary string) diag.Diagnostic { return m.As(diag.SeverityWarning, summary) }

// ErrorOn returns the message as an error about an argument.
func (m *Message) ErrorOn(argument, summary string) diag.Diagnostic {
	return m.On(argument, diag.SeverityError, summary)
}
