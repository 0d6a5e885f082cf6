// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

const promotionsPath = testProjectPath + "/artifacts/promotions"

func promotionBody(source, target, version string) string {
	return `{"sourceEnvironmentName":"` + source + `","targetEnvironmentName":"` + target + `","versionName":"` + version + `"}`
}

// latest returns the details of the latest version of an environment.
func (c *client) latest(environment string) map[string]any {
	c.t.Helper()
	query := url.Values{"environmentName": {environment}}
	details, _ := c.get(testProjectPath + "/artifacts/details?" + query.Encode()).body["details"].(map[string]any)
	return details
}

func TestPromote_makesAVersionTheLatestOfItsTarget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, SampleScenario())
		r := c.do(http.MethodPost, promotionsPath, promotionBody("Development", "Production", "1.2.0"))
		wantEqual(t, r.status, http.StatusOK)
		wantEqual(t, r.body, map[string]any{"environmentName": "Production", "versionName": "1.2.0"})
		got := c.latest("Production")
		wantEqual(t, []any{got["versionName"], got["createdAt"], got["deployedAt"]},
			[]any{"1.2.0", "2026-01-13T09:30:00Z", time.Now().UTC().Format(time.RFC3339)})
		wantEqual(t, c.server.Promotions(), []Promotion{{SampleProjectID, "Development", "Production", "1.2.0"}})

		// An older one again is the latest, too, and there once.
		c.do(http.MethodPost, promotionsPath, promotionBody("Development", "Production", "1.1.0"))
		wantEqual(t, c.latest("Production")["versionName"], any("1.1.0"))
		c.server.Update(func(*Scenario) {}) // which would not take a version that is there twice
	})
}

func TestPromote_publishesWhatTheVersionHas(t *testing.T) {
	t.Parallel()
	project := testProject(Run{})
	project.Environments = append(project.Environments, Environment{Name: "Staging",
		Pipelines: []Pipeline{{Name: testPipeline}, {Name: "new.orch.yaml"}, {Name: "other.orch.yaml"}},
		Versions:  []Version{{Name: "2.0.0", Pipelines: []string{testPipeline, "new.orch.yaml"}}},
	})
	c := inProcess(t, Scenario{Projects: []Project{project}})
	c.do(http.MethodPost, promotionsPath, promotionBody("Staging", testEnvironment, "2.0.0"))
	wantEqual(t, c.get(testProjectPath+"/published-pipelines?environmentName="+testEnvironment).values("name"),
		[]any{testPipeline, "new.orch.yaml"})
}

func TestPromote_takesItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := SampleScenario()
		s.PromotionTakes = Duration(10 * time.Second)
		c := inProcess(t, s)
		c.do(http.MethodPost, promotionsPath, promotionBody("Development", "Production", "1.2.0"))
		for _, want := range []string{"1.1.0", "1.1.0", "1.2.0"} {
			wantEqual(t, c.latest("Production")["versionName"], any(want))
			advance(5 * time.Second)
		}
	})
}

func TestPromote_refuses(t *testing.T) {
	t.Parallel()
	c := inProcess(t, SampleScenario())
	for body, want := range map[string]int{
		promotionBody("Development", "Production", "0.9.0"):                                                          http.StatusGone,
		promotionBody("Development", "Production", "9.9.9"):                                                          http.StatusNotFound,
		promotionBody("Development", "production", "1.2.0"):                                                          http.StatusNotFound,
		promotionBody("Nowhere", "Production", "1.2.0"):                                                              http.StatusNotFound,
		promotionBody("Production", "Production", "1.1.0"):                                                           http.StatusBadRequest,
		promotionBody("", "Production", "1.1.0"):                                                                     http.StatusBadRequest,
		`{"sourceEnvironmentName":"Development","targetEnvironmentName":"Production"}`:                               http.StatusBadRequest,
		`{"sourceEnvironmentName":"Development","targetEnvironmentName":"Production","versionName":"1.2.0","x":"y"}`: http.StatusBadRequest,
		`[]`: http.StatusBadRequest,
	} {
		if got := c.do(http.MethodPost, promotionsPath, body).status; got != want {
			t.Errorf("%s is answered with %d, want %d", body, got, want)
		}
	}
	elsewhere := APIPath + "/v1/projects/x/artifacts/promotions"
	wantEqual(t, c.do(http.MethodPost, elsewhere, promotionBody("Development", "Production", "1.2.0")).status,
		http.StatusNotFound)
	wantEqual(t, len(c.server.Promotions()), 0)
}
