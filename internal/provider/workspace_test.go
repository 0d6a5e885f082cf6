package provider

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/terraformcli"
)

// workspace is a folder with a configuration, in which a real CLI runs the provider's real binary: what the outcome of
// a run depends on, such as taint, interrupts and which calls share a process, is Terraform's doing.
type workspace struct {
	t   *testing.T
	dir string
	cli string
	env []string
}

// binaries are built and found once for all tests.
var binaries = sync.OnceValues(func() (found struct{ cli, dir string }, err error) {
	found.dir = filepath.Join(filepath.Dir(os.Getenv("TF_CLI_CONFIG_FILE")), "bin")
	if err = os.MkdirAll(found.dir, 0o700); err != nil {
		return found, err
	}
	if err = terraformcli.Build(context.Background(), "../..", ".", found.dir); err != nil {
		return found, err
	}
	found.cli, err = terraformcli.Find(context.Background(), found.dir)
	return found, err
})

// newWorkspace returns a workspace with a configuration.
func newWorkspace(t *testing.T, config string) *workspace {
	t.Helper()
	found, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cliConfig, err := terraformcli.UseProvider(dir, found.dir)
	if err != nil {
		t.Fatal(err)
	}
	w := &workspace{t: t, dir: dir, cli: found.cli, env: terraformcli.Environment(cliConfig)}
	w.configure(config)
	return w
}

const requiredProviders = `
terraform {
  required_providers {
    matillion = { source = "` + terraformcli.ProviderAddress + `" }
  }
}
`

func (w *workspace) configure(config string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, "main.tf"), []byte(requiredProviders+config), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// commandResult is what a CLI command came to.
type commandResult struct {
	exit        int
	diagnostics []cliDiagnostic
	output      string
}

type cliDiagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Address  string `json:"address"`
}

// summaries returns the summaries of one severity, without those that the CLI adds of its own.
func (r commandResult) summaries(severity string) []string {
	var found []string
	for _, d := range r.diagnostics {
		own := strings.Contains(d.Summary, "development overrides") || d.Summary == "execution halted"
		if d.Severity == severity && !own {
			found = append(found, d.Summary)
		}
	}
	return found
}

// detail returns the detail of the diagnostic with a summary.
func (r commandResult) detail(summary string) string {
	for _, d := range r.diagnostics {
		if d.Summary == summary {
			return d.Detail
		}
	}
	return ""
}

// command prepares a command of the CLI.
func (w *workspace) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(w.t.Context(), w.cli, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// run runs a command to its end.
func (w *workspace) run(args ...string) commandResult {
	w.t.Helper()
	return w.result(w.command(args...), func() {})
}

// result runs a command; meanwhile is called when it has been started.
func (w *workspace) result(cmd *exec.Cmd, meanwhile func()) commandResult {
	w.t.Helper()
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	meanwhile()
	err := cmd.Wait()
	result := commandResult{exit: cmd.ProcessState.ExitCode(), output: output.String()}
	if _, exited := err.(*exec.ExitError); err != nil && !exited { //nolint:errorlint // Wait returns it unwrapped.
		w.t.Fatal(err)
	}
	lines := bufio.NewScanner(&output)
	lines.Buffer(nil, 10<<20)
	for lines.Scan() {
		var line struct {
			Diagnostic *cliDiagnostic `json:"diagnostic"`
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Diagnostic != nil {
			result.diagnostics = append(result.diagnostics, *line.Diagnostic)
		}
	}
	w.t.Logf("%s: exit %d\n%s", strings.Join(cmd.Args[1:], " "), result.exit, result.output)
	return result
}

func (w *workspace) apply(args ...string) commandResult {
	w.t.Helper()
	return w.run(append([]string{"apply", "-auto-approve", "-json", "-no-color"}, args...)...)
}

// applyInterrupted applies, and interrupts the apply when the condition has come about.
func (w *workspace) applyInterrupted(condition func(context.Context) error) commandResult {
	w.t.Helper()
	result, _ := w.applyCutOff(condition, toGroup(syscall.SIGINT))
	return result
}

// applyCutOff applies, and signals the apply when the condition has come about. It returns the process group of the apply,
// in which nothing but Terraform and the provider is.
func (w *workspace) applyCutOff(
	condition func(context.Context) error, signal func(terraform int) error,
) (result commandResult, group int) {
	w.t.Helper()
	cmd := w.command("apply", "-auto-approve", "-json", "-no-color")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	result = w.result(cmd, func() {
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
		defer cancel()
		if err := condition(ctx); err != nil {
			w.t.Errorf("the moment for the signal did not come: %v", err)
		}
		if err := signal(cmd.Process.Pid); err != nil {
			w.t.Errorf("signal: %v", err)
		}
	})
	return result, cmd.Process.Pid
}

// toGroup sends a signal to Terraform and the provider, as a terminal and most CI systems do.
func toGroup(signal syscall.Signal) func(int) error {
	return func(terraform int) error { return syscall.Kill(-terraform, signal) }
}

// plan returns the actions that the next apply takes on the test resource, such as "update" or "delete create", and what
// forces a replacement. The empty action is nothing to do.
func (w *workspace) plan() (action string, replacedBy string, result commandResult) {
	w.t.Helper()
	result = w.run("plan", "-json", "-no-color", "-out=plan.bin")
	if result.exit != 0 {
		w.t.Fatalf("plan failed: exit %d", result.exit)
	}
	var plan struct {
		ResourceChanges []struct {
			Address string `json:"address"`
			Change  struct {
				Actions      []string `json:"actions"`
				ReplacePaths [][]any  `json:"replace_paths"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	w.show(&plan, "plan.bin")
	for _, change := range plan.ResourceChanges {
		if change.Address != testResource {
			continue
		}
		if action = strings.Join(change.Change.Actions, " "); action == "no-op" {
			action = ""
		}
		for _, path := range change.Change.ReplacePaths {
			replacedBy += fmt.Sprint(path...)
		}
	}
	return action, replacedBy, result
}

// instance is what the state says of the test resource.
type instance struct {
	Address    string         `json:"address"`
	Tainted    bool           `json:"tainted"`
	Attributes map[string]any `json:"values"`
}

// state returns the test resource's instance, or nil.
func (w *workspace) state() *instance {
	w.t.Helper()
	var state struct {
		Values struct {
			RootModule struct {
				Resources []instance `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	w.show(&state)
	for _, resource := range state.Values.RootModule.Resources {
		if resource.Address == testResource {
			return &resource
		}
	}
	return nil
}

func (w *workspace) show(into any, args ...string) {
	w.t.Helper()
	output, err := w.command(append([]string{"show", "-json", "-no-color"}, args...)...).Output()
	if err != nil {
		w.t.Fatalf("show: %v\n%s", err, output)
	}
	if err := json.Unmarshal(output, into); err != nil {
		w.t.Fatal(err)
	}
}

// raw returns the state file.
func (w *workspace) raw() string {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join(w.dir, "terraform.tfstate"))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(content)
}
