# Wait for a run that may take longer than an apply should. After a timeout the apply fails, the run keeps running, and
# the next apply waits for the same run again.

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

  wait_for_completion = true
  on_timeout          = "detach"

  timeouts = {
    create = "45m"
    update = "45m"
  }

  # on_timeout = "detach" alone is a warning, and what depends on the run would go ahead.
  lifecycle {
    postcondition {
      condition     = self.status == "SUCCESS"
      error_message = "The run is ${self.status}. Apply again to wait for it."
    }
  }
}

# Placeholder for what needs the data.
resource "terraform_data" "dashboards" {
  depends_on = [matillion_pipeline_execution.load]
}
