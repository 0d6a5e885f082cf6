// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/terraformcli"
)

// What the demo signs in with.
const (
	clientID     = "demo"
	clientSecret = "demo-secret"
)

// stage is what the demo plays on: a folder with the example, a CLI, and a mock server.
type stage struct {
	*screen
	server *mockserver.Server
	socket *httptest.Server
	dir    string
	cli    string
	env    []string
}

// newStage builds the provider and finds a CLI.
func newStage(ctx context.Context, root string, shown *screen) (*stage, error) {
	dir, err := os.MkdirTemp("", "matillion-demo-")
	if err != nil {
		return nil, err
	}
	server := mockserver.New(scenario())
	s := &stage{screen: shown, server: server, socket: httptest.NewServer(server), dir: dir}
	if err := s.prepare(ctx, root); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// scenario is the sample project, whose smoke test takes no time here.
func scenario() mockserver.Scenario {
	s := mockserver.SampleScenario()
	s.ClientID, s.ClientSecret = clientID, clientSecret
	unfold(&s, smokeTest, mockserver.Run{})
	return s
}

// unfold sets how the runs of a pipeline unfold.
func unfold(s *mockserver.Scenario, pipeline string, run mockserver.Run) {
	for _, environment := range s.Projects[0].Environments {
		for i := range environment.Pipelines {
			if environment.Pipelines[i].Name == pipeline {
				environment.Pipelines[i].Run = run
			}
		}
	}
}

func (s *stage) prepare(ctx context.Context, root string) error {
	if err := terraformcli.Build(ctx, root, ".", s.dir); err != nil {
		return err
	}
	example, err := os.ReadFile(filepath.Join(root, "examples", "demo", "main.tf"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "main.tf"), example, 0o600); err != nil {
		return err
	}
	s.say("Looking for Terraform on the PATH, or downloading it.")
	if s.cli, err = terraformcli.Find(ctx, s.dir); err != nil {
		return err
	}
	config, err := terraformcli.UseProvider(s.dir, s.dir)
	if err != nil {
		return err
	}
	s.env = terraformcli.Environment(config, "MATILLION_API_URL="+s.socket.URL+mockserver.APIPath,
		"MATILLION_TOKEN_URL="+s.socket.URL+mockserver.TokenPath, "MATILLION_CLIENT_ID="+clientID,
		"MATILLION_CLIENT_SECRET="+clientSecret, "MATILLION_PROJECT_ID="+mockserver.SampleProjectID)
	return nil
}

func (s *stage) close() {
	s.socket.Close()
	_ = os.RemoveAll(s.dir)
}

// during is called while a command runs. Looked waits until the command has asked so many times where a run stands.
type during func(terraform *os.Process, looked func(times int) error) error

// terraform runs a command.
func (s *stage) terraform(ctx context.Context, meanwhile during, args ...string) error {
	s.say("   $ %s %s", filepath.Base(s.cli), strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, s.cli, append(args, "-no-color")...)
	cmd.Dir, cmd.Env = s.dir, s.env
	cmd.Stdout, cmd.Stderr = s.screen, s.screen
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	before := s.server.Calls(mockserver.OpDetails)
	if err := cmd.Start(); err != nil {
		return err
	}
	running, ended := context.WithCancel(ctx)
	looked := func(times int) error { return s.server.WaitForCalls(running, mockserver.OpDetails, before+times) }
	failed := make(chan error, 1)
	go func() { failed <- meanwhile(cmd.Process, looked) }()
	err := cmd.Wait()
	ended()
	return errors.Join(err, <-failed)
}

// started counts the runs of a pipeline that the server has started.
func (s *stage) started(pipeline string) (runs int) {
	for _, run := range s.server.Started() {
		if run.PipelineName == pipeline {
			runs++
		}
	}
	return runs
}

// wantRuns prints how many runs there are, and fails unless there are as many as there should be.
func (s *stage) wantRuns(seeds, smokeTests int) error {
	gotSeeds, gotSmokeTests := s.started(seed), s.started(smokeTest)
	s.count("runs started on the server: seed %d, smoke test %d", gotSeeds, gotSmokeTests)
	if gotSeeds != seeds || gotSmokeTests != smokeTests {
		return fmt.Errorf("the server should have started %d and %d", seeds, smokeTests)
	}
	return nil
}
