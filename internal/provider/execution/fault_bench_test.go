// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

const (
	benchRuns        = 300
	benchParallelism = 10 // Terraform's own
	// benchSeeds are how often a bench is run. Under the race detector, where a seed takes four times as long, and with
	// -short, it is run once; "make test" also runs all of them without the race detector.
	benchSeeds = 10
)

// bench is 300 instances that are applied against a server which fails in every way that it knows, a few per cent of
// the time each, until all is green.
type bench struct {
	t      *testing.T
	server *mockserver.Server
	held   [benchRuns]acctest.Instance
	said   [benchRuns]acctest.Diagnostics
	names  [benchRuns]string

	impatient bool
}

// everyFault returns each fault that an operation can have, at the given per cent.
func everyFault(percent float64, operations ...string) []mockserver.Fault {
	kinds := []mockserver.Fault{
		{Kind: mockserver.FaultStatus, Status: 500}, {Kind: mockserver.FaultStatus, Status: 503, RetryAfter: "1"},
		{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "2"},
		{Kind: mockserver.FaultStatus, Status: 429, RetryAfter: "date:3"},
		{Kind: mockserver.FaultStatus, Status: 502, Body: "<html>Bad gateway</html>", ContentType: "text/html"},
		{Kind: mockserver.FaultStatusAfter, Status: 504}, {Kind: mockserver.FaultDrop}, {Kind: mockserver.FaultDropAfter},
		{Kind: mockserver.FaultTruncate}, {Kind: mockserver.FaultDial}, {Kind: mockserver.FaultHang},
		{Kind: mockserver.FaultDelay, Delay: mockserver.Duration(3 * time.Second)},
		{Kind: mockserver.FaultBody, Body: "<html>Sign in</html>"}, {Kind: mockserver.FaultForgetToken},
	}
	var faults []mockserver.Fault
	for _, operation := range operations {
		for _, fault := range kinds {
			fault.On, fault.Percent = operation, percent
			faults = append(faults, fault)
		}
	}
	return faults
}

func newBench(t *testing.T, seed uint64, pipelines int, faults []mockserver.Fault) *bench {
	s := acctest.Scenario(mockserver.Run{Duration: mockserver.Duration(90 * time.Second)})
	s.Seed, s.Faults = seed, faults
	s.VisibleAfter, s.TokenLifetime = mockserver.Duration(2*time.Second), mockserver.Duration(time.Minute)
	s.Latency, s.ClockSkew = mockserver.Duration(20*time.Millisecond), mockserver.Duration(-time.Hour)
	b := &bench{t: t}
	environment := &s.Projects[0].Environments[0]
	run := environment.Pipelines[0].Run
	// A run of one second has ended before anybody can look for it.
	short := mockserver.Run{Duration: mockserver.Duration(time.Second)}
	environment.Pipelines = nil
	for i := range pipelines {
		pipeline := mockserver.Pipeline{Name: fmt.Sprintf("pipeline-%03d", i), Run: run}
		if i%5 == 1 || i%5 == 2 {
			pipeline.Run = short
		}
		environment.Pipelines = append(environment.Pipelines, pipeline)
	}
	for i := range b.names {
		b.names[i] = environment.Pipelines[i%pipelines].Name
	}
	b.server = mockserver.New(s)
	return b
}

// config is the configuration of an instance. In the bench of every fault, one in five is not waited for long enough.
func (b *bench) config(i int) map[string]tftypes.Value {
	config := map[string]tftypes.Value{
		"environment_name": acctest.String(acctest.EnvironmentName), "pipeline_name": acctest.String(b.names[i]),
		"wait_for_completion": acctest.True(),
		"scalar_variables": tftypes.NewValue(tftypes.Map{ElementType: tftypes.String},
			map[string]tftypes.Value{"n": acctest.String(fmt.Sprint(i))}),
	}
	if b.impatient && i%5 == 0 {
		config["timeouts"] = tftypes.NewValue(
			tftypes.Object{AttributeTypes: map[string]tftypes.Type{
				"create": tftypes.String, "update": tftypes.String, "delete": tftypes.String,
			}},
			map[string]tftypes.Value{
				"create": acctest.String("75s"), "update": tftypes.NewValue(tftypes.String, nil),
				"delete": tftypes.NewValue(tftypes.String, nil),
			})
	}
	return config
}

// apply applies the chosen instances in a new process of the provider.
func (b *bench) apply(chosen func(int) bool) {
	c := newCore(b.t, b.server)
	slots := make(chan struct{}, benchParallelism)
	var wg sync.WaitGroup
	for i := range benchRuns {
		if !chosen(i) {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			b.held[i], b.said[i] = c.Apply(b.t.Context(), b.held[i], b.config(i))
		})
	}
	wg.Wait()
}

// startedFor counts the runs that an instance has started, which it tells by its variable.
func (b *bench) startedFor() (runs [benchRuns][]string) {
	for _, run := range b.server.Started() {
		var i int
		if _, err := fmt.Sscan(fmt.Sprint(run.ScalarVariables["n"]), &i); err != nil {
			b.t.Fatal(err)
		}
		runs[i] = append(runs[i], run.ID)
	}
	return runs
}

// check holds the invariants: no run was started twice, and every run that was started is in the state, or a diagnostic
// tells of it.
func (b *bench) check() (green int) {
	b.t.Helper()
	for i, runs := range b.startedFor() {
		if len(runs) > 1 {
			b.t.Errorf("instance %d: %d runs were started: %s\n%s", i, len(runs), runs, b.said[i])
		}
		said := b.said[i].String()
		for _, id := range runs {
			tracked := b.held[i].Attribute("id") == id
			told := strings.Contains(said, id) || strings.Contains(said, "Pipeline may have been started")
			if !tracked && !told {
				b.t.Errorf("instance %d: run %s is neither in the state nor in a diagnostic:\n%s", i, id, said)
			}
		}
		if !b.said[i].Failed() && b.held[i].Attribute("status") == "SUCCESS" {
			green++
			if len(runs) != 1 || b.held[i].Attribute("id") != runs[0] {
				b.t.Errorf("instance %d: green with the runs %s and the state %s", i, runs, b.held[i].Value)
			}
		}
	}
	return green
}

func eachSeed(t *testing.T, test func(t *testing.T, seed uint64)) {
	seeds := benchSeeds
	if testing.Short() || underRaceDetector {
		seeds = 1
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprintf("seed %d", seed+1), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { test(t, seed+1) })
		})
	}
}

func TestBench_everyFaultEverywhere(t *testing.T) {
	t.Parallel()
	eachSeed(t, func(t *testing.T, seed uint64) {
		b := newBench(t, seed, 60, everyFault(3, "token", "execute", "details", "list", "steps"))
		b.impatient = true
		b.apply(func(int) bool { return true })
		first := b.check()
		// What a diagnostic leaves to a person is not applied again; whatever is tracked is.
		b.apply(func(i int) bool { return b.held[i].Exists() })
		second := b.check()
		if first == second {
			t.Error("the second apply took nothing over: the test tests nothing")
		}
		t.Logf("green after the first apply: %d, after the second: %d, runs: %d", first, second, len(b.server.Started()))
	})
}

func TestBench_lostAnswersEndInAdoption(t *testing.T) {
	t.Parallel()
	eachSeed(t, func(t *testing.T, seed uint64) {
		lost := []mockserver.Fault{
			{On: "execute", Kind: mockserver.FaultStatusAfter, Status: 504, Percent: 5},
			{On: "execute", Kind: mockserver.FaultDropAfter, Percent: 5},
			{On: "execute", Kind: mockserver.FaultTruncate, Percent: 5},
			{On: "execute", Kind: mockserver.FaultNoID, Percent: 5},
			{On: "execute", Kind: mockserver.FaultBody, Body: "<html>Sign in</html>", Percent: 5},
		}
		b := newBench(t, seed, benchRuns, append(lost, everyFault(3, "details")...))
		b.apply(func(int) bool { return true })
		b.check()
		started := map[string]bool{}
		for _, run := range b.server.Started() {
			started[run.PipelineName] = true
		}
		for i, said := range b.said {
			// A request may be lost on a connection that the server is closing: then nothing was started.
			if said.Failed() && started[b.names[i]] {
				t.Errorf("instance %d, whose run was started:\n%s", i, said)
			}
		}
		if len(started) < benchRuns-benchRuns/100 {
			t.Errorf("%d of %d instances were started", len(started), benchRuns)
		}
		adopted := 0
		for _, said := range b.said {
			if strings.Contains(said.String(), "Pipeline execution was adopted") {
				adopted++
			}
		}
		if adopted == 0 {
			t.Error("no run was adopted: the test tests nothing")
		}
		t.Logf("%d runs were adopted", adopted)
	})
}
