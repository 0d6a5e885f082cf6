// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package execution_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// kill is what an apply is cut off by.
type kill struct {
	signal func(t *testing.T, a *acctest.API, terraform int) error
	// atOnce is whether Terraform has no time to write the state.
	atOnce bool
}

func kills() map[string]kill {
	return map[string]kill{
		"Ctrl-C":                  {toGroup(syscall.SIGINT), false},
		"SIGTERM to Terraform":    {toTerraform(syscall.SIGTERM), false},
		"SIGTERM to the group":    {toGroup(syscall.SIGTERM), false},
		"Ctrl-C twice":            {twice(toGroup(syscall.SIGINT)), true},
		"SIGTERM twice":           {twice(toGroup(syscall.SIGTERM)), true},
		"SIGHUP to the group":     {toGroup(syscall.SIGHUP), true},
		"SIGKILL to the group":    {toGroup(syscall.SIGKILL), true},
		"SIGKILL to Terraform":    {toTerraform(syscall.SIGKILL), true},
		"SIGKILL to the provider": {killProvider, false},
	}
}

func toTerraform(signal syscall.Signal) func(*testing.T, *acctest.API, int) error {
	return func(_ *testing.T, _ *acctest.API, terraform int) error { return syscall.Kill(terraform, signal) }
}

func toGroup(signal syscall.Signal) func(*testing.T, *acctest.API, int) error {
	return func(_ *testing.T, _ *acctest.API, terraform int) error { return acctest.ToGroup(signal)(terraform) }
}

func killProvider(t *testing.T, _ *acctest.API, terraform int) error {
	t.Helper()
	return toProvider(t, terraform, syscall.SIGKILL)
}

// twice signals again while the provider, which has heard of the first signal, takes its last look.
func twice(signal func(*testing.T, *acctest.API, int) error) func(*testing.T, *acctest.API, int) error {
	return func(t *testing.T, a *acctest.API, terraform int) error {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		looks := a.Calls(mockserver.OpDetails)
		a.Inject(mockserver.Fault{On: mockserver.OpDetails, Kind: mockserver.FaultHang})
		defer a.ClearFaults()
		if err := signal(t, a, terraform); err != nil {
			return err
		}
		if err := a.WaitForCalls(ctx, mockserver.OpDetails, looks+1); err != nil {
			return err
		}
		return signal(t, a, terraform)
	}
}

// cutOff applies, and cuts the apply off when the condition has come about.
func (k kill) cutOff(
	t *testing.T, w *acctest.Workspace, a *acctest.API, condition func(context.Context) error,
) acctest.CommandResult {
	t.Helper()
	result, group := w.ApplyCutOff(condition, func(terraform int) error { return k.signal(t, a, terraform) })
	wantNoProcess(t, group)
	if result.Exit == 0 {
		t.Fatal("the apply was not cut off")
	}
	return result
}

// cutOffInTheWait cuts the apply off one second into the wait: when it looks for the second time.
func (k kill) cutOffInTheWait(t *testing.T, w *acctest.Workspace, a *acctest.API) acctest.CommandResult {
	t.Helper()
	return k.cutOff(t, w, a, func(ctx context.Context) error { return a.WaitForCalls(ctx, mockserver.OpDetails, 2) })
}
