// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"
)

const testProjectPath = APIPath + "/v1/projects/" + SampleProjectID

func TestProjects_paged(t *testing.T) {
	t.Parallel()
	var s Scenario
	for i := range 60 {
		s.Projects = append(s.Projects, Project{Name: strconv.Itoa(i), Description: "d"})
	}
	bothWays(t, s, func(t *testing.T, c *client) {
		r := c.get(APIPath + "/v1/projects")
		wantEqual(t, []any{r.body["page"], r.body["size"], r.body["total"]}, []any{0.0, 25.0, 60.0})
		wantEqual(t, len(r.values("id")), 25)
		r = c.get(APIPath + "/v1/projects?page=2&size=25")
		wantEqual(t, len(r.values("id")), 10)
		wantEqual(t, r.values("name")[0], any("50"))
		wantEqual(t, len(c.get(APIPath+"/v1/projects?page=3").values("id")), 0)
		wantEqual(t, len(c.get(APIPath+"/v1/projects?size=1000").values("id")), 60)
		for _, query := range []string{"page=-1", "page=x", "size=0", "size=1.5"} {
			wantEqual(t, c.get(APIPath+"/v1/projects?"+query).status, http.StatusBadRequest)
		}
	})
}

func TestProjects_noneToSee(t *testing.T) {
	t.Parallel()
	c := inProcess(t, Scenario{Projects: []Project{}})
	wantEqual(t, c.get(APIPath+"/v1/projects").text, `{"page":0,"size":25,"total":0,"results":[]}`)
}

func TestEnvironments_fields(t *testing.T) {
	t.Parallel()
	c := inProcess(t, SampleScenario())
	r := c.get(testProjectPath + "/environments?size=1")
	wantEqual(t, r.body["results"], any([]any{map[string]any{
		"name": "Production", "defaultAgentId": "0b9a6f1c-55c1-4e0f-8a53-7c9f0d2e4b11",
		"defaultAgentName": "production-agent",
	}}))
	wantEqual(t, c.get(APIPath+"/v1/projects/x/environments").status, http.StatusNotFound)
}

func TestPublishedPipelines_ofTheLatestVersion(t *testing.T) {
	t.Parallel()
	project := testProject(Run{})
	published := time.Date(2026, 5, 1, 2, 3, 4, 500, time.UTC)
	project.Environments = []Environment{
		{
			Name:      "A & B",
			Pipelines: []Pipeline{{Name: "one", PublishedTime: published}, {Name: "two"}, {Name: "off", Disabled: true}},
			Versions:  []Version{{Name: "1"}, {Name: "2", Pipelines: []string{"one", "off"}}},
		},
		{Name: "Empty"},
	}
	c := inProcess(t, Scenario{Projects: []Project{project}})
	get := func(environment string) reply {
		return c.get(testProjectPath + "/published-pipelines?environmentName=" + url.QueryEscape(environment))
	}
	r := get("A & B")
	wantEqual(t, r.values("name"), []any{"one", "off"})
	wantEqual(t, r.values("publishedTime")[0], any("2026-05-01T02:03:04.0000005Z"))
	wantEqual(t, get("Empty").values("name"), []any{})
	wantEqual(t, get("a & b").status, http.StatusNotFound)
	wantEqual(t, len(c.server.Unexpected()), 0)
	wantEqual(t, c.get(testProjectPath+"/published-pipelines").status, http.StatusBadRequest)
	wantEqual(t, len(c.server.Unexpected()), 1)
}

func TestArtifactDetails_versions(t *testing.T) {
	t.Parallel()
	project := testProject(Run{})
	project.Environments = []Environment{
		{
			Name:      "A",
			Pipelines: []Pipeline{{Name: "one"}, {Name: "two"}},
			Versions:  []Version{{Name: "1", Disabled: true, Pipelines: []string{"two"}}, {Name: "2"}},
		},
		{Name: "B", Pipelines: []Pipeline{{Name: "one"}}},
	}
	s := Scenario{Projects: []Project{project}}
	for name, test := range map[string]struct {
		query   string
		version any
		assets  any
		enabled any
	}{
		"latest":  {"environmentName=A", "2", []any{"one", "two"}, true},
		"named":   {"environmentName=A&versionName=1", "1", []any{"two"}, false},
		"default": {"environmentName=B", "1.0.0", []any{"one"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := inProcess(t, s).get(testProjectPath + "/artifacts/details?" + test.query)
			details, _ := r.body["details"].(map[string]any)
			wantEqual(t, []any{details["versionName"], r.body["assets"], details["enabled"]}, []any{test.version, test.assets,
				test.enabled})
			wantEqual(t, len(details), 7)
		})
	}
}

func TestArtifactDetails_refuses(t *testing.T) {
	t.Parallel()
	project := testProject(Run{})
	project.Environments = append(project.Environments, Environment{Name: "Empty"})
	c := inProcess(t, Scenario{Projects: []Project{project}})
	for _, query := range []string{
		"environmentName=Production&versionName=3", "environmentName=Empty", "environmentName=X",
	} {
		wantEqual(t, c.get(testProjectPath+"/artifacts/details?"+query).status, http.StatusNotFound)
	}
	wantEqual(t, c.get(testProjectPath+"/artifacts/details").status, http.StatusBadRequest)
	wantEqual(t, c.get(APIPath+"/v1/projects/x/artifacts/details?environmentName=Production").status, http.StatusNotFound)
}
