// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"path"
	"strings"
)

// The forms of a pipeline's name, for [Scenario.AcceptedNames] and [Scenario.AnsweredNames], shown for the pipeline
// that is published as "setup/seed.orch.yaml".
const (
	// NamePublished is "setup/seed.orch.yaml".
	NamePublished = "published"
	// NamePath is "setup/seed": what public clients send.
	NamePath = "path"
	// NameLast is "seed.orch.yaml".
	NameLast = "last"
	// NameBare is "seed".
	NameBare = "bare"
	// NameAsked is the name as the execute call gave it; for answers only.
	NameAsked = "asked"
)

var nameForms = []string{NamePublished, NamePath, NameLast, NameBare}

// inForm returns the form of a published name.
func inForm(form, published string) string {
	switch form {
	case NamePath:
		return withoutExtension(published)
	case NameLast:
		return path.Base(published)
	case NameBare:
		return withoutExtension(path.Base(published))
	default:
		return published
	}
}

func withoutExtension(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, ".orch.yaml"), ".tran.yaml")
}

// named returns the first of the pipelines that a name means, in the first of the forms that knows any. Which of two
// the API would take is not known.
func named(pipelines []Pipeline, name string, forms []string) (Pipeline, bool) {
	for _, form := range forms {
		for _, p := range pipelines {
			if inForm(form, p.Name) == name {
				return p, true
			}
		}
	}
	return Pipeline{}, false
}

// answeredName is the name of a run's pipeline in answers.
func (s *Server) answeredName(e *execution) string {
	if s.scenario.AnsweredNames == NameAsked {
		return e.asked
	}
	return inForm(s.scenario.AnsweredNames, e.PipelineName)
}
