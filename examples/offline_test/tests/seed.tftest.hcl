run "seeds_the_warehouse" {
  assert {
    condition     = output.statuses.seed == "SUCCESS"
    error_message = "The warehouse was not seeded."
  }

  # The scenario has this one fail.
  assert {
    condition     = output.statuses.quality == "FAILED"
    error_message = "The quality checks did not fail, or did not run."
  }
}

# If the plan would run the pipeline again, the status would not be known, and the test would fail.
run "does_not_seed_it_again" {
  command = plan

  assert {
    condition     = output.statuses.seed == "SUCCESS"
    error_message = "The plan would run the pipeline again."
  }
}

run "seeds_another_schema" {
  variables {
    schema_version = "2"
  }

  assert {
    condition     = output.statuses.seed == "SUCCESS"
    error_message = "The other schema was not seeded."
  }
}
