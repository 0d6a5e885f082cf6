package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"
)

// feature is what a CLI has from some version on.
type feature struct {
	name  string
	since *version.Version
}

// anything is what every CLI has that the provider works with.
func anything() feature { return feature{"the provider", version.Must(version.NewVersion("1.5.0"))} }

func functions() feature { return feature{"provider-defined functions", tfversion.Version1_8_0} }

func queries() feature { return feature{"terraform query", tfversion.Version1_14_0} }

// missing returns why a test cannot run on a CLI, or "". It says so where nobody can miss it, too: a test that is
// skipped looks like one that has passed.
func (f feature) missing(t *testing.T, cli *version.Version) string {
	t.Helper()
	if cli.Core().GreaterThanOrEqual(f.since) {
		return ""
	}
	why := fmt.Sprintf("NOT RUN: %s needs %s, which Terraform has since %s. This CLI is %s.", t.Name(), f.name, f.since, cli)
	fmt.Fprintln(os.Stderr, why)
	return why
}

// testNewerCLI is [testCLI] for what needs a feature.
func testNewerCLI(t *testing.T, needed feature, steps ...resource.TestStep) {
	t.Helper()
	resource.UnitTest(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{versionCheck{t, needed}},
		ProtoV6ProviderFactories: factories(),
		Steps:                    steps,
		CheckDestroy:             func(*terraform.State) error { return nil },
	})
}

type versionCheck struct {
	t      *testing.T
	needed feature
}

func (c versionCheck) CheckTerraformVersion(
	_ context.Context, req tfversion.CheckTerraformVersionRequest, resp *tfversion.CheckTerraformVersionResponse,
) {
	resp.Skip = c.needed.missing(c.t, req.TerraformVersion)
}

// needs skips the test if the workspace's CLI lacks a feature.
func (w *workspace) needs(needed feature) {
	w.t.Helper()
	output, err := w.command("version", "-json").Output()
	if err != nil {
		w.t.Fatal(err)
	}
	var cli struct {
		Version *version.Version `json:"terraform_version"`
	}
	if err := json.Unmarshal(output, &cli); err != nil {
		w.t.Fatal(err)
	}
	if why := needed.missing(w.t, cli.Version); why != "" {
		w.t.Skip(why)
	}
}
