// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Command demo shows the provider's main job on any machine with Go: it builds the provider, serves the mock server,
// applies examples/demo with a real Terraform, and shows that a second plan starts nothing.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/terraformcli"
)

// What the demo signs in with.
const (
	clientID     = "demo"
	clientSecret = "demo-secret"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run prints the demo. It works in a folder of its own, which it removes.
func run(ctx context.Context, out io.Writer) error {
	began := time.Now()
	dir, err := os.MkdirTemp("", "matillion-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	scenario := mockserver.SampleScenario()
	scenario.ClientID, scenario.ClientSecret = clientID, clientSecret
	server := mockserver.New(scenario)
	socket := httptest.NewServer(server)
	defer socket.Close()

	say(out, "Building the provider and finding a Terraform CLI ...")
	terraform, err := prepare(ctx, dir, socket.URL)
	if err != nil {
		return err
	}
	if err := show(ctx, out, terraform, server); err != nil {
		return err
	}
	say(out, "Done in %s. The configuration is examples/demo/main.tf.", time.Since(began).Round(time.Second))
	return nil
}

func say(out io.Writer, format string, args ...any) {
	fmt.Fprintf(out, "\n== "+format+"\n", args...)
}

// prepare returns a CLI that finds the provider's build and the mock server.
func prepare(ctx context.Context, dir, url string) (*tfexec.Terraform, error) {
	if err := terraformcli.Build(ctx, ".", ".", dir); err != nil {
		return nil, err
	}
	cli, err := terraformcli.Find(ctx, dir)
	if err != nil {
		return nil, err
	}
	config, err := terraformcli.UseProvider(dir, dir)
	if err != nil {
		return nil, err
	}
	example, err := os.ReadFile(filepath.Join("examples", "demo", "main.tf"))
	if err != nil {
		return nil, fmt.Errorf("the demo is run from the repository's top folder: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), example, 0o600); err != nil {
		return nil, err
	}
	terraform, err := tfexec.NewTerraform(dir, cli)
	if err != nil {
		return nil, err
	}
	return terraform, terraform.SetEnv(map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": os.Getenv("HOME"), "TMPDIR": os.Getenv("TMPDIR"),
		"TF_CLI_CONFIG_FILE":      config,
		"MATILLION_API_URL":       url + mockserver.APIPath,
		"MATILLION_TOKEN_URL":     url + mockserver.TokenPath,
		"MATILLION_CLIENT_ID":     clientID,
		"MATILLION_CLIENT_SECRET": clientSecret,
		"MATILLION_PROJECT_ID":    mockserver.SampleProjectID,
	})
}

// show applies the example twice and tells what the server saw.
func show(ctx context.Context, out io.Writer, terraform *tfexec.Terraform, server *mockserver.Server) error {
	terraform.SetStdout(out)
	terraform.SetStderr(io.Discard)

	say(out, "terraform apply: the resource seeds the warehouse, the data source tests it, both are waited for.")
	if err := terraform.Apply(ctx); err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	runs := server.Started()
	if err := tell(out, runs); err != nil {
		return err
	}
	if len(runs) != 2 {
		return fmt.Errorf("the apply started %d runs, want 2", len(runs))
	}

	say(out, "terraform plan: a second plan starts nothing. (The data source is read by the next apply only.)")
	if err := planAgain(ctx, terraform); err != nil {
		return err
	}
	if again := len(server.Started()); again != len(runs) {
		return fmt.Errorf("the second plan started %d runs", again-len(runs))
	}
	fmt.Fprintf(out, "\nRuns started in all: %d.\n", len(runs))
	return nil
}

// planAgain plans, and fails if the plan would change a resource.
func planAgain(ctx context.Context, terraform *tfexec.Terraform) error {
	const file = "again.tfplan"
	if _, err := terraform.Plan(ctx, tfexec.Out(file)); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	terraform.SetStdout(io.Discard)
	plan, err := terraform.ShowPlanFile(ctx, file)
	if err != nil {
		return fmt.Errorf("show: %w", err)
	}
	for _, change := range plan.ResourceChanges {
		if change.Mode == tfjson.ManagedResourceMode && !change.Change.Actions.NoOp() {
			return fmt.Errorf("the second plan would change %s: %s", change.Address, change.Change.Actions)
		}
	}
	return nil
}

func tell(out io.Writer, runs []mockserver.Execution) error {
	say(out, "What the server was asked to run:")
	for _, run := range runs {
		body, err := json.Marshal(json.RawMessage(run.Body))
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s  %s\n  %s\n", run.ID, run.Status, body)
	}
	return nil
}
