# What has failed since yesterday, including what schedules and people started.
data "matillion_pipeline_executions" "failed" {
  environment_name = "Production"
  status           = ["FAILED", "CANCELLED"]
  started_after    = timeadd(plantimestamp(), "-24h")
  max_results      = 10
}

output "failed" {
  value = { for execution in data.matillion_pipeline_executions.failed.executions : execution.id => execution.message }
}
