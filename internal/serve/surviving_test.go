// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package serve

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// beforeAnyRun are the calls that no run can be lost with: Terraform makes them before it applies, in another process
// than it applies in, or never, and those that the framework alone answers.
var beforeAnyRun = []string{
	"GetMetadata", "GetProviderSchema", "GetResourceIdentitySchemas", "GetFunctions", "GenerateResourceConfig",
	"ValidateProviderConfig", "ConfigureProvider", "StopProvider",
	"UpgradeResourceState", "UpgradeResourceIdentity", "MoveResourceState",
	"ValidateListResourceConfig", "ListResource",
	"ValidateEphemeralResourceConfig", "OpenEphemeralResource", "RenewEphemeralResource", "CloseEphemeralResource",
}

// A server without a server in it panics in every call that it passes on.
func TestSurvivingServer_aPanicEndsTheCallAndNotTheProcess(t *testing.T) {
	t.Parallel()
	calls := reflect.TypeFor[wholeServer]()
	for i := range calls.NumMethod() {
		call := calls.Method(i)
		if slices.Contains(beforeAnyRun, call.Name) {
			continue
		}
		t.Run(call.Name, func(t *testing.T) {
			t.Parallel()
			request := reflect.New(call.Type.In(1).Elem())
			answer := reflect.ValueOf(survivingServer{}).MethodByName(call.Name).
				Call([]reflect.Value{reflect.ValueOf(t.Context()), request})
			err, _ := answer[1].Interface().(error)
			if err == nil || !strings.Contains(err.Error(), "a bug in the provider: ") || !answer[0].IsNil() {
				t.Errorf("the answer is %v with %v, want that there is a bug", answer[0], err)
			}
		})
	}
}

// bugServer has an action that panics after its first event.
type bugServer struct{ wholeServer }

func (bugServer) InvokeAction(
	context.Context, *tfprotov6.InvokeActionRequest,
) (*tfprotov6.InvokeActionServerStream, error) {
	return &tfprotov6.InvokeActionServerStream{Events: func(yield func(tfprotov6.InvokeActionEvent) bool) {
		yield(tfprotov6.InvokeActionEvent{Type: tfprotov6.ProgressInvokeActionEventType{Message: "started"}})
		panic("a bug")
	}}, nil
}

func TestSurvivingServer_aPanicCompletesAnAction(t *testing.T) {
	t.Parallel()
	s, err := guard(bugServer{})
	if err != nil {
		t.Fatal(err)
	}
	stream, err := s.InvokeAction(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	events := slices.Collect(stream.Events)
	if len(events) != 2 || s.busy() {
		t.Fatalf("events %v and busy %t, want two and an idle server", events, s.busy())
	}
	completed, ok := events[1].Type.(tfprotov6.CompletedInvokeActionEventType)
	if !ok || len(completed.Diagnostics) != 1 || !strings.Contains(completed.Diagnostics[0].Detail, "a bug") {
		t.Errorf("the last event is %v, want an error that says the bug", events[1])
	}
}
