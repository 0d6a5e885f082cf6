// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"testing"
	"testing/synctest"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// withPipelines returns a project with pipelines that run until somebody ends them.
func withPipelines(names ...string) []mockserver.Project {
	environment := mockserver.Environment{Name: testEnvironment}
	for _, name := range names {
		environment.Pipelines = append(environment.Pipelines, mockserver.Pipeline{Name: name, Run: forever})
	}
	return []mockserver.Project{{ID: testProject, Name: "Test", Environments: []mockserver.Environment{environment}}}
}

// The list may leave out the extension, by which alone two pipelines differ: then an execution may be of either.
func TestStart_pipelinesThatAreListedUnderOneNameAreNotTakenForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		names := []string{"load/seed.orch.yaml", "load/seed.tran.yaml"}
		c := connect(t, setup{started: 1, scenario: mockserver.Scenario{
			AnsweredNames: mockserver.NamePath,
			Projects:      withPipelines(names...),
			Faults: []mockserver.Fault{
				{On: mockserver.OpExecute, Kind: mockserver.FaultStatus, Status: 503, Pipeline: names[0]},
				{On: mockserver.OpExecute, Kind: mockserver.FaultStatusAfter, Status: 503, Pipeline: names[1]},
			},
		}})
		together(2, func(i int) {
			req := testRequest()
			req.PipelineName = names[i]
			started, err := c.Executions.Start(t.Context(), req, StartOptions{})
			wantEqual(t, "outcome", verdict(started, err), "maybe: 1 candidates")
		})
	})
}
