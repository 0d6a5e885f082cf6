# Run a pipeline for each region in each environment. All runs have the same tag, so that an environment has one of them
# at a time; the environments go side by side.

terraform {
  required_providers {
    matillion = {
      source = "matillion-community/matillion"
    }
  }
}

data "matillion_environments" "all" {}

locals {
  loads = {
    for load in setproduct(data.matillion_environments.all.environments[*].name, ["eu", "us"]) :
    "${load[0]}/${load[1]}" => { environment = load[0], region = load[1] }
  }
}

resource "matillion_pipeline_execution" "load" {
  for_each = local.loads

  environment_name = each.value.environment
  pipeline_name    = "setup/seed_warehouse.orch.yaml"

  scalar_variables = {
    region = each.value.region
  }

  # While another run has the tag, this one waits instead of failing.
  execution_tag = "seed"
  on_conflict   = "wait"

  # The time includes the wait for the tag.
  wait_for_completion = true
  timeouts = {
    create = "2h"
  }
}
