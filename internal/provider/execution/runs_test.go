package execution_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// waitsShortly is a run that is waited for, for two seconds.
var waitsShortly = []string{
	`wait_for_completion = true`, `timeouts = { create = "2s", update = "2s", delete = "30s" }`,
}

// timedOut returns a workspace in which an apply has given up waiting: the instance is tainted, and its run goes on.
func timedOut(t *testing.T, a *acctest.API, more ...string) *acctest.Workspace {
	t.Helper()
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(append(more, waitsShortly...)...))
	if result := w.Apply(); result.Exit != 1 {
		t.Fatalf("the first apply: exit status %d, want 1", result.Exit)
	}
	if state := w.State(); !state.Tainted || state.Attributes["status"] != "RUNNING" {
		t.Fatalf("the state is %v, want a tainted instance of a run that goes on", state)
	}
	return w
}

func finishFirst(a *acctest.API) { a.Finish(a.Started()[0].ID, "SUCCESS", "") }

func TestHandover_savedPlanTakesTheRunOver(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
	w := timedOut(t, a)
	if action, _, _ := w.Plan(); action != actionReplace {
		t.Fatalf("the plan is %q, want a replacement", action)
	}
	finishFirst(a)
	if result := w.Run("apply", "-json", "-no-color", "plan.bin"); result.Exit != 0 {
		t.Errorf("apply of the saved plan: exit status %d, want 0", result.Exit)
	}
	if state := w.State(); state.Tainted || state.Attributes["id"] != a.Started()[0].ID {
		t.Errorf("the state is %v, want the first run, untainted", state)
	}
}

func TestHandover_instancesTakeOverTheirOwnRuns(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 3, acctest.Scenario(mockserver.Run{Forever: true}))
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(append(waitsShortly,
		`count = 3`, `scalar_variables = { n = count.index }`)...))
	w.Apply()
	for _, run := range a.Started() {
		a.Finish(run.ID, "SUCCESS", "")
	}
	if result := w.Apply(); result.Exit != 0 {
		t.Errorf("the second apply: exit status %d, want 0", result.Exit)
	}
}

func TestHandover_isOnlyForTheSameRun(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		config func(*acctest.API) string
		args   []string
	}{
		"changed trigger": {config: func(a *acctest.API) string {
			return a.Provider() + acctest.Execution(append(waitsShortly, `triggers = { again = "yes" }`)...)
		}},
		"changed request": {config: func(a *acctest.API) string {
			return a.Provider() + acctest.Execution(append(waitsShortly, `scalar_variables = { a = "b" }`)...)
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 2, acctest.Scenario(mockserver.Run{Forever: true}))
			w := timedOut(t, a)
			runWell(a)
			w.Configure(c.config(a))
			result := w.Apply(c.args...)
			if result.Exit != 0 {
				t.Errorf("exit status %d, want 0", result.Exit)
			}
			// The first run is not in the state any more, so it must be named.
			if detail := result.Detail("Pipeline execution handed over"); !strings.Contains(detail, a.Started()[0].ID) {
				t.Errorf("no warning names the run that goes on: %q", detail)
			}
		})
	}
}

// An instance that is not tainted is deleted with its private data: its run is not handed over.
func TestHandover_isNotForReplaceOrDestroy(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		runs  int
		after func(*acctest.Workspace, *acctest.API) acctest.CommandResult
	}{
		"-replace": {2, func(w *acctest.Workspace, _ *acctest.API) acctest.CommandResult {
			return w.Apply("-replace=" + acctest.Address)
		}},
		"changed trigger": {2, func(w *acctest.Workspace, a *acctest.API) acctest.CommandResult {
			w.Configure(a.Provider() + acctest.Execution(`triggers = { again = "yes" }`))
			return w.Apply()
		}},
		"destroy": {1, func(w *acctest.Workspace, _ *acctest.API) acctest.CommandResult {
			return w.Run("destroy", "-auto-approve", "-json", "-no-color")
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, c.runs, acctest.Scenario(mockserver.Run{Forever: true}))
			w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution())
			w.Apply()
			first := a.Started()[0].ID
			result := c.after(w, a)
			if detail := result.Detail("Pipeline execution left running"); !strings.Contains(detail, first) {
				t.Errorf("no warning names the run that is left running: %q", detail)
			}
		})
	}
}

func TestHandover_destroyOfATaintedInstanceCancelsItsRun(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
	w := timedOut(t, a, `on_destroy = "cancel"`)
	if result := w.Run("destroy", "-auto-approve", "-json", "-no-color"); result.Exit != 0 {
		t.Errorf("destroy: exit status %d, want 0", result.Exit)
	}
	if status := a.Started()[0].Status; status != "CANCELLED" {
		t.Errorf("the run is %s, want CANCELLED", status)
	}
}

func TestHandover_createBeforeDestroyNamesTheRunItLeaves(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 2, acctest.Scenario(mockserver.Run{Forever: true}))
	w := timedOut(t, a, `lifecycle { create_before_destroy = true }`)
	runWell(a)
	result := w.Apply()
	if detail := result.Detail("Pipeline execution left running"); !strings.Contains(detail, a.Started()[0].ID) {
		t.Errorf("no warning names the run that goes on: %q", detail)
	}
}

func TestInterrupt_duringThePostKeepsTheRun(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	a.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultDelay, Delay: mockserver.Duration(time.Second),
		Times: 1})
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`wait_for_completion = true`))
	result := w.ApplyInterrupted(func(ctx context.Context) error { return a.WaitForCalls(ctx, "execute", 1) })
	if result.Exit != 1 {
		t.Errorf("exit status %d, want 1", result.Exit)
	}
	state := w.State()
	if state == nil || state.Tainted || state.Attributes["id"] != a.Started()[0].ID {
		t.Fatalf("the state is %v, want the run, untainted", state)
	}
	if result := w.Apply(); result.Exit != 0 {
		t.Errorf("the second apply: exit status %d, want 0", result.Exit)
	}
}

func TestInterrupt_beforeThePostStartsNothing(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	a.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "60"})
	w := acctest.NewWorkspace(t, a.Provider(`plan_checks = "off"`)+acctest.Execution())
	result := w.ApplyInterrupted(func(ctx context.Context) error { return a.WaitForCalls(ctx, "execute", 1) })
	if !slices.Contains(result.Summaries("error"), "Pipeline was not started") {
		t.Errorf("errors %q, want that nothing was started", result.Summaries("error"))
	}
	if state := w.State(); state != nil {
		t.Errorf("the state is %v, want none", state)
	}
}

func TestInterrupt_whileTheAnswerIsLostStillFindsTheRun(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	a.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultDropAfter, Times: 1})
	w := acctest.NewWorkspace(t, a.Provider(`plan_checks = "off"`)+acctest.Execution())
	w.ApplyInterrupted(func(ctx context.Context) error { return a.WaitForCalls(ctx, "list", 1) })
	if state := w.State(); state == nil || state.Tainted || state.Attributes["id"] != a.Started()[0].ID {
		t.Errorf("the state is %v, want the run, untainted", state)
	}
}

func TestExecutionTag_instancesOfOneApplyQueue(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 6, acctest.Scenario(mockserver.Run{Duration: mockserver.Duration(1500 * time.Millisecond)}))
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`count = 6`, `execution_tag = "seed"`,
		`on_conflict = "wait"`,
		`wait_for_completion = true`, `scalar_variables = { n = count.index }`))
	if result := w.Apply(); result.Exit != 0 {
		t.Errorf("exit status %d, want 0", result.Exit)
	}
	runs := a.Started()
	for i := 1; i < len(runs); i++ {
		// The server cuts some of its times to whole seconds.
		if runs[i].StartedAt.Before(runs[i-1].FinishedAt.Add(-time.Second)) {
			t.Errorf("run %d started at %s, before run %d ended at %s", i, runs[i].StartedAt, i-1, runs[i-1].FinishedAt)
		}
	}
	if refused := a.Refused("execute", 409); refused > 5*len(runs) {
		t.Errorf("%d requests met a 409, want at most five a run", refused)
	} else {
		t.Logf("%d requests met a 409", refused)
	}
}

func TestExecutionTag_waitsForAnotherHolder(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	holdTag(a)
	a.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultStatus, Status: 409, Times: 2})
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`execution_tag = "seed"`, `on_conflict = "wait"`,
		`timeouts = { create = "4s" }`))
	if result := w.Apply(); !slices.Contains(result.Summaries("error"), "Execution tag already in use") {
		t.Errorf("errors %q, want that the tag is in use after the time is up", result.Summaries("error"))
	}
	a.Finish(a.Executions()[0].ID, "SUCCESS", "")
	if result := w.Apply(); result.Exit != 0 {
		t.Errorf("exit status %d, want 0", result.Exit)
	}
}

// imported returns a configuration with an import block for an execution.
func imported(target string, config string) string {
	return fmt.Sprintf("import {\n  to = %s\n  %s\n}\n", acctest.Address, target) + config
}

func TestImport_neverLeadsToARun(t *testing.T) {
	t.Parallel()
	arguments := []string{
		`wait_for_completion = true`, `execution_tag = "seed"`, `scalar_variables = { a = "b" }`, `triggers = { a = "b" }`,
	}
	cases := map[string]struct {
		status string
		id     string // with %s for the execution's id
	}{
		"by project and id":         {"SUCCESS", acctest.ProjectID + "/%s"},
		"by id":                     {"SUCCESS", "%s"},
		"a failed run":              {"FAILED", "%s"},
		"a cancelled run":           {"CANCELLED", "%s"},
		"a run that has not ended":  {"RUNNING", "%s"},
		"a run by somebody's click": {"SKIPPED", "%s"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
			id := a.StartElsewhere(mockserver.Execution{
				Trigger: "DESIGNER",
				Status:  c.status,
			})
			target := fmt.Sprintf("id = %q", fmt.Sprintf(c.id, id))
			w := acctest.NewWorkspace(t, imported(target, a.Provider()+acctest.Execution(arguments...)))
			if action, _, _ := w.Plan(); action != actionUpdate {
				t.Errorf("the first plan is %q, want an update in place", action)
			}
			if c.status == "RUNNING" {
				a.Finish(id, "SUCCESS", "")
			}
			if result := w.Apply(); result.Exit != 0 {
				t.Errorf("exit status %d, want 0", result.Exit)
			}
			if action, _, _ := w.Plan(); action != actionNone {
				t.Errorf("the second plan is %q, want none", action)
			}
			if state := w.State(); state.Attributes["id"] != id || state.Attributes["execution_tag"] != "seed" {
				t.Errorf("the state is %v, want the imported run with the configuration's values", state)
			}
		})
	}
}

func TestImport_byIdentityNeverLeadsToARun(t *testing.T) {
	t.Parallel()
	targets := map[string]string{
		"project and id": `identity = { project_id = "` + acctest.ProjectID + `", id = "%s" }`,
		"id":             `identity = { id = "%s" }`,
	}
	for name, target := range targets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorkspace(t, "")
			w.Needs(acctest.Identities())
			a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
			id := a.StartElsewhere(mockserver.Execution{
				Trigger: "SCHEDULE",
				Status:  "FAILED",
			})
			w.Configure(imported(fmt.Sprintf(target, id), a.Provider()+acctest.Execution(`wait_for_completion = true`)))
			if result := w.Apply(); result.Exit != 0 {
				t.Errorf("exit status %d, want 0", result.Exit)
			}
			if action, _, _ := w.Plan(); action != actionNone {
				t.Errorf("the second plan is %q, want none", action)
			}
			if state := w.State(); state.Attributes["id"] != id {
				t.Errorf("the state is %v, want the imported run", state)
			}
		})
	}
}

func TestImport_changeAfterwardsIsARun(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	id := a.StartElsewhere(mockserver.Execution{
		Trigger: "API", Status: "FAILED",
	})
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`wait_for_completion = true`))
	if result := w.Run("import", "-no-color", acctest.Address, id); result.Exit != 0 {
		t.Fatalf("import: exit status %d", result.Exit)
	}
	w.Apply()
	w.Configure(a.Provider() + acctest.Execution(`wait_for_completion = true`, `triggers = { again = "yes" }`))
	if action, replacedBy, _ := w.Plan(); action != actionReplace || replacedBy != "triggers" {
		t.Errorf("the plan is %q because of %q, want a replacement because of triggers", action, replacedBy)
	}
	w.Apply()
}

func TestImport_mistakesStartNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ id, arguments, want string }{
		"another pipeline":     {"%s", `pipeline_name = "Other"`, "Imported execution does not match"},
		"another environment":  {"%s", `environment_name = "Development"`, "Imported execution does not match"},
		"no such execution":    {"4f0c5f0e-0000-4000-8000-000000000000", "", "Pipeline execution not found"},
		"not a project":        {"warehouse/%s", "", "Invalid import id"},
		"too many parts":       {acctest.ProjectID + "/%s/x", "", "Invalid import id"},
		"nothing after the id": {acctest.ProjectID + "/", "", "Invalid import id"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
			id := a.StartElsewhere(mockserver.Execution{
				Trigger: "API",
				Status:  "SUCCESS",
			})
			config := acctest.Execution()
			if name, _, set := strings.Cut(c.arguments, " = "); set {
				config = acctest.ReplaceArgument(config, name, c.arguments)
			}
			target := strings.ReplaceAll(c.id, "%s", id)
			w := acctest.NewWorkspace(t, imported(fmt.Sprintf("id = %q", target), a.Provider()+config))
			result := w.Apply()
			if !slices.Contains(result.Summaries("error"), c.want) {
				t.Errorf("errors %q, want %q", result.Summaries("error"), c.want)
			}
		})
	}
}

// What is not known while planning must neither start a run nor end in a plan that the apply cannot keep.
func TestUnknownPolicies_areSettledByTheApply(t *testing.T) {
	t.Parallel()
	for _, wait := range []string{"true", "false"} {
		t.Run("wait_for_completion is "+wait, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
			w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution())
			w.Apply()
			w.Apply("-refresh-only")
			finishFirst(a)
			w.Configure(a.Provider() + acctest.Execution(`wait_for_completion = terraform_data.wait.output == "true"`) +
				`resource "terraform_data" "wait" { input = "` + wait + `" }`)
			if result := w.Apply("-refresh=false"); result.Exit != 0 {
				t.Errorf("exit status %d, want 0", result.Exit)
			}
		})
	}
}

// rememberedSince returns since when the private state of an instance remembers its run, or the zero time.
func rememberedSince(t *testing.T, instance acctest.Instance) time.Time {
	t.Helper()
	var private struct {
		Run []byte `json:"run"`
	}
	var run struct {
		SentAt time.Time `json:"sent_at"`
	}
	if err := json.Unmarshal(instance.Private, &private); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(private.Run, &run); err != nil {
		t.Fatal(err)
	}
	return run.SentAt
}

// A refresh of many runs that nobody waited for costs a few calls of the list, while they go on and when they have
// ended; after that it costs nothing.
func TestRefresh_manyRunsAreAskedForTogether(t *testing.T) {
	t.Parallel()
	const runs, atOnce = 60, 10
	acctest.InBubble(t, runs, mockserver.Scenario{
		Latency:  mockserver.Duration(20 * time.Millisecond),
		Projects: acctest.Scenario(mockserver.Run{Duration: mockserver.Duration(time.Minute)}).Projects,
	}, func(t *testing.T, server *mockserver.Server) {
		instances := make([]acctest.Instance, runs)
		// each refreshes or creates all instances in a process of its own, as Terraform does: ten at a time.
		each := func(do func(*acctest.Resource, acctest.Instance) (acctest.Instance, acctest.Diagnostics)) (calls int) {
			c, before := newCore(t, server), server.Calls("")
			turns := make(chan struct{}, atOnce)
			var all sync.WaitGroup
			for i := range instances {
				all.Go(func() {
					turns <- struct{}{}
					defer func() { <-turns }()
					var said acctest.Diagnostics
					if instances[i], said = do(c, instances[i]); said.Failed() {
						t.Error(said)
					}
				})
			}
			all.Wait()
			return server.Calls("") - before
		}
		refresh := func(c *acctest.Resource, h acctest.Instance) (acctest.Instance, acctest.Diagnostics) {
			return c.Refresh(t.Context(), h)
		}
		each(func(c *acctest.Resource, h acctest.Instance) (acctest.Instance, acctest.Diagnostics) {
			return c.Apply(t.Context(), h, acctest.Request())
		})
		if rememberedSince(t, instances[0]).IsZero() {
			t.Error("it is not noted when a run was asked for that the API has told nothing of yet")
		}
		for _, step := range []struct {
			status string
			most   int // for each ten: one page, and a few that came alone
		}{{"RUNNING", 20}, {"SUCCESS", 10}, {"SUCCESS", 0}} {
			if calls := each(refresh); calls > step.most {
				t.Errorf("refreshing %d runs (%s) took %d calls, want at most %d", runs, step.status, calls, step.most)
			}
			for _, instance := range instances {
				if instance.Attribute("status") != step.status {
					t.Errorf("the status is %s, want %s", instance.Attribute("status"), step.status)
				}
				if since := rememberedSince(t, instance); !since.IsZero() {
					t.Errorf("it is still noted when a run was asked for, although its start is known: %s", since)
				}
			}
			<-time.After(time.Minute)
		}
	})
}
