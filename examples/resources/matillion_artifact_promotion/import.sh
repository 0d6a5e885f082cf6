# PROJECT_ID/TARGET_ENVIRONMENT_NAME/VERSION_NAME
terraform import matillion_artifact_promotion.orders 5f0c2f0e-6d1b-4c58-9a3e-2b7d4e8f1a60/Production/1.2.0
