// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"slices"
	"time"
)

// version returns the named version, or the latest for an empty name.
func (e Environment) version(name string) (Version, bool) {
	for _, v := range slices.Backward(e.Versions) {
		if name == "" || name == v.Name {
			return v, true
		}
	}
	return Version{}, false
}

// published returns the pipelines in the version.
func (e Environment) published(v Version) []Pipeline {
	if len(v.Pipelines) == 0 {
		return e.Pipelines
	}
	var published []Pipeline
	for _, p := range e.Pipelines {
		if slices.Contains(v.Pipelines, p.Name) {
			published = append(published, p)
		}
	}
	return published
}

type artifactWire struct {
	Assets  []string            `json:"assets"`
	Details artifactDetailsWire `json:"details"`
}

type artifactDetailsWire struct {
	Branch      string `json:"branch"`
	CommitHash  string `json:"commitHash"`
	CreatedAt   string `json:"createdAt"`
	DeployedAt  string `json:"deployedAt"`
	Enabled     bool   `json:"enabled"`
	Provider    string `json:"provider"`
	VersionName string `json:"versionName"`
}

// artifactDetails describes a version, the latest by default. Values of fields that a scenario does not have are made
// up.
//
// Assumed from public clients; for shared pipelines CONFIRMED:
// https://docs.maia.ai/api-reference/shared-pipeline-artifacts/get-shared-pipeline-artifact-details
func (s *Server) artifactDetails(c *call) answer {
	e, refusal, ok := s.environmentOf(c)
	if !ok {
		return refusal
	}
	v, ok := e.version(c.query.Get("versionName"))
	if !ok {
		return c.notFound("Artifact not found.")
	}
	deployed := samplePublished
	wire := artifactWire{Assets: []string{}}
	for _, p := range e.published(v) {
		wire.Assets = append(wire.Assets, inForm(s.scenario.AnsweredNames, p.Name))
		if p.PublishedTime.After(deployed) {
			deployed = p.PublishedTime
		}
	}
	wire.Details = artifactDetailsWire{
		Branch:      "main",
		CommitHash:  "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
		CreatedAt:   deployed.UTC().Format(time.RFC3339),
		DeployedAt:  deployed.UTC().Format(time.RFC3339),
		Enabled:     !v.Disabled,
		Provider:    "matillion",
		VersionName: v.Name,
	}
	return jsonAnswer(http.StatusOK, wire)
}
