// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package serve

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// survivingServer turns a panic in a call into an error of that call. A panic would end the process, and with it every
// other call: Terraform would lose each run that one of them has started and that is not in the state yet. This is for
// each call that Terraform makes while it applies and that reaches the provider's own code.
type survivingServer struct{ wholeServer }

// survive makes a call, and returns its panic as an error.
func survive[Q, A any](
	ctx context.Context, s survivingServer, call func(wholeServer, context.Context, Q) (*A, error), request Q,
) (answer *A, err error) {
	defer func() {
		if failure := recover(); failure != nil {
			answer, err = nil, bugOf(failure)
		}
	}()
	return call(s.wholeServer, ctx, request)
}

// bugOf returns a panic as an error. Its stack goes to Terraform's log.
func bugOf(failure any) error {
	fmt.Fprintf(os.Stderr, "panic: %v\n\n%s", failure, debug.Stack())
	return fmt.Errorf("a bug in the provider: %v", failure)
}

// ValidateResourceConfig survives a panic.
func (s survivingServer) ValidateResourceConfig(
	ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest,
) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return survive(ctx, s, wholeServer.ValidateResourceConfig, req)
}

// PlanResourceChange survives a panic.
func (s survivingServer) PlanResourceChange(
	ctx context.Context, req *tfprotov6.PlanResourceChangeRequest,
) (*tfprotov6.PlanResourceChangeResponse, error) {
	return survive(ctx, s, wholeServer.PlanResourceChange, req)
}

// ApplyResourceChange survives a panic.
func (s survivingServer) ApplyResourceChange(
	ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest,
) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return survive(ctx, s, wholeServer.ApplyResourceChange, req)
}

// ReadResource survives a panic.
func (s survivingServer) ReadResource(
	ctx context.Context, req *tfprotov6.ReadResourceRequest,
) (*tfprotov6.ReadResourceResponse, error) {
	return survive(ctx, s, wholeServer.ReadResource, req)
}

// ImportResourceState survives a panic.
func (s survivingServer) ImportResourceState(
	ctx context.Context, req *tfprotov6.ImportResourceStateRequest,
) (*tfprotov6.ImportResourceStateResponse, error) {
	return survive(ctx, s, wholeServer.ImportResourceState, req)
}

// ValidateDataResourceConfig survives a panic.
func (s survivingServer) ValidateDataResourceConfig(
	ctx context.Context, req *tfprotov6.ValidateDataResourceConfigRequest,
) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return survive(ctx, s, wholeServer.ValidateDataResourceConfig, req)
}

// ReadDataSource survives a panic.
func (s survivingServer) ReadDataSource(
	ctx context.Context, req *tfprotov6.ReadDataSourceRequest,
) (*tfprotov6.ReadDataSourceResponse, error) {
	return survive(ctx, s, wholeServer.ReadDataSource, req)
}

// CallFunction survives a panic.
func (s survivingServer) CallFunction(
	ctx context.Context, req *tfprotov6.CallFunctionRequest,
) (*tfprotov6.CallFunctionResponse, error) {
	return survive(ctx, s, wholeServer.CallFunction, req)
}

// ValidateActionConfig survives a panic.
func (s survivingServer) ValidateActionConfig(
	ctx context.Context, req *tfprotov6.ValidateActionConfigRequest,
) (*tfprotov6.ValidateActionConfigResponse, error) {
	return survive(ctx, s, wholeServer.ValidateActionConfig, req)
}

// PlanAction survives a panic.
func (s survivingServer) PlanAction(
	ctx context.Context, req *tfprotov6.PlanActionRequest,
) (*tfprotov6.PlanActionResponse, error) {
	return survive(ctx, s, wholeServer.PlanAction, req)
}

// InvokeAction survives a panic, also between the events.
func (s survivingServer) InvokeAction(
	ctx context.Context, req *tfprotov6.InvokeActionRequest,
) (*tfprotov6.InvokeActionServerStream, error) {
	stream, err := survive(ctx, s, wholeServer.InvokeAction, req)
	if err != nil {
		return nil, err
	}
	events := stream.Events
	stream.Events = func(yield func(tfprotov6.InvokeActionEvent) bool) {
		defer func() {
			if failure := recover(); failure != nil {
				yield(tfprotov6.InvokeActionEvent{Type: tfprotov6.CompletedInvokeActionEventType{
					Diagnostics: []*tfprotov6.Diagnostic{{
						Severity: tfprotov6.DiagnosticSeverityError, Summary: "Provider failed", Detail: bugOf(failure).Error(),
					}},
				}})
			}
		}()
		events(yield)
	}
	return stream, nil
}
