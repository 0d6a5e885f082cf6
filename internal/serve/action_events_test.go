// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package serve

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// interruptedServer is a server with an action that has two seconds of work left when it is asked to stop.
type interruptedServer struct {
	wholeServer

	before, after []tfprotov6.InvokeActionEvent
	work          time.Duration
	stopped       chan struct{}
}

func (s *interruptedServer) InvokeAction(
	context.Context, *tfprotov6.InvokeActionRequest,
) (*tfprotov6.InvokeActionServerStream, error) {
	return &tfprotov6.InvokeActionServerStream{Events: func(yield func(tfprotov6.InvokeActionEvent) bool) {
		for event := range slices.Values(s.before) {
			yield(event)
		}
		<-s.stopped
		<-time.After(s.work)
		for event := range slices.Values(s.after) {
			yield(event)
		}
	}}, nil
}

func (s *interruptedServer) StopProvider(
	context.Context, *tfprotov6.StopProviderRequest,
) (*tfprotov6.StopProviderResponse, error) {
	close(s.stopped)
	return &tfprotov6.StopProviderResponse{}, nil
}

// What comes after the answer to the request to stop is dropped, and a second event of an interrupted action is the end
// of Terraform 1.15.
func TestCountingServer_anInterruptedActionSendsOneEventBeforeTheStopIsAnswered(t *testing.T) {
	t.Parallel()
	event := func(of any) tfprotov6.InvokeActionEvent {
		if text, ok := of.(string); ok {
			return tfprotov6.InvokeActionEvent{Type: tfprotov6.ProgressInvokeActionEventType{Message: text}}
		}
		completed := tfprotov6.CompletedInvokeActionEventType{}
		if severity, ok := of.(tfprotov6.DiagnosticSeverity); ok {
			completed.Diagnostics = []*tfprotov6.Diagnostic{{Severity: severity}}
		}
		return tfprotov6.InvokeActionEvent{Type: completed}
	}
	events := func(of ...any) (all []tfprotov6.InvokeActionEvent) {
		for _, one := range of {
			all = append(all, event(one))
		}
		return all
	}
	const bad, odd, work = tfprotov6.DiagnosticSeverityError, tfprotov6.DiagnosticSeverityWarning, 2 * time.Second
	for name, test := range map[string]struct {
		before, after, want []tfprotov6.InvokeActionEvent
		work, answered      time.Duration
	}{
		"an error":              {nil, events("id", "status", bad), events(bad), work, work},
		"no error":              {nil, events("id", nil), events("id"), work, work},
		"a warning":             {nil, events("id", "status", odd), events("id\nstatus"), work, work},
		"nothing":               {nil, nil, nil, work, work},
		"the end alone":         {nil, events(nil), events(nil), work, work},
		"one that had sent":     {events("id"), events("status", bad), events("id"), work, 0},
		"one that does not end": {nil, nil, nil, time.Hour, stopDelay},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				stub := &interruptedServer{before: test.before, after: test.after, work: test.work, stopped: make(chan struct{})}
				s := &countingServer{wholeServer: stub}
				stream, err := s.InvokeAction(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				var sent []tfprotov6.InvokeActionEvent
				var lastSent time.Time
				go func() {
					for one := range stream.Events {
						sent, lastSent = append(sent, one), time.Now()
					}
				}()
				synctest.Wait()
				began := time.Now()
				if _, err := s.StopProvider(t.Context(), nil); err != nil {
					t.Error(err)
				}
				answered := time.Now()
				<-time.After(2 * time.Hour)
				if took := answered.Sub(began); took != test.answered || lastSent.After(answered) {
					t.Errorf("the request to stop took %s, want %s; the last event came %s later",
						took, test.answered, lastSent.Sub(answered))
				}
				if !reflect.DeepEqual(sent, test.want) {
					t.Errorf("events %+v, want %+v", sent, test.want)
				}
				if s.busy() || len(s.actions) > 0 {
					t.Errorf("the server is busy: %t, with %d actions", s.busy(), len(s.actions))
				}
			})
		})
	}
}
