# Promote a version to production, and run exactly that version.

terraform {
  required_providers {
    matillion = {
      source = "matillion-community/matillion"
    }
  }
}

variable "release" {
  description = "Published version to promote and to run."
  type        = string
  default     = "1.2.0"
}

resource "matillion_artifact_promotion" "orders" {
  source_environment_name = "Development"
  target_environment_name = "Production"
  version_name            = var.release
}

resource "matillion_pipeline_execution" "orders" {
  environment_name = matillion_artifact_promotion.orders.target_environment_name
  pipeline_name    = "ingest/orders.orch.yaml"
  version_name     = matillion_artifact_promotion.orders.version_name

  wait_for_completion = true
}
