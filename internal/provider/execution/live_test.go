// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// TestLive_startsFollowsAndStartsNothingAgain runs a pipeline of a real account: one that is harmless and short. The
// provider's own variables say which account, two more which pipeline. Against the mock server it runs as well.
func TestLive_startsFollowsAndStartsNothingAgain(t *testing.T) {
	t.Parallel()
	environment, pipeline := os.Getenv("MATILLION_TEST_ENVIRONMENT"), os.Getenv("MATILLION_TEST_PIPELINE")
	if os.Getenv(resource.EnvTfAcc) == "" {
		t.Skip("live tests run with TF_ACC=1 and credentials: make testacc")
	}
	if environment == "" || pipeline == "" {
		t.Fatal("set MATILLION_TEST_ENVIRONMENT and MATILLION_TEST_PIPELINE to a pipeline that may be run")
	}
	config := fmt.Sprintf(`
resource "matillion_pipeline_execution" "test" {
  environment_name    = %q
  pipeline_name       = %q
  wait_for_completion = true
  timeouts            = { create = "15m" }
}
`, environment, pipeline)
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: config, ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(acctest.Address, tfjsonpath.New("status"), knownvalue.StringExact("SUCCESS")),
				statecheck.ExpectKnownValue(acctest.Address, tfjsonpath.New("trigger"), knownvalue.StringExact("API")),
				statecheck.ExpectKnownValue(acctest.Address, tfjsonpath.New("started_at"), utcTime()),
			}},
			{Config: config, ConfigPlanChecks: plansNothing()},
		},
	})
}
