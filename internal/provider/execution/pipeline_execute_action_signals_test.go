// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package execution_test

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// An action that is interrupted while its run is being started named the run nowhere: terraform-plugin-go sends no event
// of an action once the provider has been asked to stop.
func TestPipelineExecuteAction_namesTheRunThatAnInterruptedApplyStarts(t *testing.T) {
	t.Parallel()
	const invoked = "-invoke=action.matillion_pipeline_execute.test"
	for name, test := range map[string]struct {
		fault  mockserver.Fault
		waits  string
		signal syscall.Signal
		args   []string
		want   string
	}{
		"answered":                 {mockserver.Fault{Kind: mockserver.FaultDelay}, "true", syscall.SIGINT, nil, "left running"},
		"answered, invoked":        {mockserver.Fault{Kind: mockserver.FaultDelay}, "true", syscall.SIGINT, []string{invoked}, "left running"},
		"answered, SIGTERM":        {mockserver.Fault{Kind: mockserver.FaultDelay}, "true", syscall.SIGTERM, nil, "left running"},
		"answered, not waited for": {mockserver.Fault{Kind: mockserver.FaultDelay}, "false", syscall.SIGINT, nil, "Started execution"},
		"lost":                     {mockserver.Fault{Kind: mockserver.FaultHang}, "true", syscall.SIGINT, nil, "left running"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorkspace(t, "")
			w.Needs(acctest.Actions())
			a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
			w.Configure(a.Provider() + strings.Replace(executeAction(), "completion = true", "completion = "+test.waits, 1))
			test.fault.On, test.fault.Times, test.fault.Delay = mockserver.OpExecute, 1, mockserver.Duration(2*time.Second)
			a.Inject(test.fault)
			args := append([]string{"apply", "-auto-approve", "-no-color"}, test.args...)
			result, group := w.CutOff(func(ctx context.Context) error {
				return a.WaitForCalls(ctx, mockserver.OpExecute, 1)
			}, acctest.ToGroup(test.signal), args...)
			wantNoProcess(t, group)
			for _, want := range []string{test.want, a.Started()[0].ID} {
				if !strings.Contains(result.Output, want) {
					t.Errorf("the output lacks %q", want)
				}
			}
			if result.Exit != 1 {
				t.Errorf("exit status %d, want 1", result.Exit)
			}
		})
	}
}
