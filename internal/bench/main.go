// Command bench measures what the provider costs beside Terraform's own work: it applies, plans again and destroys a
// number of runs with a real Terraform and the mock server, and as many terraform_data resources in the same breath.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"net/http/httptest"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/terraformcli"
)

// settings are the flags of the command.
type settings struct {
	instances   int
	rounds      int
	parallelism int
	latency     time.Duration
}

func main() {
	var s settings
	flag.IntVar(&s.instances, "instances", 300, "runs, and terraform_data resources")
	flag.IntVar(&s.rounds, "rounds", 3, "how often to measure; the medians are printed")
	flag.IntVar(&s.parallelism, "parallelism", 10, "Terraform's -parallelism")
	flag.DurationVar(&s.latency, "latency", 20*time.Millisecond, "time that the API takes for each call")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // Nothing is left to be undone.
	}
}

func run(ctx context.Context, out io.Writer, s settings) error {
	dir, err := os.MkdirTemp("", "matillion-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := terraformcli.Build(ctx, ".", dir); err != nil {
		return err
	}
	cli, err := terraformcli.Find(ctx, dir)
	if err != nil {
		return err
	}
	b := &bench{settings: s, cli: cli, buildDir: dir}
	fmt.Fprintf(out, "%d instances, parallelism %d, %s per API call, %d rounds, %s %s/%s, %d CPUs, %s\n\n",
		s.instances, s.parallelism, s.latency, s.rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		b.version(ctx))
	for round := range s.rounds {
		if err := b.round(ctx, round); err != nil {
			return err
		}
	}
	b.print(out)
	return nil
}

// phases are the commands that are measured, in this order.
func phases() []string { return []string{"apply", "plan again", "destroy"} }

// bench collects the measurements of each round, by phase.
type bench struct {
	settings
	cli, buildDir string

	floor, runs [3][]measurement
	calls       [3]calls // of the last round
}

// calls are what the server was asked in a phase.
type calls struct{ tokens, posts, others int }

// round measures both configurations, each in a folder and with a server of its own.
func (b *bench) round(ctx context.Context, round int) error {
	server := mockserver.New(b.scenario())
	socket := httptest.NewServer(server)
	defer socket.Close()
	floor, err := b.workspace(fmt.Sprintf("floor-%d", round), fmt.Sprintf(
		"resource \"terraform_data\" \"run\" {\n  count = %d\n  input = count.index\n}\n", b.instances), nil)
	if err != nil {
		return err
	}
	runs, err := b.workspace(fmt.Sprintf("runs-%d", round), fmt.Sprintf(runsConfig, b.instances, pipelineName), []string{
		"MATILLION_API_URL=" + socket.URL + mockserver.APIPath,
		"MATILLION_TOKEN_URL=" + socket.URL + mockserver.TokenPath,
		"MATILLION_CLIENT_ID=mock-client-id", "MATILLION_CLIENT_SECRET=mock-client-secret",
		"MATILLION_PROJECT_ID=" + mockserver.SampleProjectID,
	})
	if err != nil {
		return err
	}
	for phase, name := range phases() {
		measured, err := floor.measure(ctx, name, b.parallelism)
		if err != nil {
			return err
		}
		b.floor[phase] = append(b.floor[phase], measured)
		before := count(server)
		if measured, err = runs.measure(ctx, name, b.parallelism); err != nil {
			return err
		}
		b.runs[phase] = append(b.runs[phase], measured)
		after := count(server)
		b.calls[phase] = calls{after.tokens - before.tokens, after.posts - before.posts, after.others - before.others}
	}
	if started := len(server.Started()); started != b.instances {
		return fmt.Errorf("%d runs were started, want %d", started, b.instances)
	}
	return nil
}

func count(server *mockserver.Server) calls {
	posts := server.Calls("execute")
	return calls{tokens: server.Calls("token"), posts: posts, others: server.Calls("") - posts}
}

const pipelineName = "Nightly load"

const runsConfig = `
terraform {
  required_providers {
    matillion = { source = "` + terraformcli.ProviderAddress + `" }
  }
}

resource "matillion_pipeline_execution" "run" {
  count               = %d
  environment_name    = "Production"
  pipeline_name       = %q
  scalar_variables    = { n = count.index }
  wait_for_completion = true
}
`

// scenario serves one pipeline, whose runs have ended at the first look.
func (b *bench) scenario() mockserver.Scenario {
	return mockserver.Scenario{
		Latency: mockserver.Duration(b.latency),
		Projects: []mockserver.Project{{
			ID: mockserver.SampleProjectID, Name: "Bench",
			Environments: []mockserver.Environment{{
				Name: "Production", Pipelines: []mockserver.Pipeline{{Name: pipelineName}},
			}},
		}},
	}
}

// print writes the medians as a table.
func (b *bench) print(out io.Writer) {
	fmt.Fprintln(out, "| | terraform_data | matillion | ratio | CPU, ratio | peak memory | API calls: token, POST, other |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- |")
	for phase, name := range phases() {
		floor, runs := median(b.floor[phase]), median(b.runs[phase])
		called := b.calls[phase]
		fmt.Fprintf(out, "| %s | %.2f s | %.2f s | %.2f | %.2f s, %.2f | %d MB | %d, %d, %d |\n", name,
			floor.wall.Seconds(), runs.wall.Seconds(), ratio(runs.wall, floor.wall),
			runs.cpu.Seconds(), ratio(runs.cpu, floor.cpu), runs.peakKB/1024, called.tokens, called.posts, called.others)
	}
}

func ratio(a, b time.Duration) float64 { return math.Round(100*float64(a)/float64(b)) / 100 }

// median takes each quantity's own median.
func median(measured []measurement) measurement {
	middle := func(of func(measurement) int64) int64 {
		values := make([]int64, 0, len(measured))
		for _, m := range measured {
			values = append(values, of(m))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return measurement{
		wall:   time.Duration(middle(func(m measurement) int64 { return int64(m.wall) })),
		cpu:    time.Duration(middle(func(m measurement) int64 { return int64(m.cpu) })),
		peakKB: middle(func(m measurement) int64 { return m.peakKB }),
	}
}
