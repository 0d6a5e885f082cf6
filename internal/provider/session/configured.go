// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package session

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// configured is what every Configured type embeds.
type configured struct{ *Session }

// setSession is the one place where provider data becomes a session. Terraform validates without any.
func (c *configured) setSession(data any) (diags diag.Diagnostics) {
	if data == nil {
		return nil
	}
	session, ok := data.(*Session)
	if !ok {
		diags.AddError("Unexpected provider data", fmt.Sprintf("Got %T. This is a bug in the provider.", data))
		return diags
	}
	c.Session = session
	return nil
}

// ConfiguredResource gives a resource its session.
type ConfiguredResource struct{ configured }

// Configure takes the session.
func (c *ConfiguredResource) Configure(
	_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse,
) {
	resp.Diagnostics.Append(c.setSession(req.ProviderData)...)
}

// ConfiguredDataSource gives a data source its session.
type ConfiguredDataSource struct{ configured }

// Configure takes the session.
func (c *ConfiguredDataSource) Configure(
	_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse,
) {
	resp.Diagnostics.Append(c.setSession(req.ProviderData)...)
}

// ConfiguredAction gives an action its session.
type ConfiguredAction struct{ configured }

// Configure takes the session.
func (c *ConfiguredAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	resp.Diagnostics.Append(c.setSession(req.ProviderData)...)
}

// ConfiguredListResource gives a list resource its session.
type ConfiguredListResource struct{ configured }

// Configure takes the session.
func (c *ConfiguredListResource) Configure(
	_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse,
) {
	resp.Diagnostics.Append(c.setSession(req.ProviderData)...)
}
