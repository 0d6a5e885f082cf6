// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package terraformcli finds a Terraform CLI for what runs the provider for real: the tests, the demo, the benchmark.
package terraformcli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/hashicorp/go-version"
	install "github.com/hashicorp/hc-install"
	"github.com/hashicorp/hc-install/fs"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
	"github.com/hashicorp/hc-install/src"

	"github.com/matillion-community/terraform-provider-matillion/internal/serve"
)

// PathVariable names another CLI than the one that would be found, such as OpenTofu. It is the variable of
// terraform-plugin-testing.
const PathVariable = "TF_ACC_TERRAFORM_PATH"

// openTofuAddress is what OpenTofu takes an address without a host for.
const openTofuAddress = "registry.opentofu.org/" + serve.Source

// Find returns the path of a Terraform CLI: the one that the variable names, the one that is installed, or else the
// latest release, downloaded into dir.
func Find(ctx context.Context, dir string) (string, error) {
	sources, err := sources(dir)
	if err != nil {
		return "", err
	}
	path, err := install.NewInstaller().Ensure(ctx, sources)
	if err != nil {
		return "", fmt.Errorf("finding a Terraform CLI: %w", err)
	}
	return path, nil
}

// sources are where a CLI may come from, best first. A CLI that the variable names is the only one, or a typing error
// would test another.
func sources(dir string) ([]src.Source, error) {
	if named := os.Getenv(PathVariable); named != "" {
		path, err := filepath.Abs(named)
		return []src.Source{&fs.AnyVersion{ExactBinPath: path}}, err
	}
	return []src.Source{
		&fs.AnyVersion{Product: &product.Terraform},
		&releases.LatestVersion{
			Product:     product.Terraform,
			InstallDir:  dir,
			Constraints: version.MustConstraints(version.NewConstraint(">= 1.5.0")),
		},
	}, nil
}

// UseProvider writes a CLI configuration that takes the provider from the folder of a build, whatever is published, and
// returns the path of the configuration, which is for the variable TF_CLI_CONFIG_FILE.
func UseProvider(configDir, buildDir string) (string, error) {
	path := filepath.Join(configDir, "terraformrc")
	config := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n    %q = %q\n  }\n  direct {}\n}\n",
		serve.Address, buildDir, openTofuAddress, buildDir)
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return "", err
	}
	return path, nil
}

// Environment returns this process's environment for a CLI with the given configuration, which looks nothing up.
func Environment(cliConfig string, more ...string) []string {
	return append(append(os.Environ(), "TF_CLI_CONFIG_FILE="+cliConfig, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1",
		"TF_INPUT=0"), more...)
}

// Build builds the provider of the module at root into dir, or another package that serves as one.
func Build(ctx context.Context, root, pkg, dir string) error {
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "terraform-provider-matillion"), pkg)
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, output)
	}
	return nil
}
