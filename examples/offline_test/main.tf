# The configuration under test. It says nothing of the mock: the MATILLION_ variables do.

terraform {
  required_providers {
    matillion = {
      source = "matillion-community/matillion"
    }
  }
}

variable "schema_version" {
  type    = string
  default = "1"
}

resource "matillion_pipeline_execution" "seed" {
  environment_name = "Production"
  pipeline_name    = "setup/seed_warehouse.orch.yaml"
  execution_tag    = "seed"

  scalar_variables = {
    schema = "SALES"
  }

  triggers = {
    schema_version = var.schema_version
  }

  wait_for_completion = true
}

# Runs after each seeding. A failure is a warning, and stops nothing.
resource "matillion_pipeline_execution" "quality" {
  environment_name = "Production"
  pipeline_name    = "quality/check_orders.orch.yaml"

  triggers = {
    seed = matillion_pipeline_execution.seed.id
  }

  wait_for_completion = true
  on_failure          = "warn"
}

output "statuses" {
  value = {
    seed    = matillion_pipeline_execution.seed.status
    quality = matillion_pipeline_execution.quality.status
  }
}
