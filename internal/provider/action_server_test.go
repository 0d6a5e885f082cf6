// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// The summary that is filtered out must be the one that the framework writes, and nothing else may be filtered.
func TestActionServer_knowsHowTheFrameworkRefusesWriteOnlyValues(t *testing.T) {
	t.Parallel()
	const actionType = "matillion_pipeline_execute"
	core := acctest.NewCore(t, mockserver.New(acctest.Scenario(mockserver.Run{})))
	whole, ok := core.Provider.(tfprotov6.ActionServer)
	if !ok {
		t.Fatal("the provider serves no actions")
	}
	config := acctest.Request()
	config["scalar_variables_wo"] = acctest.StringMap("password", "s3cret")
	req := &tfprotov6.ValidateActionConfigRequest{
		ActionType: actionType, Config: core.Encode(core.Object(core.Schemas.ActionSchemas[actionType].Schema, config)),
	}
	for name, test := range map[string]struct {
		server tfprotov6.ActionServer
		want   int
	}{
		"the framework": {provider.NewFrameworkServer(), 1},
		"the provider":  {whole, 0},
	} {
		resp, err := test.server.ValidateActionConfig(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		said := acctest.Diagnostics(resp.Diagnostics)
		if len(said) != test.want || (len(said) == 1 && said[0].Summary != provider.WriteOnlySummary) {
			t.Errorf("%s says %s, want %d times %q", name, said, test.want, provider.WriteOnlySummary)
		}
	}
}
