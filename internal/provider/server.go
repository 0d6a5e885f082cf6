// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/execution"
)

// fastPathVariable switches the fast path off where it is "off", so that everything is answered by the framework: does
// an odd plan stay odd without it?
const fastPathVariable = "MATILLION_FAST_PATH"

// NewServer returns the constructor of the server that Terraform talks to, for the version that the build says. Each
// adjustment may change the client's configuration; tests that have no sockets bring a transport.
func NewServer(version string, adjust ...func(*matillion.Config)) func() tfprotov6.ProviderServer {
	return func() tfprotov6.ProviderServer {
		return newServer(&matillionProvider{version: version, adjust: adjust})
	}
}

// frameworkServer is what the framework serves. Lists and actions are in interfaces of their own.
type frameworkServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
}

// server is the framework's, with a fast path before it: see [execution.FastPath]. While the provider defers, the
// framework alone answers, because every answer has to say so.
type server struct {
	frameworkServer

	provider *matillionProvider
	fastPath *execution.FastPath
}

func newServer(provider *matillionProvider) tfprotov6.ProviderServer {
	framework, ok := providerserver.NewProtocol6(provider)().(frameworkServer)
	if !ok {
		panic("the framework's server no longer has lists or actions: see frameworkServer")
	}
	framework = actionServer{framework}
	if fromEnvironment(fastPathVariable) == "off" {
		return framework
	}
	return &server{frameworkServer: framework, provider: provider, fastPath: execution.NewFastPath()}
}

// ReadResource reads by the fast path where it can.
func (s *server) ReadResource(
	ctx context.Context, req *tfprotov6.ReadResourceRequest,
) (*tfprotov6.ReadResourceResponse, error) {
	if s.provider.session != nil {
		if resp := s.fastPath.Read(req); resp != nil {
			return resp, nil
		}
	}
	return s.frameworkServer.ReadResource(ctx, req)
}

// PlanResourceChange plans by the fast path where it can.
func (s *server) PlanResourceChange(
	ctx context.Context, req *tfprotov6.PlanResourceChangeRequest,
) (*tfprotov6.PlanResourceChangeResponse, error) {
	if session := s.provider.session; session != nil {
		if resp := s.fastPath.Plan(req, session.ProjectID); resp != nil {
			return resp, nil
		}
	}
	return s.frameworkServer.PlanResourceChange(ctx, req)
}
