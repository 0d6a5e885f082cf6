package matillion

import (
	"testing"
	"testing/synctest"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// The list may leave out the extension, by which alone two pipelines differ: then an execution may be of either.
func TestStart_pipelinesThatAreListedUnderOneNameAreNotTakenForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		names := []string{"load/seed.orch.yaml", "load/seed.tran.yaml"}
		c := connect(t, setup{started: 1, scenario: mockserver.Scenario{
			AnsweredNames: mockserver.NamePath,
			Projects: []mockserver.Project{{ID: testProject, Name: "T", Environments: []mockserver.Environment{{
				Name:      testEnvironment,
				Pipelines: []mockserver.Pipeline{{Name: names[0], Run: forever}, {Name: names[1], Run: forever}},
			}}}},
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
