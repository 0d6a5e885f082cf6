// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package execution_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// killRow is a row of the guide's table: how an apply is cut off, what is in the state then, what the next plan and the
// next apply say, and how many runs there are in the end.
type killRow struct {
	// event is the row's first cell. More rows than one may be about it.
	event  string
	kills  []string
	inPOST bool
	config func(*acctest.API) string

	// inState is whether the state has the run.
	inState bool
	// next applies again. It gets the warning of the plan before, which names the run.
	next func(w *acctest.Workspace, a *acctest.API, warning string) acctest.CommandResult
	// says is what the next apply says, with the id of the first run, and exit its exit status.
	says string
	exit int
	runs int
}

const (
	cutShort     = "Ctrl-C, or SIGTERM to Terraform alone: `timeout --foreground`"
	jobCancelled = "SIGTERM to the whole process group: a cancelled job, `systemctl stop`"
	killed       = "a kill: `kill -9`, lack of memory, a machine that is switched off, a closed terminal (SIGHUP)"
	killedTwice  = "Ctrl-C or SIGTERM a second time, before Terraform has ended: `timeout` without `--foreground`"

	killedProvider   = "a kill of the provider alone"
	killedInPOST     = "a kill between the request and its answer, in every form"
	killedWithTag    = "a kill, with an `execution_tag`"
	killedWithWait   = "a kill, with an `execution_tag` and `on_conflict = \"wait\"`"
	killedWithAttach = "a kill, with an `execution_tag` and `on_conflict = \"attach\"`"
	killedCompletion = "a kill, waiting in [matillion_pipeline_execution_completion][completion]"
	killedNoWait     = "a kill, after a run that is not waited for"
)

func killRows() []killRow {
	waited := func(more ...string) func(*acctest.API) string {
		return func(*acctest.API) string { return acctest.Execution(append(more, `wait_for_completion = true`)...) }
	}
	completed := func(*acctest.API) string { return completedRun("") }
	tag, byEither := `execution_tag = "seed"`, []string{"SIGKILL to Terraform", "SIGKILL to the provider"}
	return []killRow{
		{event: cutShort, kills: []string{"Ctrl-C", "SIGTERM to Terraform"}, config: waited(),
			inState: true, next: afterItsEnd, runs: 1},
		{event: jobCancelled, kills: []string{"SIGTERM to the group"}, config: waited(),
			inState: true, next: afterItsEnd, runs: 1},
		{event: jobCancelled, kills: []string{"SIGTERM to the group"}, config: completed,
			inState: true, next: afterItsEnd, runs: 1},
		{event: jobCancelled, kills: []string{"SIGTERM to the group"}, config: completed, inPOST: true,
			inState: true, next: afterItsEnd, runs: 1},
		{event: killed, kills: []string{"SIGKILL to Terraform", "SIGHUP to the group"}, config: waited(),
			next: beforeItsEnd, says: isRunning, runs: 2},
		{event: killed, kills: byEither[:1], config: waited(), next: importing, runs: 1},
		{event: killedTwice, kills: []string{"Ctrl-C twice", "SIGTERM twice"}, config: waited(),
			next: beforeItsEnd, says: isRunning, runs: 2},
		{event: killedProvider, kills: byEither[1:], config: waited(), next: beforeItsEnd, says: isRunning, runs: 2},
		{event: killedProvider, kills: byEither[1:], config: waited(), next: importing, runs: 1},
		{event: killedInPOST, kills: byEither[:1], config: waited(), inPOST: true,
			next: beforeItsEnd, says: isRunning, runs: 2},
		{event: killedWithTag, kills: byEither, config: waited(tag),
			next: beforeItsEnd, says: "Execution tag already in use", exit: 1, runs: 1},
		{event: killedWithTag, kills: byEither[:1], config: waited(tag), next: importing, runs: 1},
		{event: killedWithTag, kills: byEither[:1], config: waited(tag), next: afterItsEnd, runs: 2},
		{event: killedWithWait, kills: byEither[:1], config: waited(tag, `on_conflict = "wait"`),
			next: whileItEnds(mockserver.OpExecute, 2), says: "Waited for another pipeline execution", runs: 2},
		{event: killedWithAttach, kills: byEither, config: waited(tag, `on_conflict = "attach"`),
			next: whileItEnds(mockserver.OpDetails, 1), says: "Pipeline execution was taken over", runs: 1},
		{event: killedCompletion, kills: append(byEither, "SIGKILL to the group", "SIGHUP to the group"),
			config: completed, inState: true, next: afterItsEnd, runs: 1},
		{event: killedNoWait, kills: byEither[:1], config: besideAWait, inState: true, next: afterItsEnd, runs: 1},
	}
}

// besideAWait is a run that nothing waits for, in an apply that waits for another one.
func besideAWait(a *acctest.API) string {
	other := a.StartElsewhere(mockserver.Execution{Status: "RUNNING"})
	return strings.Replace(completedRun("depends_on = ["+acctest.Address+"]"), acctest.Address+".id", `"`+other+`"`, 1)
}

// afterItsEnd applies when the run has ended.
func afterItsEnd(w *acctest.Workspace, a *acctest.API, _ string) acctest.CommandResult {
	endAll(a)
	return w.Apply()
}

// beforeItsEnd applies while the run keeps running.
func beforeItsEnd(w *acctest.Workspace, a *acctest.API, _ string) acctest.CommandResult {
	runWell(a)
	return w.Apply()
}

// whileItEnds applies, and ends the run when the apply has made some calls.
func whileItEnds(operation string, calls int) func(*acctest.Workspace, *acctest.API, string) acctest.CommandResult {
	return func(w *acctest.Workspace, a *acctest.API, _ string) acctest.CommandResult {
		calls := a.Calls(operation) + calls
		result, _ := w.ApplyCutOff(
			func(ctx context.Context) error { return a.WaitForCalls(ctx, operation, calls) },
			func(int) error { endAll(a); return nil })
		return result
	}
}

// importing applies with the import block that the plan printed.
func importing(w *acctest.Workspace, a *acctest.API, warning string) acctest.CommandResult {
	block := regexp.MustCompile(`import \{[^}]*\}`).FindString(warning)
	w.Write("import.tf", []byte(strings.Replace(block, "NAME", "test", 1)))
	return afterItsEnd(w, a, warning)
}

// endAll ends all runs, also those that start from now on.
func endAll(a *acctest.API) {
	runWell(a)
	for _, run := range a.Executions() {
		a.Finish(run.ID, "SUCCESS", "")
	}
}

func TestKills(t *testing.T) {
	t.Parallel()
	for _, row := range killRows() {
		for _, how := range row.kills {
			t.Run(fmt.Sprintf("%s/%s, then %d", row.event, how, row.runs), func(t *testing.T) {
				t.Parallel()
				row.test(t, kills()[how])
			})
		}
	}
}

func (row killRow) test(t *testing.T, k kill) {
	a := acctest.Serve(t, row.runs, acctest.Scenario(mockserver.Run{Forever: true}))
	w := acctest.NewWorkspace(t, "")
	w.Configure(a.Provider() + row.config(a))
	if row.inState && k.atOnce && isOpenTofu(w) {
		w.Succeeds("apply", "-auto-approve", "-no-color", "-target="+acctest.Address)
	}
	if row.inPOST {
		delayPOST(2 * time.Second)(a)
		k.cutOff(t, w, a, func(ctx context.Context) error { return a.WaitForCalls(ctx, mockserver.OpExecute, 1) })
	} else {
		k.cutOffInTheWait(t, w, a)
	}
	first := a.Started()[0].ID
	if state := w.State(); (state != nil) != row.inState || (row.inState && state.Attributes["id"] != first) {
		t.Fatalf("the state is %v, want the run: %t", state, row.inState)
	}
	warning := w.Run("plan", "-json", "-no-color").Detail(isRunning)
	if named := strings.Contains(warning, acctest.ProjectID+"/"+first); named == row.inState {
		t.Errorf("the plan warns %q, want it to name the run: %t", warning, !row.inState)
	}
	result := row.next(w, a, warning)
	if result.Exit != row.exit || (row.says != "" && !strings.Contains(result.Detail(row.says), first)) {
		t.Errorf("exit status %d and %q: %q; want %d and the first run",
			result.Exit, row.says, result.Detail(row.says), row.exit)
	}
	if row.exit == 0 {
		w.Succeeds("plan", "-detailed-exitcode", "-no-color")
	}
}

// A tainted instance leaves the state before its replacement waits for the run, which is then in no state. Where a
// state is written later, as OpenTofu does, the instance is still there.
func TestKills_inTheWaitOfAReplacement(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{Forever: true}))
	w := timedOut(t, a)
	w.Configure(a.Provider() + acctest.Execution(`wait_for_completion = true`))
	// The refresh, the removal and the creation look as well.
	looks := a.Calls(mockserver.OpDetails) + 5
	kills()["SIGKILL to Terraform"].cutOff(t, w, a, func(ctx context.Context) error {
		return a.WaitForCalls(ctx, mockserver.OpDetails, looks)
	})
	if state := w.State(); (state != nil) != isOpenTofu(w) {
		t.Errorf("the state is %v", state)
	}
	plan := w.Run("plan", "-json", "-no-color")
	warning := plan.Detail(isRunning) + plan.Detail(willBeKept)
	if !strings.Contains(warning, a.Started()[0].ID) {
		t.Errorf("the plan warns %q, want it to name the run", warning)
	}
	if result := importing(w, a, plan.Detail(isRunning)); result.Exit != 0 {
		t.Errorf("exit status %d, want 0", result.Exit)
	}
}

// The guide has the rows of the test, in its order.
func TestDocumentation_tellsEveryKill(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join(acctest.Repository(), "docs", "guides", "what_happens_when.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, row := range killRows() {
		if len(want) == 0 || want[len(want)-1] != row.event {
			want = append(want, row.event)
		}
	}
	_, section, _ := strings.Cut(string(guide), "\n## Cut off\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, row := range regexp.MustCompile(`(?m)^\| (.*?) \|`).FindAllStringSubmatch(section, -1)[2:] {
		got = append(got, row[1])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-test +guide):\n%s", diff)
	}
}
