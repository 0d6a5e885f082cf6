// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

const onDestroyType = "matillion_pipeline_execution_on_destroy"

// onDestroyCore starts a process of the provider.
func onDestroyCore(t testing.TB, server *mockserver.Server, more ...map[string]tftypes.Value) *acctest.Resource {
	t.Helper()
	return acctest.NewCore(t, server, more...).Resource(onDestroyType)
}

// deleteTimeout is a value for the timeouts of the resource.
func deleteTimeout(timeout string) tftypes.Value {
	return tftypes.NewValue(
		tftypes.Object{AttributeTypes: map[string]tftypes.Type{"delete": tftypes.String}},
		map[string]tftypes.Value{"delete": acctest.String(timeout)})
}

// onDestroy is the least configuration of the resource, with more arguments.
func onDestroy(more map[string]tftypes.Value) map[string]tftypes.Value {
	config := acctest.Request()
	maps.Copy(config, more)
	return config
}

// forOnDestroy runs a test in virtual time with an instance that has been created.
func forOnDestroy(
	t *testing.T, runs int, run mockserver.Run, more map[string]tftypes.Value,
	test func(*testing.T, *mockserver.Server, acctest.Instance),
) {
	t.Helper()
	acctest.InBubble(t, runs, acctest.Scenario(run), func(t *testing.T, server *mockserver.Server) {
		c := onDestroyCore(t, server)
		created, said := c.Apply(t.Context(), acctest.Instance{}, onDestroy(more))
		if len(said) > 0 || server.Calls("") > 0 {
			t.Fatalf("creating it said %s, and made %d calls", said, server.Calls(""))
		}
		test(t, server, created)
	})
}

// destroyed destroys an instance in a process of its own, and demands that this succeeds or fails, and what it says.
func destroyed(
	t *testing.T, server *mockserver.Server, prior acctest.Instance, fails bool, says ...string,
) acctest.Instance {
	t.Helper()
	return destroyedIn(t.Context(), t, server, prior, fails, says...)
}

func destroyedIn(
	ctx context.Context, t *testing.T, server *mockserver.Server, prior acctest.Instance, fails bool, says ...string,
) acctest.Instance {
	t.Helper()
	//nolint:contextcheck // The provider is configured before the context of the destroy may end.
	left, said := onDestroyCore(t, server).Destroy(ctx, prior)
	if said.Failed() != fails || left.Exists() != fails {
		t.Fatalf("the destroy failed: %t, want %t; the instance exists: %t\n%s", said.Failed(), fails, left.Exists(), said)
	}
	for _, text := range says {
		if !strings.Contains(said.String(), text) {
			t.Errorf("the destroy does not say %q:\n%s", text, said)
		}
	}
	if strings.Contains(string(left.Private), "plan") {
		t.Errorf("the mark of the plan is kept: %s", left.Private)
	}
	return left
}

// endsWell makes the runs that start from now on succeed.
func endsWell(server *mockserver.Server) {
	server.Update(func(s *mockserver.Scenario) { s.Projects[0].Environments[0].Pipelines[0].Run = mockserver.Run{} })
}

// unfinished returns an attribute of what a destroy has left; "" for null.
func unfinished(i acctest.Instance, name string) string {
	var left map[string]tftypes.Value
	var text *string
	if i.Attributes()["unfinished_run"].As(&left) != nil || left[name].Type() == nil ||
		left[name].As(&text) != nil || text == nil {
		return ""
	}
	return *text
}

func TestOnDestroy_runsOnceAndWaits(t *testing.T) {
	t.Parallel()
	more := map[string]tftypes.Value{
		"scalar_variables": acctest.StringMap("reason", "teardown"), "execution_tag": acctest.String("archive"),
	}
	forOnDestroy(t, 1, mockserver.Run{Duration: mockserver.Duration(time.Minute)}, more,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			began := time.Now()
			destroyed(t, server, created, false)
			if waited := time.Since(began); waited < time.Minute || waited > 80*time.Second {
				t.Errorf("the destroy took %s, want about a minute", waited)
			}
			run := server.Started()[0]
			if run.ExecutionTag != "archive" {
				t.Errorf("the run is %+v, want the tag", run)
			}
			if diff := cmp.Diff(map[string]any{"reason": "teardown"}, run.ScalarVariables); diff != "" {
				t.Errorf("the variables differ (-want +got):\n%s", diff)
			}
		})
}

func TestOnDestroy_anErrorKeepsTheInstanceAndTheNextDestroyRunsAgain(t *testing.T) {
	t.Parallel()
	refuse := func(status int) func(*mockserver.Server) {
		return func(s *mockserver.Server) {
			s.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultStatus, Status: status, Times: 1})
		}
	}
	for name, c := range map[string]struct {
		ends   string
		before func(*mockserver.Server)
		says   string
		runs   int // before the second destroy
		more   map[string]tftypes.Value
	}{
		"failed":    {ends: "FAILED", says: "Pipeline execution failed", runs: 1},
		"cancelled": {ends: "CANCELLED", says: "Pipeline execution cancelled", runs: 1},
		"skipped":   {ends: "SKIPPED", says: "Pipeline execution skipped", runs: 1},
		"denied":    {before: refuse(403), says: "Matillion denied access"},
		"disabled":  {before: refuse(410), says: "Pipeline is disabled"},
		"not found": {before: refuse(404), says: "Pipeline, environment or version not found"},
		"conflict":  {before: refuse(409), says: "Matillion refused the request"},
		"tag": {
			before: refuse(409), says: "Execution tag already in use",
			more: map[string]tftypes.Value{"execution_tag": acctest.String("archive")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forOnDestroy(t, c.runs+1, mockserver.Run{Ends: c.ends}, c.more,
				func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
					if c.before != nil {
						c.before(server)
					}
					left := destroyed(t, server, created, true, c.says)
					if !left.Attributes()["unfinished_run"].IsNull() {
						t.Errorf("a run that has ended or was not started is kept: %s", left.Value)
					}
					endsWell(server)
					destroyed(t, server, left, false)
				})
		})
	}
}

func TestOnDestroy_warnDestroysAfterABadEnd(t *testing.T) {
	t.Parallel()
	more := map[string]tftypes.Value{"on_failure": acctest.String("warn")}
	forOnDestroy(t, 1, mockserver.Run{Ends: "FAILED"}, more,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			destroyed(t, server, created, false, "Pipeline execution failed", "destroyed anyway")
		})
}

// Neither a timeout nor an interrupt lets go of the instance, and the next destroy waits for the same run.
func TestOnDestroy_waitsForTheSameRunAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		interrupted bool
		onFailure   string
		ends        string
		fails       bool
		says        string
		again       int // runs after that
	}{
		"timeout":               {ends: "SUCCESS", says: "Pipeline execution did not finish in time"},
		"timeout, warn":         {onFailure: "warn", ends: "SUCCESS", says: "Pipeline execution did not finish in time"},
		"timeout, then failure": {ends: "FAILED", fails: true, says: "Pipeline execution did not finish in time", again: 1},
		"Ctrl-C":                {interrupted: true, ends: "SUCCESS", says: "Pipeline execution left running"},
		"Ctrl-C, warn": {interrupted: true, onFailure: "warn", ends: "SUCCESS",
			says: "Pipeline execution left running"},
		"Ctrl-C, then failure": {interrupted: true, ends: "FAILED", fails: true, again: 1,
			says: "Pipeline execution left running"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			more := map[string]tftypes.Value{"timeouts": deleteTimeout("10m")}
			if c.onFailure != "" {
				more["on_failure"] = acctest.String(c.onFailure)
			}
			forOnDestroy(t, 1+c.again, mockserver.Run{Forever: true}, more,
				func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
					left := created
					for range 2 { // The second one ends like the first.
						ctx, cancel := t.Context(), context.CancelFunc(func() {})
						if c.interrupted {
							ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
							ctx = cancelledBy(ctx)
						}
						left = destroyedIn(ctx, t, server, left, true, c.says, "The next destroy waits for this execution")
						cancel()
						if id := unfinished(left, "execution_id"); id != server.Started()[0].ID {
							t.Errorf("the run that is kept is %q, want %s", id, server.Started()[0].ID)
						}
					}
					server.Finish(server.Started()[0].ID, c.ends, "")
					left = destroyed(t, server, left, c.fails)
					if c.fails { // What ended badly is run again, as a run of its own.
						endsWell(server)
						destroyed(t, server, left, false)
					}
				})
		})
	}
}

// cancelledBy returns a context that is cancelled when another one ends, as Ctrl-C does.
func cancelledBy(ended context.Context) context.Context {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ended))
	context.AfterFunc(ended, cancel)
	return ctx
}

func TestOnDestroy_interruptMayCancelTheRun(t *testing.T) {
	t.Parallel()
	more := map[string]tftypes.Value{"on_interrupt": acctest.String("cancel"), "on_failure": acctest.String("warn")}
	forOnDestroy(t, 2, mockserver.Run{Forever: true}, more,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			left := destroyedIn(cancelledBy(ctx), t, server, created, true, "Pipeline execution cancelled")
			if status := server.Started()[0].Status; status != "CANCELLED" || unfinished(left, "execution_id") != "" {
				t.Errorf("the run is %s and the instance %s, want a cancelled run, of which nothing is kept", status, left.Value)
			}
			endsWell(server)
			destroyed(t, server, left, false)
		})
}

func TestOnDestroy_cancelThatFailsKeepsTheRun(t *testing.T) {
	t.Parallel()
	more := map[string]tftypes.Value{"on_interrupt": acctest.String("cancel")}
	forOnDestroy(t, 1, mockserver.Run{Forever: true}, more,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			server.Inject(mockserver.Fault{On: "cancel", Kind: mockserver.FaultStatus, Status: 403})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			left := destroyedIn(cancelledBy(ctx), t, server, created, true, "it has not ended")
			server.Finish(server.Started()[0].ID, "SUCCESS", "")
			destroyed(t, server, left, false)
		})
}

func TestOnDestroy_interruptBeforeTheRequestStartsNothing(t *testing.T) {
	t.Parallel()
	forOnDestroy(t, 0, mockserver.Run{}, nil,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			server.Inject(mockserver.Fault{On: "execute", Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "60"})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			left := destroyedIn(cancelledBy(ctx), t, server, created, true, "Pipeline was not started")
			if !left.Attributes()["unfinished_run"].IsNull() {
				t.Errorf("something is kept of a run that was not started: %s", left.Value)
			}
		})
}

func TestOnDestroy_lostSightKeepsTheRun(t *testing.T) {
	t.Parallel()
	forOnDestroy(t, 1, mockserver.Run{Duration: mockserver.Duration(time.Minute)}, nil,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			server.Inject(mockserver.Fault{On: "details", Kind: mockserver.FaultStatus, Status: 403})
			left := destroyed(t, server, created, true, "Matillion denied access", "waits for this execution")
			server.ClearFaults()
			destroyed(t, server, left, false)
		})
}

func TestOnDestroy_runThatIsGoneNamesTheWaysOut(t *testing.T) {
	t.Parallel()
	more := map[string]tftypes.Value{"timeouts": deleteTimeout("10m")}
	forOnDestroy(t, 2, mockserver.Run{Forever: true}, more,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			left := destroyed(t, server, created, true)
			server.Forget(server.Started()[0].ID)
			left = destroyed(t, server, left, true, "Pipeline execution not found", "terraform state rm", "-target=")
			left, said := onDestroyCore(t, server).Apply(t.Context(), left, onDestroy(more))
			if said.Failed() || unfinished(left, "execution_id") != "" {
				t.Errorf("the apply kept %s and said %s, want that the run is forgotten", left.Value, said)
			}
			endsWell(server)
			destroyed(t, server, left, false)
		})
}

func TestOnDestroy_readOnlyStartsNothingAndStillWaits(t *testing.T) {
	t.Parallel()
	readOnly := map[string]tftypes.Value{"read_only": acctest.True()}
	more := map[string]tftypes.Value{"timeouts": deleteTimeout("10m")}
	forOnDestroy(t, 1, mockserver.Run{Forever: true}, more,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			kept, said := onDestroyCore(t, server, readOnly).Destroy(t.Context(), created)
			if !strings.Contains(said.String(), "Provider is read-only") || unfinished(kept, "started_after") != "" {
				t.Errorf("the destroy left %s and said %s, want that it is refused", kept.Value, said)
			}
			left := destroyed(t, server, kept, true)
			server.Finish(server.Started()[0].ID, "SUCCESS", "")
			if gone, said := onDestroyCore(t, server, readOnly).Destroy(t.Context(), left); said.Failed() || gone.Exists() {
				t.Errorf("the destroy said %s, want that it waits for the run", said)
			}
		})
}

// Only a run that is there is waited for, and on_interrupt = "cancel" leaves it running.
func TestOnDestroy_readOnlyCancelsNothing(t *testing.T) {
	t.Parallel()
	more := map[string]tftypes.Value{
		"on_interrupt": acctest.String("cancel"), "timeouts": deleteTimeout("10m"),
	}
	forOnDestroy(t, 1, mockserver.Run{Forever: true}, more,
		func(t *testing.T, server *mockserver.Server, created acctest.Instance) {
			left := destroyed(t, server, created, true)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			frozen := onDestroyCore(t, server, map[string]tftypes.Value{"read_only": acctest.True()})
			left, said := frozen.Destroy(cancelledBy(ctx), left)
			if unfinished(left, "execution_id") != server.Started()[0].ID || server.Calls("cancel") > 0 ||
				!strings.Contains(said.String(), "The next destroy waits for this execution") {
				t.Errorf("the destroy left %s after %d calls to cancel, and said %s", left.Value, server.Calls("cancel"), said)
			}
		})
}
