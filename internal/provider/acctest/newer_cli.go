// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"
)

// Feature is what a CLI has from some version on.
type Feature struct {
	name  string
	since *version.Version
	// inOpenTofu is since when OpenTofu has it; nil if its versions are as Terraform's.
	inOpenTofu *version.Version
}

// Anything is what every CLI has that the provider works with.
func Anything() Feature {
	return Feature{name: "the provider", since: version.Must(version.NewVersion("1.5.0"))}
}

// Identities is import by identity.
func Identities() Feature { return Feature{name: "import by identity", since: tfversion.Version1_12_0} }

// Actions are actions.
func Actions() Feature { return Feature{name: "actions", since: tfversion.Version1_14_0} }

// Queries is the command query, with its list resources.
func Queries() Feature { return Feature{name: "terraform query", since: tfversion.Version1_14_0} }

// Removed are blocks that remove a resource from the state alone.
func Removed() Feature { return Feature{name: "removed blocks", since: tfversion.Version1_7_0} }

// KeepsOnDestroy is a lifecycle with destroy = false.
func KeepsOnDestroy() Feature {
	return Feature{
		name: "lifecycle { destroy = false }", since: version.Must(version.NewVersion("1.16.0")),
		inOpenTofu: version.Must(version.NewVersion("1.12.0")),
	}
}

// Functions are functions of providers.
func Functions() Feature {
	return Feature{name: "provider-defined functions", since: tfversion.Version1_8_0}
}

// WriteOnly are arguments that no plan or state holds.
func WriteOnly() Feature {
	return Feature{name: "write-only arguments", since: tfversion.Version1_11_0}
}

// TestCommand is the command test.
func TestCommand() Feature { return Feature{name: "terraform test", since: tfversion.Version1_6_0} }

// missing returns why a test cannot run on a CLI, or "". It says so where nobody can miss it, too: a test that is
// skipped looks like one that has passed.
func (f Feature) missing(t *testing.T, cli *version.Version, isOpenTofu bool) string {
	t.Helper()
	if isOpenTofu && f.inOpenTofu != nil {
		f.since = f.inOpenTofu
	}
	if cli.Core().GreaterThanOrEqual(f.since) {
		return ""
	}
	why := fmt.Sprintf("NOT RUN: %s needs %s, which Terraform has since %s. This CLI is %s.",
		t.Name(), f.name, f.since, cli)
	fmt.Fprintln(os.Stderr, why)
	return why
}

// NewerCLI is [CLI] for what needs a feature.
func NewerCLI(t *testing.T, needed Feature, steps ...resource.TestStep) {
	t.Helper()
	needsCLI(t)
	resource.UnitTest(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{versionCheck{t, needed}},
		ProtoV6ProviderFactories: Factories(),
		Steps:                    steps,
		CheckDestroy:             func(*terraform.State) error { return nil },
	})
}

type versionCheck struct {
	t      *testing.T
	needed Feature
}

func (c versionCheck) CheckTerraformVersion(
	_ context.Context, req tfversion.CheckTerraformVersionRequest, resp *tfversion.CheckTerraformVersionResponse,
) {
	resp.Skip = c.needed.missing(c.t, req.TerraformVersion, false)
}

// Needs skips the test if the workspace's CLI lacks a feature.
func (w *Workspace) Needs(needed Feature) {
	w.t.Helper()
	output, err := w.Command("version", "-json").Output()
	if err != nil {
		w.t.Fatal(err)
	}
	var cli struct {
		Version *version.Version `json:"terraform_version"`
	}
	if err := json.Unmarshal(output, &cli); err != nil {
		w.t.Fatal(err)
	}
	isOpenTofu := strings.HasPrefix(w.Succeeds("version"), "OpenTofu")
	if why := needed.missing(w.t, cli.Version, isOpenTofu); why != "" {
		w.t.Skip(why)
	}
}
