package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// session is what a configured provider shares with everything in it.
type session struct {
	// client is nil while the provider's configuration is not known yet.
	client *matillion.Client
	// projectID is the default project; it may be unknown or null.
	projectID types.String
	checks    *planChecks
	handover  *handover
}

// project returns the project that an argument means. It is unknown while that depends on something unknown.
func (s *session) project(argument types.String) (types.String, diag.Diagnostics) {
	if !argument.IsNull() {
		return argument, nil
	}
	var diags diag.Diagnostics
	if s.projectID.IsNull() {
		diags.AddAttributeError(path.Root("project_id"), "Missing project",
			"Set project_id here, or for all in the provider block, or the environment variable MATILLION_PROJECT_ID.")
	}
	return s.projectID, diags
}

// configured is embedded by everything that needs the session.
type configured struct{ *session }

// take is the one place where provider data becomes a session. Terraform validates without any.
func (c *configured) take(data any) (diags diag.Diagnostics) {
	if data == nil {
		return nil
	}
	session, ok := data.(*session)
	if !ok {
		diags.AddError("Unexpected provider data", fmt.Sprintf("Got %T. This is a bug in the provider.", data))
		return diags
	}
	c.session = session
	return nil
}

// configuredResource gives a resource its session.
type configuredResource struct{ configured }

func (c *configuredResource) Configure(
	_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse,
) {
	resp.Diagnostics.Append(c.take(req.ProviderData)...)
}

// configuredDataSource gives a data source its session.
type configuredDataSource struct{ configured }

func (c *configuredDataSource) Configure(
	_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse,
) {
	resp.Diagnostics.Append(c.take(req.ProviderData)...)
}

// configuredAction gives an action its session.
type configuredAction struct{ configured }

func (c *configuredAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	resp.Diagnostics.Append(c.take(req.ProviderData)...)
}

// configuredList gives a list resource its session.
type configuredList struct{ configured }

func (c *configuredList) Configure(
	_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse,
) {
	resp.Diagnostics.Append(c.take(req.ProviderData)...)
}
