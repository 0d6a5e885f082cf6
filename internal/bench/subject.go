// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/serve"
	"github.com/matillion-community/terraform-provider-matillion/internal/terraformcli"
)

// The packages that serve the resource.
const (
	providerPackage = "."
	idlePackage     = "./internal/bench/idle"
)

// subject is what Terraform is given many instances of.
type subject struct {
	name string
	// config takes the number of instances.
	config string
	// provider is the folder of the provider's build. The floor needs none.
	provider string
	// starts tells that each instance starts a run.
	starts bool
}

// The subjects that the others are compared with. The floor calls nothing and has four attributes. The idle provider
// calls nothing either, and has as many attributes as a run: no provider could take less for those.
const (
	floorName = "`terraform_data`"
	idleName  = "idle provider"
)

// subjects are what is measured: this code's provider, and beside it that of another build if there is one.
func (b *bench) subjects() []subject {
	const waited = "wait_for_completion = true"
	all := []subject{
		{name: floorName, config: floorConfig},
		{name: idleName, config: runsConfig(waited), provider: b.buildDir(idlePackage)},
		{name: "runs", config: runsConfig(""), provider: b.buildDir(providerPackage), starts: true},
		{name: "runs, waited for", config: runsConfig(waited), provider: b.buildDir(providerPackage), starts: true},
	}
	if b.beside != "" {
		all = append(all,
			subject{name: "other build: runs", config: runsConfig(""), provider: b.beside, starts: true},
			subject{name: "other build: runs, waited for", config: runsConfig(waited), provider: b.beside, starts: true})
	}
	return all
}

const (
	environmentName = "Production"
	pipelineName    = "Nightly load"
)

const floorConfig = `
resource "terraform_data" "run" {
  count = %d
  input = count.index
}
`

func runsConfig(more string) string {
	return `
terraform {
  required_providers {
    matillion = { source = "` + serve.Address + `" }
  }
}

resource "matillion_pipeline_execution" "run" {
  count            = %d
  environment_name = "` + environmentName + `"
  pipeline_name    = "` + pipelineName + `"
  scalar_variables = { n = count.index }
  ` + more + `
}
`
}

// build builds a provider into a folder of its own.
func (b *bench) build(ctx context.Context, pkg string) error {
	dir := b.buildDir(pkg)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return terraformcli.Build(ctx, ".", pkg, dir)
}

// buildDir is where a provider is built: each has a folder of its own, for all have the same name.
func (b *bench) buildDir(pkg string) string {
	if pkg == idlePackage {
		return filepath.Join(b.dir, "idle")
	}
	return filepath.Join(b.dir, "provider")
}

// workspace makes a folder with a subject's configuration, for the server at an address.
func (b *bench) workspace(s subject, round int, url string) (workspace, error) {
	dir, err := os.MkdirTemp(b.dir, fmt.Sprintf("round-%d-", round))
	if err != nil {
		return workspace{}, err
	}
	cliConfig, err := terraformcli.UseProvider(dir, s.provider)
	if err != nil {
		return workspace{}, err
	}
	env := []string{
		"MATILLION_API_URL=" + url + mockserver.APIPath,
		"MATILLION_TOKEN_URL=" + url + mockserver.TokenPath,
		"MATILLION_CLIENT_ID=mock-client-id", "MATILLION_CLIENT_SECRET=mock-client-secret",
		"MATILLION_PROJECT_ID=" + mockserver.SampleProjectID,
	}
	if s.name == idleName {
		env = append(env, "MATILLION_PLAN_CHECKS=off")
	}
	err = os.WriteFile(filepath.Join(dir, "main.tf"), fmt.Appendf(nil, s.config, b.instances), 0o600)
	return workspace{cli: b.cli, dir: dir, env: terraformcli.Environment(cliConfig, env...)}, err
}
