// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// runsOf runs commands one after the other, and returns how many runs each has started. None of them may fail.
func runsOf(w *acctest.Workspace, a *acctest.API, commands ...[]string) (runs []int) {
	for _, command := range commands {
		before := len(a.Started())
		w.Succeeds(command...)
		runs = append(runs, len(a.Started())-before)
	}
	return runs
}

// A time among the triggers changes with every plan: it is another run with every apply, and with nothing else.
func TestTriggers_aTimeIsAnotherRunWithEveryApply(t *testing.T) {
	t.Parallel()
	for _, function := range []string{"timestamp()", "plantimestamp()"} {
		t.Run(function, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 3, acctest.Scenario(mockserver.Run{}))
			w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`triggers = { at = `+function+` }`))
			runs := runsOf(w, a, []string{"apply", "-auto-approve", "-no-color"},
				[]string{"plan", "-no-color", "-out=saved.bin"}, []string{"apply", "-no-color", "saved.bin"},
				[]string{"apply", "-auto-approve", "-no-color"}, []string{"plan", "-no-color"},
				[]string{"apply", "-refresh-only", "-auto-approve", "-no-color"})
			if want := []int{1, 0, 1, 1, 0, 0}; !slices.Equal(runs, want) {
				t.Errorf("the commands started %d runs, want %d", runs, want)
			}
		})
	}
}

// The pages warn of plantimestamp(), which is known while planning: the plan itself executes the pipeline.
func TestPipelineExecutionDataSource_plantimestampRunsWhilePlanning(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	w := acctest.NewWorkspace(t, a.Provider()+executed("plantimestamp()"))
	runs := runsOf(w, a, []string{"plan", "-no-color", "-out=saved.bin"}, []string{"apply", "-no-color", "saved.bin"})
	if want := []int{1, 0}; !slices.Equal(runs, want) {
		t.Errorf("the plan and its apply started %d runs, want %d", runs, want)
	}
}

// Jobs that set the variable make plans of every configuration. What a plan or an apply would start is refused before
// any call that writes.
func TestReadOnlyVariable_startsNothingWhateverTheTime(t *testing.T) {
	t.Parallel()
	const refused = "Provider is read-only"
	for name, c := range map[string]struct {
		config  string
		planned int
	}{
		"data source, timestamp":     {executed("timestamp()"), 0},
		"data source, plantimestamp": {executed("plantimestamp()"), 1},
		"triggers, timestamp":        {acctest.Execution(`triggers = { at = timestamp() }`), 0},
		"triggers, plantimestamp":    {acctest.Execution(`triggers = { at = plantimestamp() }`), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
			w := acctest.NewWorkspace(t, a.Provider()+c.config)
			w.Env = append(w.Env, "MATILLION_READ_ONLY=true")
			plan := w.Run("plan", "-json", "-no-color")
			if plan.Exit != c.planned || slices.Contains(plan.Summaries("error"), refused) != (c.planned == 1) {
				t.Errorf("the plan: exit status %d and %q, want %d", plan.Exit, plan.Summaries("error"), c.planned)
			}
			if apply := w.Apply(); apply.Exit != 1 || !slices.Contains(apply.Summaries("error"), refused) {
				t.Errorf("the apply: exit status %d and %q, want 1 and %q", apply.Exit, apply.Summaries("error"), refused)
			}
			for _, request := range a.Requests() {
				if request.Method != http.MethodGet && request.Operation != mockserver.OpToken {
					t.Errorf("%s %s was sent", request.Method, request.Path)
				}
			}
		})
	}
}
