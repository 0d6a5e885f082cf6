# Run a pipeline once, and again whenever it has been published again.

terraform {
  required_providers {
    matillion = {
      source = "matillion-community/matillion"
    }
  }
}

data "matillion_published_pipelines" "orders" {
  environment_name = "Production"
  name             = "ingest/orders.orch.yaml"
}

resource "matillion_pipeline_execution" "orders" {
  environment_name = "Production"
  pipeline_name    = data.matillion_published_pipelines.orders.name

  triggers = {
    published = one(data.matillion_published_pipelines.orders.published_pipelines[*].published_time)
  }

  wait_for_completion = true
}
