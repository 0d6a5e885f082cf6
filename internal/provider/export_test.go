// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// FrameworkCalls counts what the fast path leaves to the framework.
type FrameworkCalls struct {
	frameworkServer

	Plans, Reads atomic.Int64
}

// PlanResourceChange counts a plan.
func (c *FrameworkCalls) PlanResourceChange(
	ctx context.Context, req *tfprotov6.PlanResourceChangeRequest,
) (*tfprotov6.PlanResourceChangeResponse, error) {
	c.Plans.Add(1)
	return c.frameworkServer.PlanResourceChange(ctx, req)
}

// ReadResource counts a read.
func (c *FrameworkCalls) ReadResource(
	ctx context.Context, req *tfprotov6.ReadResourceRequest,
) (*tfprotov6.ReadResourceResponse, error) {
	c.Reads.Add(1)
	return c.frameworkServer.ReadResource(ctx, req)
}

// BehindFastPath returns the framework's server behind a server, and counts the calls that reach it. It reports false
// for a server that has no fast path.
func BehindFastPath(served tfprotov6.ProviderServer) (tfprotov6.ProviderServer, *FrameworkCalls, bool) {
	s, ok := served.(*server)
	if !ok {
		return nil, nil, false
	}
	framework := s.frameworkServer
	count := &FrameworkCalls{frameworkServer: framework}
	s.frameworkServer = count
	return framework, count, true
}

// FastPathVariable switches the fast path off.
const FastPathVariable = fastPathVariable

// WriteOnlySummary is what the provider filters out of what the framework says about actions.
const WriteOnlySummary = writeOnlySummary

// NewFrameworkServer returns the framework's server of an unconfigured provider, with nothing before it.
func NewFrameworkServer() tfprotov6.ActionServer {
	server, _ := providerserver.NewProtocol6(&matillionProvider{})().(tfprotov6.ActionServer)
	return server
}
