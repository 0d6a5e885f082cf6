# Seed a warehouse when it has been created, and again when it has been replaced.

terraform {
  required_providers {
    matillion = {
      source = "matillion-community/matillion"
    }
  }
}

# Placeholder for the resource that creates the warehouse.
resource "terraform_data" "warehouse" {
  input = "SALES"
}

resource "matillion_pipeline_execution" "seed" {
  environment_name = "Production"
  pipeline_name    = "setup/seed_warehouse.orch.yaml"

  scalar_variables = {
    schema = terraform_data.warehouse.input
  }

  # Another warehouse has another id.
  triggers = {
    warehouse = terraform_data.warehouse.id
  }

  wait_for_completion = true
}

# Placeholder for what needs the data: it is created after the pipeline has ended in SUCCESS.
resource "terraform_data" "dashboards" {
  depends_on = [matillion_pipeline_execution.seed]
}
