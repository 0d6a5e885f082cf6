resource "terraform_data" "warehouse" {
  input = "SALES"
}

# Destroying the configuration archives the warehouse first. If that fails, the warehouse is not destroyed.
resource "matillion_pipeline_execution_on_destroy" "archive" {
  environment_name = "Production"
  pipeline_name    = "ingest/orders.orch.yaml"
  scalar_variables = { schema = terraform_data.warehouse.output }

  timeouts = { delete = "2h" }
}
