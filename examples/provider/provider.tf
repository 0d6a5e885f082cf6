terraform {
  required_providers {
    matillion = {
      source  = "matillion-community/matillion"
      version = "~> 0.1"
    }
  }
}

# The client id and secret come from MATILLION_CLIENT_ID and MATILLION_CLIENT_SECRET.
provider "matillion" {
  region     = "eu"
  project_id = "5f0c2f0e-6d1b-4c58-9a3e-2b7d4e8f1a60"
}
