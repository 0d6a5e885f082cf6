data "matillion_project" "sample" {
  name = "Sample project"
}

resource "matillion_pipeline_execution" "orders" {
  project_id       = data.matillion_project.sample.id
  environment_name = "Production"
  pipeline_name    = "ingest/orders.orch.yaml"
}
