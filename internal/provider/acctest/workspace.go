// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/serve"
	"github.com/matillion-community/terraform-provider-matillion/internal/terraformcli"
)

// Workspace is a folder with a configuration, in which a real CLI runs the provider's real binary: what the outcome of
// a run depends on, such as taint, interrupts and which calls share a process, is Terraform's doing.
type Workspace struct {
	t *testing.T
	// Dir is the folder, Env the environment of every command.
	Dir string
	Env []string
	cli string
	bin string
}

// binaries are built and found once for all tests.
var binaries = sync.OnceValues(func() (found struct{ cli, dir string }, err error) {
	found.dir = filepath.Join(filepath.Dir(os.Getenv("TF_CLI_CONFIG_FILE")), "bin")
	if err = os.MkdirAll(found.dir, 0o700); err != nil {
		return found, err
	}
	if err = terraformcli.Build(context.Background(), Repository(), ".", found.dir); err != nil {
		return found, err
	}
	found.cli, err = terraformcli.Find(context.Background(), found.dir)
	return found, err
})

// NewWorkspace returns a workspace with a configuration.
func NewWorkspace(t *testing.T, config string) *Workspace {
	t.Helper()
	needsCLI(t)
	found, err := binaries()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cliConfig, err := terraformcli.UseProvider(dir, found.dir)
	if err != nil {
		t.Fatal(err)
	}
	w := &Workspace{t: t, Dir: dir, cli: found.cli, bin: found.dir, Env: terraformcli.Environment(cliConfig)}
	w.Configure(config)
	return w
}

// Provider returns the path of the provider's binary.
func (w *Workspace) Provider() string { return filepath.Join(w.bin, "terraform-provider-matillion") }

const requiredProviders = `
terraform {
  required_providers {
    matillion = { source = "` + serve.Address + `" }
  }
}
`

// Configure writes the configuration.
func (w *Workspace) Configure(config string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.Dir, "main.tf"), []byte(requiredProviders+config), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// Command prepares a command of the CLI.
func (w *Workspace) Command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(w.t.Context(), w.cli, args...)
	cmd.Dir, cmd.Env = w.Dir, w.Env
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// Run runs a command to its end.
func (w *Workspace) Run(args ...string) CommandResult {
	w.t.Helper()
	return w.result(w.Command(args...), func() {})
}

// result runs a command; meanwhile is called when it has been started.
func (w *Workspace) result(cmd *exec.Cmd, meanwhile func()) CommandResult {
	w.t.Helper()
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	meanwhile()
	err := cmd.Wait()
	result := CommandResult{Exit: cmd.ProcessState.ExitCode(), Output: output.String()}
	if _, exited := err.(*exec.ExitError); err != nil && !exited { //nolint:errorlint // Wait returns it unwrapped.
		w.t.Fatal(err)
	}
	lines := bufio.NewScanner(&output)
	lines.Buffer(nil, 10<<20)
	for lines.Scan() {
		result.note(lines.Bytes())
	}
	w.t.Logf("%s: exit %d\n%s", strings.Join(cmd.Args[1:], " "), result.Exit, result.Output)
	return result
}

// Apply applies the configuration.
func (w *Workspace) Apply(args ...string) CommandResult {
	w.t.Helper()
	return w.Run(append([]string{"apply", "-auto-approve", "-json", "-no-color"}, args...)...)
}

// ApplyInterrupted applies, and interrupts the apply when the condition has come about.
func (w *Workspace) ApplyInterrupted(condition func(context.Context) error) CommandResult {
	w.t.Helper()
	result, _ := w.ApplyCutOff(condition, ToGroup(syscall.SIGINT))
	return result
}

// ApplyCutOff applies, and signals the apply when the condition has come about. It returns the process group of the
// apply, in which nothing but Terraform and the provider is.
func (w *Workspace) ApplyCutOff(
	condition func(context.Context) error, signal func(terraform int) error,
) (result CommandResult, group int) {
	w.t.Helper()
	return w.CutOff(condition, signal, "apply", "-auto-approve", "-json", "-no-color")
}

// CutOff is [Workspace.ApplyCutOff] for any command.
func (w *Workspace) CutOff(
	condition func(context.Context) error, signal func(terraform int) error, args ...string,
) (result CommandResult, group int) {
	w.t.Helper()
	cmd := w.Command(args...)
	ownGroup(cmd)
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

// Plan returns the actions that the next apply takes on the test resource: see [Workspace.PlanOf].
func (w *Workspace) Plan() (action string, replacedBy string, result CommandResult) {
	w.t.Helper()
	return w.PlanOf(Address)
}

// PlanOf returns the actions that the next apply takes on the resource at an address, such as "update" or "delete
// create", and what forces a replacement. The empty action is nothing to do.
func (w *Workspace) PlanOf(address string) (action string, replacedBy string, result CommandResult) {
	w.t.Helper()
	result = w.Run("plan", "-json", "-no-color", "-out=plan.bin")
	if result.Exit != 0 {
		w.t.Fatalf("plan failed: exit %d", result.Exit)
	}
	switch action = result.planned[address]; action {
	case "", "create", "update", "delete":
		return action, "", result
	default: // What the plan prints in short does not say which comes first, and why.
		action, replacedBy = w.shownPlan(address)
		return action, replacedBy, result
	}
}

// shownPlan is the long way to the actions of a saved plan.
func (w *Workspace) shownPlan(address string) (action string, replacedBy string) {
	w.t.Helper()
	var plan struct {
		ResourceChanges []struct {
			Address string `json:"address"`
			Change  struct {
				Actions      []string `json:"actions"`
				ReplacePaths [][]any  `json:"replace_paths"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	output, err := w.Command("show", "-json", "-no-color", "plan.bin").Output()
	if err != nil {
		w.t.Fatalf("show: %v\n%s", err, output)
	}
	if err := json.Unmarshal(output, &plan); err != nil {
		w.t.Fatal(err)
	}
	for _, change := range plan.ResourceChanges {
		if change.Address != address {
			continue
		}
		if action = strings.Join(change.Change.Actions, " "); action == "no-op" {
			action = ""
		}
		for _, path := range change.Change.ReplacePaths {
			replacedBy += fmt.Sprint(path...)
		}
	}
	return action, replacedBy
}

// StateInstance is what the state says of a resource.
type StateInstance struct {
	Tainted    bool
	Attributes map[string]any
}

// State returns the test resource's instance, or nil.
func (w *Workspace) State() *StateInstance {
	w.t.Helper()
	return w.StateOf(Address)
}

// StateOf returns the instance of the resource at an address that has no count, or nil. It reads the state file, which
// takes no process of a CLI.
func (w *Workspace) StateOf(address string) *StateInstance {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join(w.Dir, "terraform.tfstate"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		w.t.Fatal(err)
	}
	if len(content) == 0 { // A CLI that is killed leaves the file that it has opened, and takes it for no state.
		return nil
	}
	var state struct {
		Resources []struct {
			Module    string `json:"module"`
			Mode      string `json:"mode"`
			Type      string `json:"type"`
			Name      string `json:"name"`
			Instances []struct {
				Status     string         `json:"status"`
				Deposed    string         `json:"deposed"`
				Attributes map[string]any `json:"attributes"`
			} `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(content, &state); err != nil {
		w.t.Fatal(err)
	}
	for _, resource := range state.Resources {
		if resource.Mode != "managed" || resource.Module != "" || resource.Type+"."+resource.Name != address {
			continue
		}
		for _, instance := range resource.Instances {
			if instance.Deposed == "" {
				return &StateInstance{Tainted: instance.Status == "tainted", Attributes: instance.Attributes}
			}
		}
	}
	return nil
}

// Raw returns the state file.
func (w *Workspace) Raw() string {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join(w.Dir, "terraform.tfstate"))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(content)
}

// Read returns the content of a file.
func (w *Workspace) Read(file string) []byte {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join(w.Dir, file))
	if err != nil {
		w.t.Fatal(err)
	}
	return content
}

// Write writes a file, whose folder need not exist.
func (w *Workspace) Write(file string, content []byte) {
	w.t.Helper()
	path := filepath.Join(w.Dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// Succeeds runs a command that must not fail, and returns what it printed.
func (w *Workspace) Succeeds(args ...string) string {
	w.t.Helper()
	result := w.Run(args...)
	if result.Exit != 0 {
		w.t.Fatalf("%s: exit status %d", strings.Join(args, " "), result.Exit)
	}
	return result.Output
}

// Repository returns the top folder of this repository.
var Repository = sync.OnceValue(func() string {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	panic("the tests do not run in a Go module")
})
