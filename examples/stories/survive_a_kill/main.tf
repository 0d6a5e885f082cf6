# A run that is found again although the machine that applies may be killed, and the state is remote.

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

# When this has been created, Terraform sends the state: more than 20 seconds have passed.
resource "terraform_data" "state_is_sent" {
  triggers_replace = matillion_pipeline_execution.load.id

  provisioner "local-exec" {
    command = "sleep 21"
  }
}

resource "matillion_pipeline_execution_completion" "load" {
  execution_ids = [matillion_pipeline_execution.load.id]
  depends_on    = [terraform_data.state_is_sent]

  timeouts = {
    create = "4h"
    update = "4h"
  }
}
