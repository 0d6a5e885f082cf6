# Stands for the warehouse.
resource "terraform_data" "warehouse" {
  input = "SALES"

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.matillion_pipeline_execute.smoke_test]
    }
  }
}

action "matillion_pipeline_execute" "smoke_test" {
  config {
    environment_name    = "Production"
    pipeline_name       = "ingest/orders.orch.yaml"
    wait_for_completion = true

    timeouts = {
      invoke = "30m"
    }
  }
}
