resource "matillion_pipeline_execution" "orders" {
  environment_name    = "Production"
  pipeline_name       = "ingest/orders.orch.yaml"
  wait_for_completion = true
}

data "matillion_pipeline_execution_steps" "orders" {
  execution_id = matillion_pipeline_execution.orders.id
}

output "steps" {
  value = [for step in data.matillion_pipeline_execution_steps.orders.steps : "${step.name}: ${step.status}"]
}
