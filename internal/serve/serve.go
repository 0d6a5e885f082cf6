// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package serve runs the provider as a process of Terraform: from its registry address, through signals, to its end.
package serve

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

const (
	// Source is the provider's source in configurations, which each CLI looks for in a registry of its own.
	Source = "matillion-community/matillion"
	// Address is the provider's address in Terraform's registry.
	Address = "registry.terraform.io/" + Source
)

// pollInterval is how often the provider looks whether Terraform is gone.
const pollInterval = time.Second

// Provider serves the provider until Terraform ends it.
//
// CI systems and service managers send SIGTERM, and a terminal that is closed sends SIGHUP, to all processes of a job.
// If the provider died of it, Terraform could not ask it to stop and would lose every run that has been started and is
// not in the state yet. The provider therefore ignores both and leaves its end to Terraform. When Terraform itself is
// gone, the provider finishes the calls in flight that may change something and then returns. A panic ends its call,
// and not the process.
//
// For a debugger, it prints what to set TF_REATTACH_PROVIDERS to, and none of this holds: it ends on an interrupt.
// On Windows there are no such signals, and a process is not told that its parent is gone.
func Provider(server tfprotov6.ProviderServer, debug bool) error {
	if debug {
		return tf6server.Serve(Address, constructor(server), tf6server.WithManagedDebug())
	}
	terraform := os.Getppid()
	signal.Ignore(syscall.SIGTERM, syscall.SIGHUP)
	counting, err := guard(server)
	if err != nil {
		return err
	}
	served, orphaned := make(chan error, 1), make(chan struct{})
	go func() { served <- tf6server.Serve(Address, constructor(counting)) }()
	go func() {
		waitUntilOrphaned(terraform, os.Getppid, counting.busy)
		close(orphaned)
	}()
	select {
	case err := <-served:
		return err
	case <-orphaned:
		return nil
	}
}

// guard returns a server that counts its calls and survives their panics.
func guard(server tfprotov6.ProviderServer) (*countingServer, error) {
	whole, ok := server.(wholeServer)
	if !ok {
		return nil, errors.New("the provider's server lacks lists or actions")
	}
	return &countingServer{wholeServer: survivingServer{whole}}, nil
}

func constructor(server tfprotov6.ProviderServer) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer { return server }
}

// waitUntilOrphaned returns when the parent of this process is another one than it was, and this process is not busy.
//
// The parent is not compared with 1: in a container, Terraform may be process 1.
func waitUntilOrphaned(first int, parent func() int, busy func() bool) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for range ticker.C {
		if parent() != first && !busy() {
			return
		}
	}
}
