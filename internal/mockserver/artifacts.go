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
	wire := artifactWire{Assets: []string{}}
	for _, p := range e.published(v) {
		wire.Assets = append(wire.Assets, inForm(s.scenario.AnsweredNames, p.Name))
	}
	v = e.withTimes(v)
	wire.Details = artifactDetailsWire{
		Branch:      "main",
		CommitHash:  "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
		CreatedAt:   v.CreatedAt.UTC().Format(time.RFC3339),
		DeployedAt:  v.DeployedAt.UTC().Format(time.RFC3339),
		Enabled:     !v.Disabled,
		Provider:    "matillion",
		VersionName: v.Name,
	}
	return jsonAnswer(http.StatusOK, wire)
}

// withTimes returns a version of the environment with the times that it does not have itself.
func (e Environment) withTimes(v Version) Version {
	published := samplePublished
	for _, p := range e.published(v) {
		if p.PublishedTime.After(published) {
			published = p.PublishedTime
		}
	}
	setDefault(&v.CreatedAt, published)
	setDefault(&v.DeployedAt, published)
	return v
}

// Promotion is a promotion that the server has accepted.
type Promotion struct {
	ProjectID, SourceEnvironmentName, TargetEnvironmentName, VersionName string
}

// promotion is a promotion with what it deploys, and when that is due.
type promotion struct {
	Promotion
	version   Version
	pipelines []Pipeline
	due       time.Time
	deployed  bool
}

// Promotions returns the promotions that the server has accepted, oldest first.
func (s *Server) Promotions() []Promotion {
	s.mu.Lock()
	defer s.mu.Unlock()
	var accepted []Promotion
	for _, p := range s.promotions {
		accepted = append(accepted, p.Promotion)
	}
	return accepted
}

type promotionWire struct {
	EnvironmentName string `json:"environmentName"`
	VersionName     string `json:"versionName"`
}

// promote makes a version of one environment the latest of another, also if the other has it already.
//
// CONFIRMED: body and answer. Assumed: 200, 400, 404, and 410 for a disabled version; that a version keeps the time of
// its creation. https://docs.maia.ai/api-reference/artifacts/promotes-artifact
func (s *Server) promote(c *call) answer {
	object, violation := c.object()
	if violation != "" {
		return c.malformed(violation)
	}
	fields := fieldReader{object: object}
	wanted := Promotion{
		SourceEnvironmentName: fields.text("sourceEnvironmentName", true, 0),
		TargetEnvironmentName: fields.text("targetEnvironmentName", true, 0),
		VersionName:           fields.text("versionName", true, 0),
	}
	fields.refuseOthers()
	if wanted.SourceEnvironmentName == wanted.TargetEnvironmentName {
		fields.refuse("targetEnvironmentName", "must be another environment")
	}
	if len(fields.violations) > 0 {
		return c.malformed(fields.violations...)
	}
	p, refusal, ok := s.promotable(c, wanted)
	if !ok {
		return refusal
	}
	s.promotions = append(s.promotions, p)
	s.deployDue()
	return jsonAnswer(http.StatusOK, promotionWire{wanted.TargetEnvironmentName, wanted.VersionName})
}

// promotable finds what is to be promoted.
func (s *Server) promotable(c *call, wanted Promotion) (*promotion, answer, bool) {
	refuse := func(a answer) (*promotion, answer, bool) { return nil, a, false }
	project, ok := s.project(c.params["project"])
	if !ok {
		return refuse(c.notFound("Project not found."))
	}
	source, hasSource := project.environment(wanted.SourceEnvironmentName)
	_, hasTarget := project.environment(wanted.TargetEnvironmentName)
	version, hasVersion := source.version(wanted.VersionName)
	switch {
	case !hasSource, !hasTarget:
		return refuse(c.notFound("Environment not found."))
	case !hasVersion:
		return refuse(c.notFound("Artifact not found."))
	case version.Disabled:
		return refuse(c.problem(http.StatusGone, "The artifact has been disabled."))
	}
	wanted.ProjectID = project.ID
	return &promotion{
		Promotion: wanted, version: source.withTimes(version), pipelines: source.published(version),
		due: time.Now().Add(time.Duration(s.scenario.PromotionTakes)),
	}, answer{}, true
}

// deployDue carries out the promotions whose time has come.
func (s *Server) deployDue() {
	for _, p := range s.promotions {
		if p.deployed || time.Now().Before(p.due) {
			continue
		}
		p.deployed = true
		for i := range s.scenario.Projects {
			environments := s.scenario.Projects[i].Environments
			for j := range environments {
				if s.scenario.Projects[i].ID == p.ProjectID && environments[j].Name == p.TargetEnvironmentName {
					environments[j].deploy(*p, s.toServer(p.due))
				}
			}
		}
	}
}

// deploy makes a promoted version the latest, and publishes its pipelines. One that the environment has already unfolds
// as before.
func (e *Environment) deploy(p promotion, at time.Time) {
	version := p.version
	version.DeployedAt, version.Pipelines = at, nil
	for _, pipeline := range p.pipelines {
		version.Pipelines = append(version.Pipelines, pipeline.Name)
		i := slices.IndexFunc(e.Pipelines, func(has Pipeline) bool { return has.Name == pipeline.Name })
		if i < 0 {
			e.Pipelines = append(e.Pipelines, pipeline)
			i = len(e.Pipelines) - 1
		}
		e.Pipelines[i].PublishedTime = at
	}
	e.Versions = slices.DeleteFunc(e.Versions, func(has Version) bool { return has.Name == version.Name })
	e.Versions = append(e.Versions, version)
}
