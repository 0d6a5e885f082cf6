// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The pipelines of the tests below: two that differ in their extension alone, and one without any.
var namedPipelines = []Pipeline{
	{Name: "setup/seed.orch.yaml"}, {Name: "setup/seed.tran.yaml"}, {Name: "other/load.tran.yaml"}, {Name: "Nightly"},
}

func namesScenario(accepted []string, answered string) Scenario {
	s := testScenario(Run{Forever: true})
	s.AcceptedNames, s.AnsweredNames = accepted, answered
	s.Projects[0].Environments[0].Pipelines = namedPipelines
	return s
}

func (c *client) executePipeline(name string) reply {
	c.t.Helper()
	return c.execute(`{"environmentName":"Production","pipelineName":"` + name + `"}`)
}

func TestNames_accepted(t *testing.T) {
	t.Parallel()
	for forms, test := range map[string]struct{ want map[string]string }{
		"": {map[string]string{ // the default
			"setup/seed": "setup/seed.orch.yaml", "setup/seed.orch.yaml": "setup/seed.orch.yaml",
			"setup/seed.tran.yaml": "setup/seed.tran.yaml", "other/load": "other/load.tran.yaml", "Nightly": "Nightly",
			"seed": "", "load.tran.yaml": "", "setup/seed.yaml": "", "Setup/seed": "", "Nightly.orch.yaml": "", "setup": "",
		}},
		"published": {map[string]string{"other/load.tran.yaml": "other/load.tran.yaml", "other/load": "", "load": ""}},
		"path": {
			map[string]string{"other/load.tran.yaml": "", "other/load": "other/load.tran.yaml", "Nightly": "Nightly"},
		},
		"published,last": {map[string]string{"load.tran.yaml": "other/load.tran.yaml", "load": "", "other/load": ""}},
		"published,bare": {
			map[string]string{"load": "other/load.tran.yaml", "seed": "setup/seed.orch.yaml", "other/load": ""},
		},
	} {
		t.Run(forms, func(t *testing.T) {
			t.Parallel()
			var accepted []string
			if forms != "" {
				accepted = strings.Split(forms, ",")
			}
			for name, want := range test.want {
				c := inProcess(t, namesScenario(accepted, ""))
				r := c.executePipeline(name)
				if want == "" {
					wantEqual(t, r.status, http.StatusNotFound)
					c.wantStarted(0)
					continue
				}
				wantEqual(t, r.status, http.StatusCreated)
				c.wantStarted(1)
				wantEqual(t, c.server.Started()[0].PipelineName, want)
			}
		})
	}
}

func TestNames_answered(t *testing.T) {
	t.Parallel()
	const first = "setup/seed.orch.yaml"
	for form, test := range map[string]struct{ run, published string }{
		"":            {first, first},
		NamePublished: {first, first},
		NamePath:      {"setup/seed", "setup/seed"},
		NameLast:      {"seed.orch.yaml", "seed.orch.yaml"},
		NameBare:      {"seed", "seed"},
		NameAsked:     {"setup/seed", first},
	} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			c := inProcess(t, namesScenario(nil, form))
			id, _ := c.executePipeline("setup/seed").body["pipelineExecutionId"].(string)
			wantEqual(t, c.details(id).body["pipelineName"], any(test.run))
			wantEqual(t, c.list(nil).values("pipelineName"), []any{test.run})
			wantEqual(t, len(c.list(url.Values{"pipelineName": {strings.ToUpper(test.run)}}).values("status")), 1)
			environment := "?environmentName=Production"
			wantEqual(t, c.get(testProjectPath + "/published-pipelines" + environment).values("name")[0], any(test.published))
			assets, _ := c.get(testProjectPath + "/artifacts/details" + environment).body["assets"].([]any)
			wantEqual(t, assets[0], any(test.published))
			wantEqual(t, c.server.Started()[0].PipelineName, first)
		})
	}
}

func TestNames_ofRunsElsewhere(t *testing.T) {
	t.Parallel()
	for form, want := range map[string][]any{
		NamePublished: {"gone/away.tran.yaml", "setup/seed.orch.yaml"},
		NameAsked:     {"gone/away.tran.yaml", "setup/seed.orch.yaml"},
		NamePath:      {"gone/away", "setup/seed"},
	} {
		c := inProcess(t, namesScenario(nil, form))
		c.server.StartElsewhere(Execution{})
		c.server.StartElsewhere(Execution{PipelineName: "gone/away.tran.yaml"})
		wantEqual(t, c.list(nil).values("pipelineName"), want)
	}
}

func TestNames_ofFaults(t *testing.T) {
	t.Parallel()
	c := inProcess(t, namesScenario(nil, NameBare))
	c.server.Inject(Fault{Pipeline: "setup/seed.orch.yaml", Kind: FaultStatus, Status: 503})
	c.server.Inject(Fault{Pipeline: "nowhere", Kind: FaultStatus, Status: 502})
	wantEqual(t, c.executePipeline("setup/seed").status, 503)
	wantEqual(t, c.executePipeline("setup/seed.tran.yaml").status, 201)
	wantEqual(t, c.executePipeline("nowhere").status, 502)
	c.wantStarted(1)
}
