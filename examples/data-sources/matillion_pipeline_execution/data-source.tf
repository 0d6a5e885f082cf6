# Runs with every apply, and at no other time.
data "matillion_pipeline_execution" "smoke_test" {
  requested_at     = timestamp()
  environment_name = "Production"
  pipeline_name    = "Nightly load"

  wait_for_completion = true
  timeouts = {
    read = "30m"
  }
}

output "smoke_test" {
  value = data.matillion_pipeline_execution.smoke_test.status
}
