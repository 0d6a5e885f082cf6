# A smoke test that a scheduler starts every night, and nothing else does (Terraform 1.14 and newer):
#
#   terraform apply -auto-approve -invoke=action.matillion_pipeline_execute.smoke_test
#
# The command fails if the run does not end in SUCCESS.

terraform {
  required_providers {
    matillion = {
      source = "matillion-community/matillion"
    }
  }
}

action "matillion_pipeline_execute" "smoke_test" {
  config {
    environment_name    = "Production"
    pipeline_name       = "Nightly load"
    wait_for_completion = true

    # Two smoke tests at a time would disturb each other.
    execution_tag = "smoke-test"

    timeouts = {
      invoke = "30m"
    }
  }
}
