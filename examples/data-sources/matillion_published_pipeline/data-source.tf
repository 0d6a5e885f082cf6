data "matillion_published_pipeline" "orders" {
  environment_name = "Production"
  name             = "ingest/orders"
}

# Run the pipeline once, and again whenever it has been published again.
resource "matillion_pipeline_execution" "orders" {
  environment_name = "Production"
  pipeline_name    = data.matillion_published_pipeline.orders.name

  triggers = {
    published = data.matillion_published_pipeline.orders.published_time
  }
}
