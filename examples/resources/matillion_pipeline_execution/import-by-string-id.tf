import {
  to = matillion_pipeline_execution.seed
  id = "5f0c2f0e-6d1b-4c58-9a3e-2b7d4e8f1a60/7d9d1f3c-2b7e-4c7a-9f0d-0a6f4b1c2e35"
}
