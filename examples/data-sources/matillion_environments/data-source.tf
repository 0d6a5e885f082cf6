data "matillion_environments" "all" {}

# Run the same pipeline in every environment of the project.
resource "matillion_pipeline_execution" "orders" {
  for_each = toset(data.matillion_environments.all.environments[*].name)

  environment_name = each.value
  pipeline_name    = "ingest/orders.orch.yaml"
}
