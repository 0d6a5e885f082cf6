// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

const (
	executionType  = "matillion_pipeline_execution"
	completionType = "matillion_pipeline_execution_completion"
)

// tenMinutes is a run with two steps.
func tenMinutes() mockserver.Run {
	return mockserver.Run{Duration: mockserver.Duration(10 * time.Minute), Steps: []mockserver.Step{
		{Name: "Extract", Duration: mockserver.Duration(30 * time.Second)},
		{
			Name: "Load", After: mockserver.Duration(30 * time.Second),
			Duration: mockserver.Duration(9*time.Minute + 30*time.Second),
		},
	}}
}

// waits are the ways to wait for a run but the action. Each returns the word that its first line begins with, and all
// that was said.
var waits = map[string]func(context.Context, *testing.T, *mockserver.Server) (string, acctest.Diagnostics){
	"create": func(ctx context.Context, t *testing.T, server *mockserver.Server) (string, acctest.Diagnostics) {
		_, said := newCore(t, server).Apply(ctx, acctest.Instance{}, acctest.AwaitedRequest())
		return "Started", said
	},
	"update": func(ctx context.Context, t *testing.T, server *mockserver.Server) (string, acctest.Diagnostics) {
		left, _ := newCore(t, server).Apply(t.Context(), acctest.Instance{}, acctest.Request())
		_, said := newCore(t, server).Apply(ctx, left, acctest.AwaitedRequest())
		return "Waiting for", said
	},
	"replacement of a tainted one": func(
		ctx context.Context, t *testing.T, server *mockserver.Server,
	) (string, acctest.Diagnostics) {
		config := acctest.AwaitedRequest()
		config["timeouts"] = acctest.Timeouts("10s")
		left, _ := newCore(t, server).Apply(t.Context(), acctest.Instance{}, config)
		_, said := newCore(t, server).Apply(ctx, left, acctest.AwaitedRequest())
		return "Took over", said
	},
	"completion": func(ctx context.Context, t *testing.T, server *mockserver.Server) (string, acctest.Diagnostics) {
		left, _ := newCore(t, server).Apply(t.Context(), acctest.Instance{}, acctest.Request())
		_, said := acctest.NewCore(t, server).Resource(completionType).Apply(ctx, acctest.Instance{},
			map[string]tftypes.Value{"execution_ids": acctest.Strings(left.Attribute("id"))})
		return "Waiting for", said
	},
	"destroy": func(ctx context.Context, t *testing.T, server *mockserver.Server) (string, acctest.Diagnostics) {
		r := acctest.NewCore(t, server).Resource("matillion_pipeline_execution_on_destroy")
		created, _ := r.Apply(t.Context(), acctest.Instance{}, acctest.Request())
		_, said := r.Destroy(ctx, created)
		return "Started", said
	},
	"data source": func(ctx context.Context, t *testing.T, server *mockserver.Server) (string, acctest.Diagnostics) {
		core, config := acctest.NewCore(t, server), acctest.AwaitedRequest()
		config["requested_at"] = acctest.String(time.Now().UTC().Format(time.RFC3339))
		read, err := core.Provider.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{
			TypeName: executionType, Config: core.Encode(core.Object(core.Schemas.DataSourceSchemas[executionType], config)),
		})
		if err != nil {
			t.Fatal(err)
		}
		return "Started", read.Diagnostics
	},
}

// logLine is a line of the provider's log about an execution.
type logLine struct{ text, id string }

func logLines(t *testing.T, log *bytes.Buffer) (lines []logLine) {
	t.Helper()
	entries, err := tflogtest.MultilineJSONDecode(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		id, about := entry["execution_id"].(string)
		if entry["@level"] != "info" || !about {
			continue
		}
		text, _ := entry["@message"].(string)
		lines = append(lines, logLine{text, id})
	}
	return lines
}

// logVariable asks for logs.
const logVariable = "TF_LOG_PROVIDER"

// wantProgress checks the lines of a run of ten minutes.
func wantProgress(t *testing.T, first, id string, lines []logLine) {
	t.Helper()
	var texts []string
	for _, line := range lines {
		texts = append(texts, line.text)
		if line.id != id {
			t.Errorf("the line %q is about %s, want %s", line.text, line.id, id)
		}
	}
	all := strings.Join(texts, "\n")
	if len(lines) < 10 || len(lines) > 14 {
		t.Fatalf("%d lines in ten minutes:\n%s", len(lines), all)
	}
	if want := first + " execution " + id + ": https://"; !strings.HasPrefix(texts[0], want) {
		t.Errorf("the first line is %q, want %q", texts[0], want)
	}
	if last := texts[len(texts)-1]; !strings.HasPrefix(last, "SUCCESS after") {
		t.Errorf("the last line is %q, want the end", last)
	}
	if !strings.Contains(all, `RUNNING, step "Load" after`) {
		t.Errorf("no line names the second step:\n%s", all)
	}
	var before time.Duration
	for _, text := range texts[1:] {
		_, after, _ := strings.Cut(text, " after ")
		at, err := time.ParseDuration(after)
		if err != nil || at-before > 90*time.Second {
			t.Errorf("%s without a line before %q (%v)", at-before, text, err)
		}
		before = at
	}
}

func TestProgress_isLoggedByWhateverWaits(t *testing.T) {
	for name, wait := range waits {
		t.Run(name, func(t *testing.T) {
			t.Setenv(logVariable, "INFO")
			acctest.InBubble(t, 1, acctest.Scenario(tenMinutes()), func(t *testing.T, server *mockserver.Server) {
				var log bytes.Buffer
				first, said := wait(tflogtest.RootLogger(t.Context(), &log), t, server)
				if said.Failed() {
					t.Errorf("diagnostics %s, want no error", said)
				}
				wantProgress(t, first, server.Started()[0].ID, logLines(t, &log))
			})
		})
	}
}

// A run that is not waited for has one line, with its id and address.
func TestProgress_namesWhatIsNotWaitedFor(t *testing.T) {
	t.Setenv(logVariable, "DEBUG")
	acctest.InBubble(t, 1, acctest.Scenario(tenMinutes()), func(t *testing.T, server *mockserver.Server) {
		var log bytes.Buffer
		newCore(t, server).Apply(tflogtest.RootLogger(t.Context(), &log), acctest.Instance{}, acctest.Request())
		lines, id := logLines(t, &log), server.Started()[0].ID
		if len(lines) != 1 || !strings.HasPrefix(lines[0].text, "Started execution "+id+": https://") {
			t.Errorf("lines %v, want one with the id %s", lines, id)
		}
	})
}

// callsOf returns how often each operation is called by a wait.
func callsOf(
	t *testing.T, wait func(context.Context, *testing.T, *mockserver.Server) (string, acctest.Diagnostics),
) (calls map[string]int, lines []logLine) {
	t.Helper()
	calls = map[string]int{}
	acctest.InBubble(t, 1, acctest.Scenario(tenMinutes()), func(t *testing.T, server *mockserver.Server) {
		var log bytes.Buffer
		wait(tflogtest.RootLogger(t.Context(), &log), t, server)
		lines = logLines(t, &log)
		for _, request := range server.Requests() {
			calls[request.Operation]++
		}
	})
	return calls, lines
}

// Nobody pays for lines that are not read.
func TestProgress_costsNothingUnlessItIsRead(t *testing.T) {
	t.Setenv("TF_LOG", "")
	for name, wait := range waits {
		t.Setenv(logVariable, "INFO")
		read, _ := callsOf(t, wait)
		for _, level := range []string{"", "OFF", "warn"} {
			t.Run(name+", "+level, func(t *testing.T) {
				t.Setenv(logVariable, level)
				unread, lines := callsOf(t, wait)
				if len(lines) > 0 || unread[mockserver.OpSteps] > 0 || read[mockserver.OpSteps] == 0 {
					t.Errorf("%d lines, %d calls for steps where nobody reads them, %d where somebody does",
						len(lines), unread[mockserver.OpSteps], read[mockserver.OpSteps])
				}
				// When to look has jitter.
				polls := func(calls map[string]int) int { return calls[mockserver.OpDetails] + calls[mockserver.OpList] }
				if more := polls(unread) - polls(read); more > 10 || more < -10 {
					t.Errorf("%d polls where nobody reads, %d where somebody does", polls(unread), polls(read))
				}
			})
		}
	}
}

// The steps are a courtesy: one slow answer is not the end of them, and three failures are.
func TestProgress_stepsThatCannotBeRead(t *testing.T) {
	for name, test := range map[string]struct {
		fault  mockserver.Fault
		atMost int
		named  bool
	}{
		"once slow":     {mockserver.Fault{Kind: mockserver.FaultDelay, Delay: mockserver.Duration(time.Minute), Times: 1}, 100, true},
		"never allowed": {mockserver.Fault{Kind: mockserver.FaultStatus, Status: 403}, 3, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(logVariable, "TRACE")
			scenario := acctest.Scenario(tenMinutes())
			test.fault.On = mockserver.OpSteps
			scenario.Faults = []mockserver.Fault{test.fault}
			acctest.InBubble(t, 1, scenario, func(t *testing.T, server *mockserver.Server) {
				var log bytes.Buffer
				_, said := waits["create"](tflogtest.RootLogger(t.Context(), &log), t, server)
				named := slices.ContainsFunc(logLines(t, &log), func(line logLine) bool {
					return strings.Contains(line.text, `step "Load"`)
				})
				if calls := server.Calls(mockserver.OpSteps); len(said) > 0 || named != test.named || calls > test.atMost {
					t.Errorf("after %d calls for steps a step is named: %t; diagnostics %s", calls, named, said)
				}
			})
		})
	}
}

// The steps of many executions at once would take the rate limit from the wait.
func TestProgress_namesNoStepsOfMany(t *testing.T) {
	t.Setenv(logVariable, "INFO")
	for n, asks := range map[int]bool{10: true, 11: false} {
		acctest.InBubble(t, 0, acctest.Scenario(tenMinutes()), func(t *testing.T, server *mockserver.Server) {
			var ids []string
			for range n {
				ids = append(ids, server.StartElsewhere(mockserver.Execution{PipelineName: acctest.PipelineName}))
			}
			var log bytes.Buffer
			_, said := acctest.NewCore(t, server).Resource(completionType).Apply(tflogtest.RootLogger(t.Context(), &log),
				acctest.Instance{}, map[string]tftypes.Value{"execution_ids": acctest.Strings(ids...)})
			lines := logLines(t, &log)
			if calls := server.Calls(mockserver.OpSteps); said.Failed() || (calls > 0) != asks || len(lines) < 10*n {
				t.Errorf("%d executions: %d calls for steps, %d lines, diagnostics %s", n, calls, len(lines), said)
			}
		})
	}
}
