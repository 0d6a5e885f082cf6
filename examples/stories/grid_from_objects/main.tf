# Fill a grid variable from a list of objects (Terraform 1.8 and newer).

terraform {
  required_providers {
    matillion = {
      source = "matillion-community/matillion"
    }
  }
}

variable "countries" {
  type = list(object({
    code     = string
    name     = string
    vat_rate = number
  }))

  default = [
    { code = "DE", name = "Germany", vat_rate = 19 },
    { code = "NO", name = "Norway", vat_rate = 25 },
  ]
}

resource "matillion_pipeline_execution" "seed" {
  environment_name = "Production"
  pipeline_name    = "setup/seed_warehouse.orch.yaml"

  # The columns are in the order in which the grid variable declares them.
  # Without the function: [for country in var.countries : [country.code, country.name, country.vat_rate]]
  grid_variables = {
    countries = provider::matillion::grid(["code", "name", "vat_rate"], var.countries)
  }

  wait_for_completion = true
}
