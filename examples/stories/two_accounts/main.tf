# Run pipelines in two accounts. Each account has a configuration of the provider of its own, with an alias.

terraform {
  required_providers {
    matillion = {
      source = "matillion-community/matillion"
    }
  }
}

variable "accounts" {
  description = "Project and API credentials of each account."
  sensitive   = true
  type = object({
    eu = object({ project_id = string, client_id = string, client_secret = string })
    us = object({ project_id = string, client_id = string, client_secret = string })
  })
}

provider "matillion" {
  alias         = "eu"
  region        = "eu"
  project_id    = var.accounts.eu.project_id
  client_id     = var.accounts.eu.client_id
  client_secret = var.accounts.eu.client_secret
}

provider "matillion" {
  alias         = "us"
  region        = "us"
  project_id    = var.accounts.us.project_id
  client_id     = var.accounts.us.client_id
  client_secret = var.accounts.us.client_secret
}

resource "matillion_pipeline_execution" "orders_eu" {
  provider = matillion.eu

  environment_name    = "Production"
  pipeline_name       = "ingest/orders.orch.yaml"
  wait_for_completion = true
}

resource "matillion_pipeline_execution" "orders_us" {
  provider = matillion.us

  environment_name    = "Production"
  pipeline_name       = "ingest/orders.orch.yaml"
  wait_for_completion = true
}
