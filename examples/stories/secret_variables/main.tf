# Pass a secret to a pipeline and keep it out of plan and state (Terraform 1.11 and newer).

terraform {
  required_providers {
    matillion = {
      source = "matillion-community/matillion"
    }
  }
}

variable "api_key" {
  type      = string
  sensitive = true
  ephemeral = true
}

resource "matillion_pipeline_execution" "orders" {
  environment_name = "Production"
  pipeline_name    = "ingest/orders.orch.yaml"

  scalar_variables_wo = {
    api_key = var.api_key
  }

  # Terraform cannot compare secrets. Change this number when you change one: the pipeline runs again.
  scalar_variables_wo_version = 1

  wait_for_completion = true
}
