# Start the runs without waiting for them.
resource "matillion_pipeline_execution" "load" {
  for_each = toset(["eu", "us"])

  environment_name = "Production"
  pipeline_name    = "setup/seed_warehouse.orch.yaml"

  scalar_variables = {
    region = each.key
  }
}

# Wait for all of them here. What depends on this is created when all have succeeded.
resource "matillion_pipeline_execution_completion" "loads" {
  execution_ids = [for run in matillion_pipeline_execution.load : run.id]

  timeouts = {
    create = "4h"
    update = "4h"
  }
}
