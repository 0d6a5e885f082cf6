locals {
  countries = [
    { code = "DE", name = "Germany", vat_rate = 19 },
    { code = "NO", name = "Norway", vat_rate = 25 },
  ]
}

# The columns are in the order in which the grid variable declares them.
resource "matillion_pipeline_execution" "seed" {
  environment_name = "Production"
  pipeline_name    = "setup/seed_warehouse.orch.yaml"

  grid_variables = {
    countries = provider::matillion::grid(["code", "name", "vat_rate"], local.countries)
  }
}
