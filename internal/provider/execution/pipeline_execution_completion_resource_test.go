// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// runFor is how long the executions of these tests run.
const runFor = time.Minute

const (
	otherProjectID = "11111111-2222-4333-8444-555555555555"
	unknownID      = "7d9d1f3c-2b7e-4c7a-9f0d-0a6f4b1c2e35"
)

// completion is a server with executions, and whoever waits for them.
type completion struct {
	*mockserver.Server
	t *testing.T
}

// completes runs a test in virtual time, with a server whose pipelines are named after how their executions end.
// Nothing may be started, and nothing but reads may be sent.
func completes(t *testing.T, test func(*testing.T, completion)) {
	t.Helper()
	scenario := acctest.Scenario(mockserver.Run{})
	scenario.Projects = append(scenario.Projects, mockserver.Project{
		ID: otherProjectID, Name: "Elsewhere", Environments: []mockserver.Environment{{Name: "Production"}},
	})
	pipelines := &scenario.Projects[0].Environments[0].Pipelines
	for _, ends := range []string{"SUCCESS", "FAILED", "CANCELLED", "SKIPPED"} {
		run := mockserver.Run{Duration: mockserver.Duration(runFor), Ends: ends}
		if ends == "FAILED" {
			run.Steps = []mockserver.Step{{Name: "Load orders", Status: "FAILED", Message: "no space left"}}
		}
		*pipelines = append(*pipelines, mockserver.Pipeline{Name: ends, Run: run})
	}
	acctest.InBubble(t, 0, scenario, func(t *testing.T, server *mockserver.Server) {
		test(t, completion{server, t})
		for _, request := range server.Requests() {
			if request.Method != http.MethodGet && request.Operation != mockserver.OpToken {
				t.Errorf("%s %s was sent", request.Method, request.Path)
			}
		}
	})
}

// running starts executions elsewhere that end as said.
func (c completion) running(ends ...string) (ids []string) {
	for _, end := range ends {
		ids = append(ids, c.StartElsewhere(mockserver.Execution{PipelineName: end}))
	}
	return ids
}

// process starts a process of the provider.
func (c completion) process() *acctest.Resource {
	return acctest.NewCore(c.t, c.Server).Resource("matillion_pipeline_execution_completion")
}

// apply applies a configuration in a process of its own.
func (c completion) apply(
	prior acctest.Instance, config map[string]tftypes.Value,
) (acctest.Instance, acctest.Diagnostics) {
	return c.process().Apply(c.t.Context(), prior, config)
}

// waitFor is the least configuration.
func waitFor(ids []string) map[string]tftypes.Value {
	return map[string]tftypes.Value{"execution_ids": acctest.Strings(ids...)}
}

// limited is a configuration that waits no longer than ten seconds.
func limited(ids []string) map[string]tftypes.Value {
	const timeout = "10s"
	config := waitFor(ids)
	config["timeouts"] = tftypes.NewValue(tftypes.Object{AttributeTypes: map[string]tftypes.Type{
		"create": tftypes.String, "update": tftypes.String,
	}}, map[string]tftypes.Value{"create": acctest.String(timeout), "update": acctest.String(timeout)})
	return config
}

// ends returns the executions of an instance as "id STATUS".
func ends(t *testing.T, instance acctest.Instance) (found []string) {
	t.Helper()
	for _, execution := range executionsOf(t, instance) {
		found = append(found, execution.Attribute("id")+" "+execution.Attribute("status"))
	}
	return found
}

func executionsOf(t *testing.T, instance acctest.Instance) (found []acctest.Instance) {
	t.Helper()
	var executions []tftypes.Value
	if err := instance.Attributes()["executions"].As(&executions); err != nil {
		t.Fatal(err)
	}
	for _, execution := range executions {
		found = append(found, acctest.Instance{Value: execution})
	}
	return found
}

func wantEnds(t *testing.T, instance acctest.Instance, ids []string, statuses ...string) {
	t.Helper()
	var want []string
	for i, id := range ids {
		want = append(want, id+" "+statuses[min(i, len(statuses)-1)])
	}
	if diff := cmp.Diff(want, ends(t, instance)); diff != "" {
		t.Errorf("executions (-want +got):\n%s", diff)
	}
}

// wantError checks that there is one error with all of the texts, and no warning.
func wantError(t *testing.T, said acctest.Diagnostics, texts ...string) {
	t.Helper()
	wantSaid(t, said, tfprotov6.DiagnosticSeverityError, texts...)
}

func wantSaid(t *testing.T, said acctest.Diagnostics, severity tfprotov6.DiagnosticSeverity, texts ...string) {
	t.Helper()
	if len(said) != 1 || said[0].Severity != severity {
		t.Fatalf("%d diagnostics, want one %s:\n%s", len(said), severity, said)
	}
	for _, text := range texts {
		if !strings.Contains(said.String(), text) {
			t.Errorf("it does not say %q:\n%s", text, said)
		}
	}
}

// wantNoCalls checks that planning an instance again, in a process of its own, changes nothing and asks nothing.
func (c completion) wantNoCalls(instance acctest.Instance, config map[string]tftypes.Value) {
	c.t.Helper()
	before := len(c.Requests())
	again, said := c.apply(instance, config)
	if len(said) > 0 || !again.Value.Equal(instance.Value) || again.Tainted {
		c.t.Errorf("the next apply comes to %v and says %s, want no changes", again.Value, said)
	}
	if calls := len(c.Requests()) - before; calls != 0 {
		c.t.Errorf("the next apply costs %d calls, want none", calls)
	}
}

func TestCompletion_waitsForAll(t *testing.T) {
	t.Parallel()
	// There are some forty looks in a minute. A look is one call for each of a few, and two pages of the list for 120.
	for n, atMost := range map[int]int{1: 45, 3: 135, 120: 95} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			completes(t, func(t *testing.T, c completion) {
				began := time.Now()
				ids := c.running(slices.Repeat([]string{"SUCCESS"}, n)...)
				slices.Reverse(ids)
				instance, said := c.apply(acctest.Instance{}, waitFor(ids))
				if took := time.Since(began); len(said) > 0 || took < runFor || took > runFor+10*time.Second {
					t.Errorf("after %s: %s", took, said)
				}
				wantEnds(t, instance, ids, "SUCCESS")
				t.Logf("%d lists, %d details", c.Calls(mockserver.OpList), c.Calls(mockserver.OpDetails))
				if calls := c.Calls(""); calls > atMost {
					t.Errorf("%d calls, want at most %d", calls, atMost)
				}
				c.wantNoCalls(instance, waitFor(ids))
			})
		})
	}
}

func TestCompletion_hasAllThatIsKnownOfAnExecution(t *testing.T) {
	t.Parallel()
	completes(t, func(t *testing.T, c completion) {
		ids := c.running("FAILED")
		instance, _ := c.apply(acctest.Instance{}, waitFor(ids))
		got := executionsOf(t, instance)[0]
		for name, want := range map[string]string{
			"id": ids[0], "status": "FAILED", "started_at": c.Executions()[0].StartedAt.UTC().Format(time.RFC3339Nano),
			"finished_at": c.Executions()[0].StartedAt.Add(runFor).UTC().Format(time.RFC3339Nano),
			"url":         "https://app.matillion.com/observability-dashboard/pipeline/" + ids[0],
		} {
			if got.Attribute(name) != want {
				t.Errorf("%s is %q, want %q", name, got.Attribute(name), want)
			}
		}
		step := acctest.Instance{Value: got.Attributes()["failed_step"]}
		if step.Attribute("name") != "Load orders" || step.Attribute("message") != "no space left" {
			t.Errorf("the failed step is %s", step.Value)
		}
	})
}

func TestCompletion_badEndsAreOneError(t *testing.T) {
	t.Parallel()
	const replace = "terraform apply -replace=matillion_pipeline_execution.NAME"
	for name, c := range map[string]struct {
		ends []string
		says []string
	}{
		"one": {[]string{"FAILED"}, []string{"Pipeline execution failed", "The pipeline execution ended without success",
			"fails in the same way", replace, `"Load orders": no space left`, "/observability-dashboard/"}},
		"one of three": {[]string{"SUCCESS", "FAILED", "SUCCESS"}, []string{"Pipeline execution failed", "1 of the 3"}},
		"cancelled":    {[]string{"SUCCESS", "CANCELLED"}, []string{"Pipeline execution cancelled", "1 of the 2"}},
		"skipped":      {[]string{"SKIPPED", "SKIPPED"}, []string{"Pipeline execution skipped", "All 2"}},
		"different": {[]string{"CANCELLED", "SKIPPED"}, []string{
			"Pipeline execution failed", "CANCELLED", "SKIPPED",
		}},
		"a hundred and twenty": {slices.Repeat([]string{"FAILED"}, 120), []string{"All 120", "And 110 more: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			completes(t, func(t *testing.T, s completion) {
				ids := s.running(c.ends...)
				instance, said := s.apply(acctest.Instance{}, waitFor(ids))
				wantError(t, said, c.says...)
				wantEnds(t, instance, ids, c.ends...)
				for i, id := range ids {
					if named := strings.Contains(said.String(), id); named != (c.ends[i] != "SUCCESS") {
						t.Errorf("%s, which ended in %s, is named: %t", id, c.ends[i], named)
					}
				}
				if described := strings.Count(said.String(), "Execution: "); described > 10 || !instance.Tainted {
					t.Errorf("tainted: %t; %d executions are described, want 10 at most", instance.Tainted, described)
				}
				_, again := s.apply(instance, waitFor(ids))
				wantError(t, again, c.says...)
			})
		})
	}
}

func TestCompletion_onFailureWarns(t *testing.T) {
	t.Parallel()
	completes(t, func(t *testing.T, c completion) {
		ids := c.running("SUCCESS", "FAILED")
		config := waitFor(ids)
		config["on_failure"] = acctest.String("warn")
		instance, said := c.apply(acctest.Instance{}, config)
		wantSaid(t, said, tfprotov6.DiagnosticSeverityWarning, "Pipeline execution failed", ids[1])
		wantEnds(t, instance, ids, "SUCCESS", "FAILED")
		c.wantNoCalls(instance, config)
		// What has been accepted stays so, as in the resource that starts executions.
		instance, said = c.apply(instance, waitFor(ids))
		if len(said) > 0 {
			t.Errorf("going back to \"error\" says %s", said)
		}
		c.wantNoCalls(instance, waitFor(ids))
	})
}

// What is not found is an error when all others have ended.
func TestCompletion_notFoundIsAnError(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(completion, []string){
		"vanished": func(c completion, ids []string) {
			time.AfterFunc(40*time.Second, func() { c.Forget(ids[1]) })
		},
		"unknown": func(_ completion, ids []string) { ids[1] = unknownID },
		"of another project": func(c completion, ids []string) {
			ids[1] = c.StartElsewhere(mockserver.Execution{ProjectID: otherProjectID, PipelineName: "p", Status: "SUCCESS"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			completes(t, func(t *testing.T, c completion) {
				ids := c.running("SUCCESS", "SUCCESS", "FAILED")
				lose(c, ids)
				began := time.Now()
				instance, said := c.apply(acctest.Instance{}, waitFor(ids))
				if len(said) != 2 || said[1].Summary != "Pipeline execution not found" {
					t.Fatalf("it says %s, want two errors", said)
				}
				detail := said[1].Detail
				if !strings.Contains(detail, ids[1]) || strings.Contains(detail, ids[0]) || !instance.Tainted {
					t.Errorf("tainted: %t; it says %s", instance.Tainted, detail)
				}
				if took := time.Since(began); took < runFor {
					t.Errorf("it took %s, want that the others are waited for", took)
				}
				if got := ends(t, instance); got[0] != ids[0]+" SUCCESS" || got[2] != ids[2]+" FAILED" {
					t.Errorf("the state has %q", got)
				}
			})
		})
	}
}

// An execution may be out of sight for a while when it has just been started.
func TestCompletion_aNewExecutionMayBeOutOfSight(t *testing.T) {
	t.Parallel()
	completes(t, func(t *testing.T, c completion) {
		c.Update(func(s *mockserver.Scenario) { s.VisibleAfter = mockserver.Duration(20 * time.Second) })
		ids := c.running("SUCCESS", "SUCCESS")
		instance, said := c.apply(acctest.Instance{}, waitFor(ids))
		if len(said) > 0 {
			t.Error(said)
		}
		wantEnds(t, instance, ids, "SUCCESS")
	})
}

func TestCompletion_aWaitThatIsCutShortIsMadeAgain(t *testing.T) {
	t.Parallel()
	for name, summary := range map[string]string{
		"timeout": "Pipeline execution did not finish in time", "Ctrl-C": "Pipeline execution left running",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			completes(t, func(t *testing.T, c completion) {
				ids := c.running("SUCCESS", "SUCCESS", "SUCCESS")
				c.Finish(ids[0], "SUCCESS", "")
				config, ctx := waitFor(ids), t.Context()
				if name == "timeout" {
					config = limited(ids)
				} else {
					var cancel context.CancelFunc
					ctx, cancel = context.WithCancel(ctx)
					time.AfterFunc(10*time.Second, cancel)
				}
				instance, said := c.process().Apply(ctx, acctest.Instance{}, config)
				wantError(t, said, summary, "2 of the 3", "10s", "The next apply waits", ids[1], ids[2])
				wantEnds(t, instance, ids, "SUCCESS", "RUNNING")
				if !instance.Tainted {
					t.Error("it is not tainted")
				}
				if name == "timeout" {
					instance, said = c.apply(instance, config)
					wantError(t, said, summary)
				}
				instance, said = c.apply(instance, waitFor(ids))
				if len(said) > 0 || instance.Tainted {
					t.Errorf("the next apply says %s", said)
				}
				wantEnds(t, instance, ids, "SUCCESS")
				c.wantNoCalls(instance, waitFor(ids))
			})
		})
	}
}
