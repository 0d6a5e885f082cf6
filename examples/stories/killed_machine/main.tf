# Wait for a long run on a machine that may be killed. The resource that starts the run does not wait, so that Terraform
# knows its id at once. Waiting is a resource of its own: once the state is written, the next apply waits for the same run.

terraform {
  required_providers {
    matillion = {
      source = "matillion-community/matillion"
    }
  }
}

resource "matillion_pipeline_execution" "load" {
  environment_name = "Production"
  pipeline_name    = "Nightly load"
}

resource "matillion_pipeline_execution_completion" "load" {
  execution_ids = [matillion_pipeline_execution.load.id]

  timeouts = {
    create = "6h"
    update = "6h"
  }
}

# Placeholder for what needs the data: it is created after the run has ended in SUCCESS.
resource "terraform_data" "dashboards" {
  depends_on = [matillion_pipeline_execution_completion.load]
}
