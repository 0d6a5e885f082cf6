// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package promotion_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

const address = promotionType + ".test"

// promotion is a resource block with more arguments.
func promotion(more ...string) string {
	return fmt.Sprintf(`
resource "matillion_artifact_promotion" "test" {
  source_environment_name = "Staging"
  target_environment_name = "%s"
  version_name            = "1.1.0"
  %s
}
`, acctest.EnvironmentName, strings.Join(more, "\n  "))
}

const runsIt = `version_name = matillion_artifact_promotion.test.version_name`

// serve serves the stages. When the test ends, the server must have got the given number of requests to promote.
func serve(t *testing.T, posts, runs int, production ...mockserver.Version) *acctest.API {
	t.Helper()
	a := acctest.Serve(t, runs, stages(production...))
	t.Cleanup(func() {
		if got := a.Calls(mockserver.OpPromote); got != posts && !t.Skipped() {
			t.Errorf("%d promotions were sent, want %d", got, posts)
		}
	})
	return a
}

func wantErrors(t *testing.T, result acctest.CommandResult, want ...string) {
	t.Helper()
	if got := result.Summaries("error"); !slices.Equal(got, want) || (result.Exit == 0) != (len(want) == 0) {
		t.Errorf("exit %d with the errors %q, want %q", result.Exit, got, want)
	}
}

// The plan checks of the run know what the promotion is about to bring about.
func TestPromotionCLI_promotesAndRunsInOneApply(t *testing.T) {
	t.Parallel()
	a := serve(t, 1, 1, version("1.0.0", 1))
	w := acctest.NewWorkspace(t, a.Provider(`plan_checks = "error"`)+promotion()+
		acctest.Execution(runsIt, `wait_for_completion = true`))
	result := w.Apply()
	wantErrors(t, result)
	if warnings := result.Summaries("warning"); len(warnings) > 0 {
		t.Errorf("warnings %q, want none", warnings)
	}
	if run := a.Started()[0]; run.VersionName != "1.1.0" || run.Status != "SUCCESS" {
		t.Errorf("the run is of version %q and %s", run.VersionName, run.Status)
	}
	w.Succeeds("plan", "-detailed-exitcode", "-no-color")
	w.Succeeds("apply", "-auto-approve", "-no-color")
	w.Succeeds("destroy", "-auto-approve", "-no-color")
}

// The plan of the second promotion knows what the first one is about to bring about.
func TestPromotionCLI_goesThroughSeveralEnvironments(t *testing.T) {
	t.Parallel()
	a := serve(t, 2, 0, version("1.0.0", 1))
	a.Update(func(s *mockserver.Scenario) {
		s.Projects[0].Environments = append(s.Projects[0].Environments, mockserver.Environment{Name: "Test"})
	})
	w := acctest.NewWorkspace(t, a.Provider(`plan_checks = "error"`)+`
		resource "matillion_artifact_promotion" "first" {
			source_environment_name = "Staging"
			target_environment_name = "Test"
			version_name            = "1.1.0"
		}
		resource "matillion_artifact_promotion" "test" {
			source_environment_name = matillion_artifact_promotion.first.target_environment_name
			target_environment_name = "Production"
			version_name            = matillion_artifact_promotion.first.version_name
		}`)
	wantErrors(t, w.Apply())
	w.Succeeds("plan", "-detailed-exitcode", "-no-color")
}

func TestPromotionCLI_aRefusedPromotionRunsNothing(t *testing.T) {
	t.Parallel()
	a := serve(t, 0, 0, version("1.2.0", 9))
	w := acctest.NewWorkspace(t, a.Provider()+promotion()+acctest.Execution(runsIt))
	wantErrors(t, w.Apply(), "Newer version is deployed")
	if w.StateOf(address) != nil || w.State() != nil {
		t.Error("there is something in the state")
	}
}

func TestPromotionCLI_anotherVersionIsPromotedAndRun(t *testing.T) {
	t.Parallel()
	a := serve(t, 2, 2, version("1.0.0", 1))
	config := a.Provider(`plan_checks = "error"`) + promotion() + acctest.Execution(runsIt)
	w := acctest.NewWorkspace(t, config)
	wantErrors(t, w.Apply())
	w.Configure(acctest.ReplaceArgument(config, "version_name  ", `version_name            = "1.2.0"`))
	if action, replacedBy, _ := w.PlanOf(address); action != "delete create" || replacedBy != "version_name" {
		t.Errorf("the plan is %q because of %q, want a replacement because of version_name", action, replacedBy)
	}
	wantErrors(t, w.Apply())
	if run := a.Started()[1]; run.VersionName != "1.2.0" {
		t.Errorf("the run is of version %q", run.VersionName)
	}
}

func TestPromotionCLI_aSavedPlanThatIsAppliedLateRollsNothingBack(t *testing.T) {
	t.Parallel()
	a := serve(t, 0, 0, version("1.0.0", 1))
	w := acctest.NewWorkspace(t, a.Provider()+promotion()+acctest.Execution(runsIt))
	w.Succeeds("plan", "-out=plan.bin", "-no-color")
	deploy(a.Server, version("1.2.0", 9))
	wantErrors(t, w.Run("apply", "-json", "-no-color", "plan.bin"), "Newer version is deployed")
}

// The plan has shown that 1.2.0 is replaced, and replaces nothing else.
func TestPromotionCLI_aSavedPlanReplacesOnlyWhatItHasSeen(t *testing.T) {
	t.Parallel()
	a := serve(t, 2, 0, version("1.0.0", 1))
	w := acctest.NewWorkspace(t, a.Provider()+promotion(`on_drift = "promote"`))
	wantErrors(t, w.Apply())
	deploy(a.Server, version("1.2.0", 9))
	w.Succeeds("plan", "-out=plan.bin", "-no-color")
	deploy(a.Server, version("1.3.0", 12))
	wantErrors(t, w.Run("apply", "-json", "-no-color", "plan.bin"), "Target has changed since the plan")
	state := w.StateOf(address)
	if state.Tainted || state.Attributes["deployed_version_name"] != "1.2.0" || latest(a.Server) != "1.3.0" {
		t.Errorf("the target has %s and the state is %v, want both as they were", latest(a.Server), state)
	}
	wantErrors(t, w.Apply())
	if has := latest(a.Server); has != "1.1.0" {
		t.Errorf("another plan leaves the target with %s", has)
	}
}

// The first job has lost its state; or was killed before it had one.
func TestPromotionCLI_aRepeatedJobRollsNothingBack(t *testing.T) {
	t.Parallel()
	a := serve(t, 1, 0, version("1.0.0", 1))
	a.Inject(mockserver.Fault{On: mockserver.OpPromote, Kind: mockserver.FaultDropAfter})
	w := acctest.NewWorkspace(t, a.Provider()+promotion())
	wantErrors(t, w.Apply())
	again := func() {
		if err := os.Remove(filepath.Join(w.Dir, "terraform.tfstate")); err != nil {
			t.Fatal(err)
		}
	}
	again()
	wantErrors(t, w.Apply())
	deploy(a.Server, version("1.2.0", 9))
	again()
	wantErrors(t, w.Apply(), "Newer version is deployed")
}

func TestPromotionCLI_isPromotedAgainInPlace(t *testing.T) {
	t.Parallel()
	a := serve(t, 2, 1, version("1.0.0", 1))
	config := a.Provider() + promotion(`on_drift = "promote"`) + acctest.Execution(runsIt)
	w := acctest.NewWorkspace(t, config)
	wantErrors(t, w.Apply())
	deploy(a.Server, version("1.2.0", 9))
	action, _, result := w.PlanOf(address)
	if action != "update" || !slices.Contains(result.Summaries("warning"), "Another version is deployed") {
		t.Errorf("the plan is %q with the warnings %q, want an update that is warned of", action, result.Summaries("warning"))
	}
	wantErrors(t, w.Apply())
	if deployed := w.StateOf(address).Attributes["deployed_version_name"]; deployed != "1.1.0" {
		t.Errorf("the state says that %v is deployed", deployed)
	}
	w.Succeeds("plan", "-detailed-exitcode", "-no-color")
}

func TestPromotionCLI_readOnlyKeepsWhatWouldBeReplaced(t *testing.T) {
	t.Parallel()
	a := serve(t, 1, 0, version("1.0.0", 1))
	config := promotion()
	w := acctest.NewWorkspace(t, a.Provider()+config)
	wantErrors(t, w.Apply())
	w.Configure(a.Provider(`read_only = true`) +
		acctest.ReplaceArgument(config, "version_name", `version_name            = "1.2.0"`))
	w.Succeeds("plan", "-no-color")
	wantErrors(t, w.Apply(), "Provider is read-only")
	if state := w.StateOf(address); state == nil || state.Attributes["version_name"] != "1.1.0" {
		t.Errorf("the state is %v, want that the promotion is kept", state)
	}
	w.Succeeds("destroy", "-auto-approve", "-no-color")
}

// The request has three seconds after an interrupt, so that what it came to is in the state.
func TestPromotionCLI_isInterruptedWhileItIsSent(t *testing.T) {
	t.Parallel()
	a := serve(t, 1, 0, version("1.0.0", 1))
	a.Inject(mockserver.Fault{On: mockserver.OpPromote, Kind: mockserver.FaultDelayAfter,
		Delay: mockserver.Duration(1500 * time.Millisecond)})
	w := acctest.NewWorkspace(t, a.Provider()+promotion())
	result := w.ApplyInterrupted(func(ctx context.Context) error { return a.WaitForCalls(ctx, mockserver.OpPromote, 1) })
	if state := w.StateOf(address); state == nil || state.Tainted {
		t.Errorf("exit %d, and the state is %v, want the promotion", result.Exit, state)
	}
}

func imported(target string) string {
	return fmt.Sprintf("import {\n  to = %s\n  %s\n}\n", address, target)
}

func TestPromotionCLI_importSendsNothing(t *testing.T) {
	t.Parallel()
	id := acctest.ProjectID + "/" + acctest.EnvironmentName + "/1.1.0"
	identity := fmt.Sprintf("target_environment_name = %q, version_name = %q", acctest.EnvironmentName, "1.1.0")
	for name, test := range map[string]struct {
		target string
		// fault is what the API does about the details of versions.
		fault    *mockserver.Fault
		identity bool
	}{
		"by id":                         {target: fmt.Sprintf("id = %q", id)},
		"by id, without details":        {target: fmt.Sprintf("id = %q", id), fault: &mockserver.Fault{Status: 404}},
		"by id, with details forbidden": {target: fmt.Sprintf("id = %q", id), fault: &mockserver.Fault{Status: 403}},
		"by identity": {target: fmt.Sprintf("identity = { project_id = %q, %s }", acctest.ProjectID, identity),
			identity: true},
		"by identity, in the provider's project": {target: "identity = { " + identity + " }", identity: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorkspace(t, "")
			if test.identity {
				w.Needs(acctest.Identities())
			}
			a := serve(t, 0, 0, version("1.0.0", 1), version("1.1.0", 5))
			if test.fault != nil {
				test.fault.On, test.fault.Kind = mockserver.OpArtifactDetails, mockserver.FaultStatus
				a.Inject(*test.fault)
			}
			w.Configure(imported(test.target) + a.Provider() + promotion())
			if action, _, _ := w.PlanOf(address); action != "update" {
				t.Errorf("the first plan is %q, want an update in place", action)
			}
			wantErrors(t, w.Apply())
			w.Succeeds("plan", "-detailed-exitcode", "-no-color")
			if state := w.StateOf(address); state.Attributes["deployed_version_name"] != "1.1.0" ||
				state.Attributes["source_environment_name"] != "Staging" {
				t.Errorf("the state is %v", state)
			}
		})
	}
}

// What on_drift says holds from the next apply on.
func TestPromotionCLI_importOfWhatHasDriftedSendsNothing(t *testing.T) {
	t.Parallel()
	a := serve(t, 1, 0, version("1.1.0", 5), version("1.2.0", 9))
	id := acctest.ProjectID + "/" + acctest.EnvironmentName + "/1.1.0"
	w := acctest.NewWorkspace(t, imported(fmt.Sprintf("id = %q", id))+a.Provider()+promotion(`on_drift = "promote"`))
	result := w.Apply()
	wantErrors(t, result)
	if state := w.StateOf(address); a.Calls(mockserver.OpPromote) > 0 || state.Attributes["deployed_version_name"] != "1.2.0" {
		t.Errorf("the import sent %d promotions, and the state is %v", a.Calls(mockserver.OpPromote), state)
	}
	wantErrors(t, w.Apply())
	if state := w.StateOf(address); state.Attributes["deployed_version_name"] != "1.1.0" {
		t.Errorf("the state is %v", state)
	}
}

func TestPromotionCLI_importMistakesSendNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ id, more, want string }{
		"not there":         {acctest.ProjectID + "/Production/1.2.0", "", "Promotion not found"},
		"another version":   {acctest.ProjectID + "/Production/1.0.0", "", "Imported promotion does not match"},
		"not a project":     {"warehouse/Production/1.1.0", "", "Invalid import id"},
		"no version":        {acctest.ProjectID + "/Production", "", "Invalid import id"},
		"an empty version":  {acctest.ProjectID + "/Production/", "", "Invalid import id"},
		"a project alone":   {acctest.ProjectID, "", "Invalid import id"},
		"of no environment": {acctest.ProjectID + "//1.1.0", "", "Invalid import id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, 0, 0, version("1.0.0", 1), version("1.1.0", 5))
			w := acctest.NewWorkspace(t, imported(fmt.Sprintf("id = %q", test.id))+a.Provider()+promotion())
			wantErrors(t, w.Apply(), test.want)
		})
	}
}
