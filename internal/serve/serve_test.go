// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package serve

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

func TestProvider_refusesAServerWithoutActions(t *testing.T) {
	t.Parallel()
	if err := Provider(struct{ tfprotov6.ProviderServer }{}, false); err == nil {
		t.Error("a server that would hide its actions is served")
	}
}

func TestWaitUntilOrphaned_endsWithAnotherParentAndNoCall(t *testing.T) {
	t.Parallel()
	const terraform, reaper = 1, 4711 // in a container, Terraform may be process 1
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		since := func(d time.Duration) bool { return time.Since(began) >= d }
		parent := func() int {
			if since(10 * time.Second) {
				return reaper
			}
			return terraform
		}
		waitUntilOrphaned(terraform, parent, func() bool { return !since(20 * time.Second) })
		if took := time.Since(began); took < 20*time.Second || took > 20*time.Second+pollInterval {
			t.Errorf("it took %s, want the end of the call", took)
		}
	})
}

// stubServer answers when it is told to.
type stubServer struct {
	wholeServer

	answer chan struct{}
	done   bool
}

func (s *stubServer) ApplyResourceChange(
	context.Context, *tfprotov6.ApplyResourceChangeRequest,
) (*tfprotov6.ApplyResourceChangeResponse, error) {
	<-s.answer
	return nil, nil
}

func (s *stubServer) ReadDataSource(
	context.Context, *tfprotov6.ReadDataSourceRequest,
) (*tfprotov6.ReadDataSourceResponse, error) {
	<-s.answer
	return nil, nil
}

// InvokeAction is an action that reports progress before and after its work, and waits until each is read.
func (s *stubServer) InvokeAction(
	context.Context, *tfprotov6.InvokeActionRequest,
) (*tfprotov6.InvokeActionServerStream, error) {
	return &tfprotov6.InvokeActionServerStream{Events: func(yield func(tfprotov6.InvokeActionEvent) bool) {
		if !yield(tfprotov6.InvokeActionEvent{}) {
			return
		}
		<-s.answer
		s.done = yield(tfprotov6.InvokeActionEvent{})
	}}, nil
}

func TestCountingServer_isBusyWhileACallMayChangeSomething(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *countingServer) error{
		"ApplyResourceChange": func(ctx context.Context, s *countingServer) error {
			_, err := s.ApplyResourceChange(ctx, nil)
			return err
		},
		"ReadDataSource": func(ctx context.Context, s *countingServer) error {
			_, err := s.ReadDataSource(ctx, nil)
			return err
		},
		"InvokeAction": func(ctx context.Context, s *countingServer) error {
			stream, err := s.InvokeAction(ctx, nil)
			if err != nil {
				return err
			}
			for range stream.Events {
			}
			return nil
		},
	}
	for name, call := range calls {
		synctest.Test(t, func(t *testing.T) {
			stub := &stubServer{answer: make(chan struct{})}
			s := &countingServer{wholeServer: stub}
			ended := make(chan error, 1)
			go func() { ended <- call(t.Context(), s) }()
			synctest.Wait()
			if !s.busy() {
				t.Errorf("%s is in flight, and the server is not busy", name)
			}
			close(stub.answer)
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if s.busy() {
				t.Errorf("%s has ended, and the server is still busy", name)
			}
		})
	}
}

// Terraform is gone when the first event is sent.
func TestCountingServer_actionEndsAlthoughNobodyReadsItsEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stub := &stubServer{answer: make(chan struct{})}
		s := &countingServer{wholeServer: stub}
		stream, err := s.InvokeAction(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for range stream.Events {
				break
			}
		}()
		synctest.Wait()
		if !s.busy() {
			t.Error("the action works, and the server is not busy")
		}
		close(stub.answer)
		synctest.Wait()
		if !stub.done || s.busy() {
			t.Errorf("the action has ended: %t, and the server is busy: %t", stub.done, s.busy())
		}
	})
}
