// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/execution"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

func TestPlanChecks_warnOnceInAPlanOfManyAndAskLittle(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, published())
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution("count = 40")+
		strings.Replace(acctest.Execution(`version_name = "1.0"`), `"test"`, `"misspelt"`, 1))
	result := w.Run("plan", "-json", "-no-color")
	if result.Exit != 0 {
		t.Errorf("the plan failed: exit status %d", result.Exit)
	}
	if got := result.Summaries("warning"); !slices.Equal(got, []string{execution.TargetNotFound}) {
		t.Errorf("the warnings are %q, want one about the version", got)
	}
	detail := result.Detail(execution.TargetNotFound)
	if !strings.Contains(detail, `The latest version there is "1.2.0".`) {
		t.Errorf("the warning says:\n%s", detail)
	}
	if got := a.Calls(""); got > 6 {
		t.Errorf("the plan took %d calls of the API, want at most 6", got)
	}
}

func TestPlanChecks_errorEndsThePlan(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, published())
	w := acctest.NewWorkspace(t, a.Provider(`plan_checks = "error"`)+
		strings.Replace(acctest.Execution(), acctest.EnvironmentName, "Prodcution", 1))
	result := w.Apply()
	if got := result.Summaries("error"); result.Exit != 1 || !slices.Equal(got, []string{execution.TargetNotFound}) {
		t.Errorf("exit status %d, errors %q; want one about the environment", result.Exit, got)
	}
}

func TestPlanChecks_offOrWithoutRightsThePlanIsSilent(t *testing.T) {
	t.Parallel()
	for level, calls := range map[session.CheckLevel]int{session.ChecksOff: 0, session.ChecksError: 3} {
		a := acctest.Serve(t, 0, published())
		a.Inject(mockserver.Fault{Kind: mockserver.FaultStatus, Status: 403})
		w := acctest.NewWorkspace(t, a.Provider(fmt.Sprintf("plan_checks = %q", level))+
			strings.Replace(acctest.Execution(), acctest.PipelineName, "nowhere", 1))
		result := w.Run("plan", "-json", "-no-color")
		if result.Exit != 0 || len(result.Summaries("warning")) > 0 {
			t.Errorf("%s: exit status %d, warnings %q", level, result.Exit, result.Summaries("warning"))
		}
		if got := a.Calls(""); got != calls {
			t.Errorf("%s: %d calls, want %d", level, got, calls)
		}
	}
}
