// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// actionServer validates what an action is planned and invoked with. Terraform validates an action's configuration
// once, before it knows the values of variables and of other resources, and the framework validates nothing else:
// https://developer.hashicorp.com/terraform/plugin/framework/actions/validate-configuration.
type actionServer struct{ frameworkServer }

// writeOnlySummary is the summary by which the framework refuses a value of a write-only argument. The framework asks
// whether the client allows such arguments, which it never asks about an action. Every client with actions allows them.
const writeOnlySummary = "WriteOnly Attribute Not Allowed"

// ValidateActionConfig validates a configuration, whose write-only arguments may have values.
func (s actionServer) ValidateActionConfig(
	ctx context.Context, req *tfprotov6.ValidateActionConfigRequest,
) (*tfprotov6.ValidateActionConfigResponse, error) {
	resp, err := s.frameworkServer.ValidateActionConfig(ctx, req)
	if err == nil {
		resp.Diagnostics = slices.DeleteFunc(resp.Diagnostics, func(d *tfprotov6.Diagnostic) bool {
			return d.Summary == writeOnlySummary
		})
	}
	return resp, err
}

// PlanAction plans an action whose configuration is valid.
func (s actionServer) PlanAction(
	ctx context.Context, req *tfprotov6.PlanActionRequest,
) (*tfprotov6.PlanActionResponse, error) {
	found, err := s.mistakes(ctx, req.ActionType, req.Config)
	if err != nil || len(found) > 0 {
		return &tfprotov6.PlanActionResponse{Diagnostics: found}, err
	}
	return s.frameworkServer.PlanAction(ctx, req)
}

// InvokeAction invokes an action whose configuration is valid.
func (s actionServer) InvokeAction(
	ctx context.Context, req *tfprotov6.InvokeActionRequest,
) (*tfprotov6.InvokeActionServerStream, error) {
	found, err := s.mistakes(ctx, req.ActionType, req.Config)
	if err != nil || len(found) > 0 {
		completed := tfprotov6.CompletedInvokeActionEventType{Diagnostics: found}
		return &tfprotov6.InvokeActionServerStream{Events: func(yield func(tfprotov6.InvokeActionEvent) bool) {
			yield(tfprotov6.InvokeActionEvent{Type: completed})
		}}, err
	}
	return s.frameworkServer.InvokeAction(ctx, req)
}

// mistakes returns the errors of a configuration. What is not an error has been reported when it was validated.
func (s actionServer) mistakes(
	ctx context.Context, actionType string, config *tfprotov6.DynamicValue,
) ([]*tfprotov6.Diagnostic, error) {
	resp, err := s.ValidateActionConfig(ctx, &tfprotov6.ValidateActionConfigRequest{
		ActionType: actionType, Config: config,
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(resp.Diagnostics, func(d *tfprotov6.Diagnostic) bool {
		return d.Severity != tfprotov6.DiagnosticSeverityError
	}), nil
}
