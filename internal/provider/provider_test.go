package provider

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
)

func TestMain(m *testing.M) {
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

func factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"matillion": func() (tfprotov6.ProviderServer, error) { return NewServer("test")(), nil },
	}
}

// The project of every test, and its environment.
const (
	testProject     = "5a3f9a52-8a1e-4c0f-9d7b-0c1d2e3f4a5b"
	testEnvironment = "Production"
	testPipeline    = "Nightly load"
)

// api is a mock server on a socket.
type api struct {
	*mockserver.Server
	url string
	// onlyPost expects requests that the server does not know: it was told to know nothing but the POST.
	onlyPost bool
}

// serve starts a mock server. When the test ends, it must have started the given number of runs, and must have
// understood all that it was asked.
func serve(t *testing.T, runs int, scenario mockserver.Scenario) *api {
	t.Helper()
	server := mockserver.New(scenario)
	socket := httptest.NewServer(server)
	a := &api{Server: server, url: socket.URL, onlyPost: scenario.PostOnly}
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

// scenario serves one pipeline, whose runs unfold as given.
func scenario(run mockserver.Run) mockserver.Scenario {
	return mockserver.Scenario{Projects: []mockserver.Project{{
		ID: testProject, Name: "Warehouse",
		Environments: []mockserver.Environment{{
			Name:      testEnvironment,
			Pipelines: []mockserver.Pipeline{{Name: testPipeline, Run: run}},
		}},
	}}}
}

// provider returns a provider block for the server, with more arguments if any.
func (a *api) provider(more ...string) string {
	return fmt.Sprintf(`
provider "matillion" {
  api_url       = "%s"
  token_url     = "%s"
  client_id     = "mock-client-id"
  client_secret = "mock-client-secret"
  project_id    = "%s"
  %s
}
`, a.url+mockserver.APIPath, a.url+mockserver.TokenPath, testProject, strings.Join(more, "\n  "))
}

// execution returns a resource block with more arguments.
func execution(more ...string) string {
	return fmt.Sprintf(`
resource "matillion_pipeline_execution" "test" {
  environment_name = "%s"
  pipeline_name    = "%s"
  %s
}
`, testEnvironment, testPipeline, strings.Join(more, "\n  "))
}

// replaceArgument replaces the line of an argument in a block.
func replaceArgument(config, name, line string) string {
	return regexp.MustCompile(`(?m)^  `+name+` .*$`).ReplaceAllLiteralString(config, "  "+line)
}

const testResource = "matillion_pipeline_execution.test"

// testCLI runs the steps with a real CLI against the provider in this process.
func testCLI(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories(),
		Steps:                    steps,
		CheckDestroy:             func(*terraform.State) error { return nil },
	})
}
