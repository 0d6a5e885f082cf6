# Seeds a warehouse once per change, and smoke-tests it with every apply.
# "make demo" applies this against the mock server. To run pipelines of your own, change the names, and set
# MATILLION_REGION, MATILLION_CLIENT_ID, MATILLION_CLIENT_SECRET and MATILLION_PROJECT_ID.

terraform {
  required_providers {
    matillion = {
      source = "matillion-community/matillion"
    }
  }
}

provider "matillion" {}

variable "environment" {
  type    = string
  default = "Production"
}

variable "schema_version" {
  type        = number
  default     = 1
  description = "Another version seeds the warehouse again."
}

# Runs once, and again only when an argument or a trigger changes.
resource "matillion_pipeline_execution" "seed" {
  environment_name = var.environment
  pipeline_name    = "setup/seed_warehouse.orch.yaml"
  execution_tag    = "seed-warehouse"

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
    schema_version = var.schema_version
  }

  wait_for_completion = true
  timeouts = {
    create = "10m"
  }
}

# Runs with every apply, and at no other time.
data "matillion_pipeline_execution" "smoke_test" {
  requested_at     = timestamp()
  environment_name = var.environment
  pipeline_name    = "Nightly load"

  wait_for_completion = true
  depends_on          = [matillion_pipeline_execution.seed]
}

output "seed" {
  value = {
    id          = matillion_pipeline_execution.seed.id
    status      = matillion_pipeline_execution.seed.status
    finished_at = matillion_pipeline_execution.seed.finished_at
  }
}

output "smoke_test" {
  value = data.matillion_pipeline_execution.smoke_test.status
}
