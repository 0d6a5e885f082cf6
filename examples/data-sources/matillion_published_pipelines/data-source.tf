data "matillion_published_pipelines" "orders" {
  environment_name = "Production"
  name             = "ingest/orders.orch.yaml"
}

# Run the pipeline once, and again whenever it has been published again.
resource "matillion_pipeline_execution" "orders" {
  environment_name = "Production"
  pipeline_name    = "ingest/orders.orch.yaml"

  triggers = {
    published = one(data.matillion_published_pipelines.orders.published_pipelines[*].published_time)
  }
}
