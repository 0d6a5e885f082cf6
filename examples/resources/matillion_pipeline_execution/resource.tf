# Runs when it is created, and again when an argument or a trigger changes.
resource "matillion_pipeline_execution" "seed" {
  environment_name = "Production"
  pipeline_name    = "setup/seed_warehouse.orch.yaml"

  scalar_variables = {
    region = "eu"
    schema = "SALES"
  }

  # Rows of cells, in the order of the grid variable's columns.
  grid_variables = {
    countries = [
      ["DE", "Germany"],
      ["FR", "France"],
    ]
  }

  triggers = {
    schema_version = "12"
  }

  wait_for_completion = true
  timeouts = {
    create = "90m"
  }
}
