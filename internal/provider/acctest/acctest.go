// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package acctest tests the provider as a whole: over the plugin protocol in virtual time, and with a real CLI, always
// against a mock server that counts the runs. Only tests may import it.
//
// A test package begins with a TestMain that calls [Main].
package acctest

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider"
)

// Main runs the tests of a package in an environment that no setting of this machine reaches.
func Main(m *testing.M) {
	// A setting of this machine must not reach the tests: they bring their own provider, and look nothing up.
	dir, err := os.MkdirTemp("", "matillion-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	cliConfig := filepath.Join(dir, "terraformrc")
	err = os.WriteFile(cliConfig, nil, 0o600)
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "MATILLION_") && os.Getenv("TF_ACC") == "" {
			_ = os.Unsetenv(name)
		}
	}
	if err != nil || os.Setenv("TF_CLI_CONFIG_FILE", cliConfig) != nil || os.Setenv("CHECKPOINT_DISABLE", "1") != nil {
		fmt.Fprintln(os.Stderr, "preparing the environment of the tests failed:", err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// Factories returns the provider for tests that plugin-testing runs.
func Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"matillion": func() (tfprotov6.ProviderServer, error) { return provider.NewServer("test")(), nil },
	}
}

// The project of every test, its environment and its pipeline.
const (
	ProjectID       = "5a3f9a52-8a1e-4c0f-9d7b-0c1d2e3f4a5b"
	EnvironmentName = "Production"
	PipelineName    = "Nightly load"
)

// API is a mock server on a socket.
type API struct {
	*mockserver.Server
	// URL is where it is served.
	URL string
	// onlyPost expects requests that the server does not know: it was told to know nothing but the POST.
	onlyPost bool
}

// Serve starts a mock server. When the test ends, it must have started the given number of runs, and must have
// understood all that it was asked.
func Serve(t *testing.T, runs int, scenario mockserver.Scenario) *API {
	t.Helper()
	server := mockserver.New(scenario)
	socket := httptest.NewServer(server)
	a := &API{Server: server, URL: socket.URL, onlyPost: scenario.PostOnly}
	t.Cleanup(func() {
		socket.Close()
		if t.Skipped() {
			return
		}
		if started := server.Started(); len(started) != runs {
			t.Errorf("the server started %d runs, want %d", len(started), runs)
		}
		for _, request := range server.Unexpected() {
			if !a.onlyPost {
				t.Errorf("unexpected request: %s %s", request.Method, request.Path)
			}
		}
	})
	return a
}

// Scenario serves one pipeline, whose runs unfold as given.
func Scenario(run mockserver.Run) mockserver.Scenario {
	return mockserver.Scenario{Projects: []mockserver.Project{{
		ID: ProjectID, Name: "Warehouse",
		Environments: []mockserver.Environment{{
			Name:      EnvironmentName,
			Pipelines: []mockserver.Pipeline{{Name: PipelineName, Run: run}},
		}},
	}}}
}

// Provider returns a provider block for the server, with more arguments if any.
func (a *API) Provider(more ...string) string {
	return fmt.Sprintf(`
provider "matillion" {
  api_url       = "%s"
  token_url     = "%s"
  client_id     = "mock-client-id"
  client_secret = "mock-client-secret"
  project_id    = "%s"
  %s
}
`, a.URL+mockserver.APIPath, a.URL+mockserver.TokenPath, ProjectID, strings.Join(more, "\n  "))
}

// Environment returns the variables that the mock command prints.
func (a *API) Environment(projectID string) []string {
	return []string{
		"MATILLION_API_URL=" + a.URL + mockserver.APIPath, "MATILLION_TOKEN_URL=" + a.URL + mockserver.TokenPath,
		"MATILLION_CLIENT_ID=mock-client-id", "MATILLION_CLIENT_SECRET=mock-client-secret",
		"MATILLION_PROJECT_ID=" + projectID,
	}
}

// Execution returns a resource block with more arguments.
func Execution(more ...string) string {
	return fmt.Sprintf(`
resource "matillion_pipeline_execution" "test" {
  environment_name = "%s"
  pipeline_name    = "%s"
  %s
}
`, EnvironmentName, PipelineName, strings.Join(more, "\n  "))
}

// ReplaceArgument replaces the line of an argument in a block.
func ReplaceArgument(config, name, line string) string {
	return regexp.MustCompile(`(?m)^  `+name+` .*$`).ReplaceAllLiteralString(config, "  "+line)
}

// Address is the address of the resource that [Execution] declares.
const Address = "matillion_pipeline_execution.test"

// needsCLI skips a test under -short, which is for what needs no CLI.
func needsCLI(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a Terraform CLI")
	}
}

// CLI runs the steps with a real CLI against the provider in this process.
func CLI(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	needsCLI(t)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: Factories(),
		Steps:                    steps,
		CheckDestroy:             func(*terraform.State) error { return nil },
	})
}
