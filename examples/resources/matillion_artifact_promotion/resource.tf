# Promoted once. Production then has this version until another one is promoted.
resource "matillion_artifact_promotion" "orders" {
  source_environment_name = "Development"
  target_environment_name = "Production"
  version_name            = "1.2.0"
}
