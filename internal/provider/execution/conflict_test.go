// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"strings"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// Only a tag can be in use: "another execution with the tag \"\"" was the error about any other conflict.
func TestConflict_withoutATagIsWhatMatillionSays(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		server.Inject(mockserver.Fault{
			On: mockserver.OpExecute, Kind: mockserver.FaultStatus, Status: 409,
			Body: `{"title":"Conflict","detail":"the environment is being deleted"}`,
		})
		got, said := newCore(t, server).Apply(t.Context(), acctest.Instance{}, acctest.Request())
		says(t, said, "The pipeline was not started.", "Matillion refused the request", "the environment is being deleted")
		if got.Exists() || strings.Contains(said.String(), "tag") {
			t.Errorf("state %v and diagnostics %s, want no state, and no word of a tag", got.Value, said)
		}
	})
}

// A tag in use is an error that has an import block for each execution that may hold it, and no advice that was followed
// already.
func TestConflict_adviceIsWhatHelps(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{
		"fail":   `set on_conflict = "wait"`,
		"wait":   "Waited 1m0s for it to end.",
		"attach": `As on_conflict is "attach"`,
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
				holders := []string{
					server.StartElsewhere(mockserver.Execution{ExecutionTag: "seed", Status: "RUNNING"}),
					server.StartElsewhere(mockserver.Execution{Status: "RUNNING"}),
				}
				config := acctest.Request()
				config["execution_tag"], config["on_conflict"] = acctest.String("seed"), acctest.String(policy)
				config["timeouts"] = acctest.Timeouts("1m")
				_, said := newCore(t, server).Apply(t.Context(), acctest.Instance{}, config)
				says(t, said, "Execution tag already in use", want, "do not start a second one")
				for _, id := range holders {
					says(t, said, "import {\n    to = matillion_pipeline_execution.NAME\n    id = \""+acctest.ProjectID+"/"+id+"\"")
				}
				if attaches := strings.Contains(said.String(), `set on_conflict = "attach"`); attaches == (policy == "attach") {
					t.Errorf("it advises to attach: %t\n%s", attaches, said)
				}
			})
		})
	}
}
