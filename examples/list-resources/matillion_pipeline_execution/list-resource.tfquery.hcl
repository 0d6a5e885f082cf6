# Executions to import: run "terraform query -generate-config-out=executions.tf".
list "matillion_pipeline_execution" "recent" {
  provider = matillion
  limit    = 20

  config {
    environment_name = "Production"
    pipeline_name    = "orders"
    status           = ["RUNNING", "FAILED"]
    started_after    = "2026-01-01T00:00:00Z"
  }
}
