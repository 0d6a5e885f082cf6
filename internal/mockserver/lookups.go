// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// pageWire is a page of all lists but that of executions.
//
// CONFIRMED: https://docs.matillion.com/data-productivity-cloud/api/docs/managing-project-variables
type pageWire[T any] struct {
	Page    int `json:"page"`
	Size    int `json:"size"`
	Total   int `json:"total"`
	Results []T `json:"results"`
}

// paged answers the page that the query asks for.
func paged[T any](s *Server, c *call, all []T) answer {
	reader := queryReader{values: c.query}
	page := reader.number("page", 0, 0)
	size := min(reader.number("size", defaultPageSize, 1), s.scenario.MaxPageSize)
	if len(reader.violations) > 0 {
		return c.malformed(reader.violations...)
	}
	results := emptyPage[T](s)
	for i, item := range all {
		if i/size == page {
			results = append(results, item)
		}
	}
	return jsonAnswer(http.StatusOK, pageWire[T]{Page: page, Size: size, Total: len(all), Results: results})
}

// emptyPage is what a page without results has.
func emptyPage[T any](s *Server) []T {
	if s.scenario.NullResults {
		return nil
	}
	return []T{}
}

func (s *Server) project(id string) (Project, bool) {
	i := slices.IndexFunc(s.scenario.Projects, func(p Project) bool { return strings.EqualFold(p.ID, id) })
	if i < 0 {
		return Project{}, false
	}
	return s.scenario.Projects[i], true
}

func (p Project) environment(name string) (Environment, bool) {
	i := slices.IndexFunc(p.Environments, func(e Environment) bool { return e.Name == name })
	if i < 0 {
		return Environment{}, false
	}
	return p.Environments[i], true
}

type projectWire struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

// projects lists the projects that the credentials can see.
//
// CONFIRMED: https://docs.maia.ai/docs/api-reference/executing-and-managing-a-pipeline
func (s *Server) projects(c *call) answer {
	var all []projectWire
	for _, p := range s.scenario.Projects {
		all = append(all, projectWire{ID: p.ID, Name: p.Name, Description: p.Description})
	}
	return paged(s, c, all)
}

type environmentWire struct {
	Name             string `json:"name"`
	DefaultAgentID   string `json:"defaultAgentId"`
	DefaultAgentName string `json:"defaultAgentName"`
}

// environments lists the environments of a project. 404 is assumed.
//
// CONFIRMED: https://docs.maia.ai/docs/api-reference/executing-and-managing-a-pipeline
func (s *Server) environments(c *call) answer {
	p, ok := s.project(c.params["project"])
	if !ok {
		return c.notFound("Project not found.")
	}
	var all []environmentWire
	for _, e := range p.Environments {
		all = append(all, environmentWire{e.Name, e.DefaultAgentID, e.DefaultAgentName})
	}
	return paged(s, c, all)
}

// environmentOf returns the environment that the query names, which it must.
func (s *Server) environmentOf(c *call) (Environment, answer, bool) {
	name := c.query.Get("environmentName")
	if name == "" {
		return Environment{}, c.malformed("environmentName is required"), false
	}
	p, ok := s.project(c.params["project"])
	if !ok {
		return Environment{}, c.notFound("Project not found."), false
	}
	e, ok := p.environment(name)
	if !ok {
		return Environment{}, c.notFound("Environment not found."), false
	}
	return e, answer{}, true
}

type publishedPipelineWire struct {
	Name          string `json:"name"`
	PublishedTime string `json:"publishedTime"`
}

// publishedPipelines lists the pipelines of the latest version. Assumed: that environmentName is required, and that
// disabled pipelines are listed.
//
// CONFIRMED: https://docs.maia.ai/docs/api-reference/executing-and-managing-a-pipeline
func (s *Server) publishedPipelines(c *call) answer {
	e, refusal, ok := s.environmentOf(c)
	if !ok {
		return refusal
	}
	var all []publishedPipelineWire
	if latest, published := e.version(""); published {
		for _, p := range e.published(latest) {
			all = append(all, publishedPipelineWire{
				inForm(s.scenario.AnsweredNames, p.Name), p.PublishedTime.UTC().Format(time.RFC3339Nano),
			})
		}
	}
	return paged(s, c, all)
}
