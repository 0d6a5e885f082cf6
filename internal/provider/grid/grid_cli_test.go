// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package grid_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

func TestMain(m *testing.M) { acctest.Main(m) }

func TestGrid_fillsAGridVariable(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	config := a.Provider() + `
		resource "terraform_data" "later" { input = "known after apply" }
		output "printed_alike" {
			value = flatten(provider::matillion::grid(["n"], [for n in local.numbers : { n = n }])) == [
				for n in local.numbers : tostring(n)
			]
		}
		output "no_rows" { value = provider::matillion::grid(["n"], tolist([])) }
		locals {
			numbers = [0, -1, 0.1, 1.5, 1 / 3, 1e30, 123456789012345678901234567890.5, 9007199254740993]
		}
		` + acctest.Execution(`grid_variables = {
			countries = provider::matillion::grid(["code", "name", "eu"], [
				{ name = "Norway", code = 47, eu = false },
				{ code = 356, eu = true, name = terraform_data.later.output, ignored = null },
			])
		}`)
	faulty := a.Provider() + `output "grid" { value = provider::matillion::grid(["code"], [{ code = 1 }, {}]) }`
	acctest.NewerCLI(t, acctest.Functions(), acctest.FailsToRead(faulty, `row 2 has no\s+column\s+"code"`),
		resource.TestStep{
			Config: config,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownOutputValue("printed_alike", knownvalue.Bool(true)),
				statecheck.ExpectKnownOutputValue("no_rows", knownvalue.ListSizeExact(0)),
			},
		})
	for _, started := range a.Started() {
		want := map[string]any{"countries": []any{
			[]any{"47", "Norway", "false"}, []any{"356", "known after apply", "true"},
		}}
		if diff := cmp.Diff(want, started.GridVariables); diff != "" {
			t.Errorf("the grids that were sent differ (-want +got):\n%s", diff)
		}
	}
}
