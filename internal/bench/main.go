// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Command bench measures what the provider costs beside Terraform's own work. In one go, with a real Terraform and the
// mock server, it applies, plans again and destroys a number of instances of each [subject].
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
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
	beside      string
}

func main() {
	var s settings
	flag.IntVar(&s.instances, "instances", 300, "instances of each subject")
	flag.IntVar(&s.rounds, "rounds", 3, "how often to measure; the medians are printed")
	flag.IntVar(&s.parallelism, "parallelism", 10, "Terraform's -parallelism")
	flag.DurationVar(&s.latency, "latency", 20*time.Millisecond, "time that the API takes for each call")
	flag.StringVar(&s.beside, "beside", "", "folder with another build of the provider, to measure in the same run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, s); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, s settings) error {
	dir, err := os.MkdirTemp("", "matillion-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cli, err := terraformcli.Find(ctx, dir)
	if err != nil {
		return err
	}
	if s.beside != "" {
		if s.beside, err = filepath.Abs(s.beside); err != nil {
			return err
		}
	}
	b := &bench{settings: s, cli: cli, dir: dir, results: newResults()}
	for _, pkg := range []string{providerPackage, idlePackage} {
		if err := b.build(ctx, pkg); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%d instances, parallelism %d, %s per API call, %d rounds, %s %s/%s, %d CPUs, %s\n\n", s.instances,
		s.parallelism, s.latency, s.rounds, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), b.version(ctx))
	for round := range s.rounds {
		for _, subject := range b.subjects() {
			if err := b.measure(ctx, subject, round); err != nil {
				return fmt.Errorf("%s: %w", subject.name, err)
			}
		}
	}
	b.results.writeTable(out, b.subjects())
	return nil
}

// phases are the commands that are measured, in this order.
func phases() []string { return []string{"apply", "plan again", "destroy"} }

// bench measures all subjects.
type bench struct {
	settings

	cli, dir string
	results  results
}

// measure takes a subject through all phases, in a folder and with a server of its own.
func (b *bench) measure(ctx context.Context, subject subject, round int) error {
	server := mockserver.New(b.scenario())
	socket := httptest.NewServer(server)
	defer socket.Close()
	w, err := b.workspace(subject, round, socket.URL)
	if err != nil {
		return err
	}
	for _, phase := range phases() {
		before := count(server)
		measured, err := w.measure(ctx, phase, b.parallelism)
		if err != nil {
			return err
		}
		measured.calls = count(server).since(before)
		b.results.add(phase, subject, measured)
	}
	if started := len(server.Started()); started != b.instances && subject.starts {
		return fmt.Errorf("%d runs were started, want %d", started, b.instances)
	}
	return nil
}

// scenario serves one pipeline, whose runs have ended at the first look.
func (b *bench) scenario() mockserver.Scenario {
	return mockserver.Scenario{
		Latency: mockserver.Duration(b.latency),
		Projects: []mockserver.Project{{
			ID: mockserver.SampleProjectID, Name: "Bench",
			Environments: []mockserver.Environment{{
				Name: environmentName, Pipelines: []mockserver.Pipeline{{Name: pipelineName}},
			}},
		}},
	}
}
