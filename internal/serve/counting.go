// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package serve

import (
	"context"
	"maps"
	"os/signal"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// wholeServer is all that the provider serves. Lists and actions are in interfaces of their own.
type wholeServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// countingServer counts the calls in flight that may start or cancel a run. Any other call only reads, and nothing is
// lost with it.
type countingServer struct {
	wholeServer

	inFlight atomic.Int64

	mu sync.Mutex
	// actions are the actions in flight.
	actions map[*actionEvents]bool
}

func (s *countingServer) busy() bool { return s.inFlight.Load() > 0 }

// begin counts a call until the returned function is called.
func (s *countingServer) begin() (end func()) {
	// Logs go to a pipe that breaks when Terraform is gone; a line of them must not end the call. Before the first call,
	// SIGPIPE is the end of a provider whose Terraform was gone before it looked for its parent.
	signal.Ignore(syscall.SIGPIPE)
	s.inFlight.Add(1)
	return func() { s.inFlight.Add(-1) }
}

// ApplyResourceChange counts the call.
func (s *countingServer) ApplyResourceChange(
	ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest,
) (*tfprotov6.ApplyResourceChangeResponse, error) {
	defer s.begin()()
	return s.wholeServer.ApplyResourceChange(ctx, req)
}

// ReadDataSource counts the call.
func (s *countingServer) ReadDataSource(
	ctx context.Context, req *tfprotov6.ReadDataSourceRequest,
) (*tfprotov6.ReadDataSourceResponse, error) {
	defer s.begin()()
	return s.wholeServer.ReadDataSource(ctx, req)
}

// InvokeAction counts the call from the first event, which is asked for before the action does anything, to the last.
func (s *countingServer) InvokeAction(
	ctx context.Context, req *tfprotov6.InvokeActionRequest,
) (*tfprotov6.InvokeActionServerStream, error) {
	stream, err := s.wholeServer.InvokeAction(ctx, req)
	if err != nil {
		return nil, err
	}
	events := stream.Events
	stream.Events = func(yield func(tfprotov6.InvokeActionEvent) bool) {
		defer s.begin()()
		action := &actionEvents{send: yield, sent: make(chan struct{})}
		defer s.follow(action)()
		for event := range events {
			// An action waits until its progress is read. Once Terraform is gone, it would wait for ever.
			action.pass(event)
		}
	}
	return stream, nil
}

// follow keeps an action until the returned function is called.
func (s *countingServer) follow(action *actionEvents) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.actions == nil {
		s.actions = map[*actionEvents]bool{}
	}
	s.actions[action] = true
	return func() {
		action.end()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.actions, action)
	}
}

// StopProvider ends the calls in flight, and answers when each action has said what became of its run.
func (s *countingServer) StopProvider(
	ctx context.Context, req *tfprotov6.StopProviderRequest,
) (*tfprotov6.StopProviderResponse, error) {
	s.mu.Lock()
	actions := slices.Collect(maps.Keys(s.actions))
	s.mu.Unlock()
	for _, action := range actions {
		action.stop()
	}
	resp, err := s.wholeServer.StopProvider(ctx, req)
	limited, cancel := context.WithTimeout(ctx, stopDelay)
	defer cancel()
	awaitFirst(limited, actions)
	return resp, err
}
