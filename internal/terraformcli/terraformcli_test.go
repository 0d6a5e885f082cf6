// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package terraformcli_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/terraformcli"
)

// These tests change the environment and can therefore not run in parallel.

func TestFind_prefersTheNamed(t *testing.T) {
	named, installed := executable(t, "tofu"), executable(t, "terraform")
	t.Setenv(terraformcli.PathVariable, named)
	t.Setenv("PATH", filepath.Dir(installed))
	wantFound(t, named)
}

func TestFind_namedRelativeToTheFolder(t *testing.T) {
	named := executable(t, "tofu")
	t.Chdir(filepath.Dir(named))
	t.Setenv(terraformcli.PathVariable, filepath.Base(named))
	wantFound(t, named)
}

func TestFind_namedButMissing(t *testing.T) {
	t.Setenv(terraformcli.PathVariable, filepath.Join(t.TempDir(), "missing"))
	t.Setenv("PATH", filepath.Dir(executable(t, "terraform")))
	if found, err := terraformcli.Find(t.Context(), t.TempDir()); err == nil {
		t.Errorf("found %s instead of an error", found)
	}
}

func TestFind_installed(t *testing.T) {
	installed := executable(t, "terraform")
	t.Setenv(terraformcli.PathVariable, "")
	t.Setenv("PATH", filepath.Dir(installed))
	wantFound(t, installed)
}

// wantFound fails the test unless the CLI at the path is found.
func wantFound(t *testing.T, path string) {
	t.Helper()

	found, err := terraformcli.Find(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if found != path {
		t.Errorf("found %s, want %s", found, path)
	}
}

// executable makes an executable file in a folder of its own and returns its path.
func executable(t *testing.T, name string) string {
	t.Helper()

	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	// The system may keep temporary files behind a link, which a relative path resolves.
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}
