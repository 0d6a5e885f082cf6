# Find the id of a project by its name.
data "matillion_projects" "sample" {
  name = "Sample project"
}

resource "matillion_pipeline_execution" "orders" {
  project_id       = one(data.matillion_projects.sample.projects).id
  environment_name = "Production"
  pipeline_name    = "ingest/orders.orch.yaml"
}
