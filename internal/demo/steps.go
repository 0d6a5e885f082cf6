// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// The pipelines of the example.
const (
	seed      = "setup/seed_warehouse.orch.yaml"
	smokeTest = "Nightly load.orch.yaml"
)

// The variables of the example. The default environment is Production.
const (
	development = "-var=environment=Development"
	changed     = "-var=schema_version=2"
)

// step is a command, and what it shows.
type step struct {
	title string
	play  func(context.Context, *stage) error
}

func steps() []step {
	return []step{
		{"An apply runs each pipeline once and waits for it.", firstApply},
		{"A second plan starts nothing.", secondPlan},
		{"Another environment: a new run. The answer is lost, so the provider looks for the run for half a minute.",
			loseAnswer},
		{"A changed trigger: a new run. Ctrl-C interrupts the wait.", interrupt},
		{"The next apply waits for the same run.", resume},
	}
}

func nothing(*os.Process, func(int) error) error { return nil }

func firstApply(ctx context.Context, s *stage) error {
	if err := s.terraform(ctx, nothing, "apply", "-auto-approve", development); err != nil {
		return err
	}
	return s.wantRuns(1, 1)
}

func secondPlan(ctx context.Context, s *stage) error {
	if err := s.terraform(ctx, nothing, "plan", development); err != nil {
		return err
	}
	return s.wantRuns(1, 1)
}

func loseAnswer(ctx context.Context, s *stage) error {
	s.server.Inject(mockserver.Fault{On: mockserver.OpExecute, Kind: mockserver.FaultDropAfter, Times: 1})
	if err := s.terraform(ctx, nothing, "apply", "-auto-approve"); err != nil {
		return err
	}
	return s.wantRuns(2, 2)
}

// interrupt presses Ctrl-C when the run is waited for. What depends on the run is not read.
func interrupt(ctx context.Context, s *stage) error {
	s.server.Update(func(sc *mockserver.Scenario) { unfold(sc, seed, mockserver.Run{Forever: true}) })
	interrupted := false
	err := s.terraform(ctx, func(terraform *os.Process, looked func(int) error) error {
		if err := looked(1); err != nil {
			return err
		}
		interrupted = true
		return terraform.Signal(os.Interrupt)
	}, "apply", "-auto-approve", changed)
	if _, failed := errors.AsType[*exec.ExitError](err); !failed || !interrupted {
		return errors.Join(err, errors.New("the apply should have been interrupted"))
	}
	return s.wantRuns(3, 2)
}

// resume ends the run when the plan has looked at it, and the apply waits for it.
func resume(ctx context.Context, s *stage) error {
	runs := s.server.Started()
	err := s.terraform(ctx, func(_ *os.Process, looked func(int) error) error {
		err := looked(2)
		s.server.Finish(runs[len(runs)-1].ID, "SUCCESS", "")
		return err
	}, "apply", "-auto-approve", changed)
	if err != nil {
		return err
	}
	return s.wantRuns(3, 3)
}
