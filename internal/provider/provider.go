// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package provider is the Terraform provider for Matillion's Data Productivity Cloud. It has the provider block, the
// settings that block and environment make, the list of everything that is offered, and the server that Terraform talks
// to.
//
// It hands a [session.Session] to what it offers, each kind of which has a package of its own below this one. It knows
// no attribute of theirs and calls no API.
package provider

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/execution"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/grid"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/lookup"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/promotion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

var (
	_ provider.ProviderWithActions       = &matillionProvider{}
	_ provider.ProviderWithFunctions     = &matillionProvider{}
	_ provider.ProviderWithListResources = &matillionProvider{}
)

type matillionProvider struct {
	version string
	// adjust changes the client's configuration.
	adjust []func(*matillion.Config)
	// session is nil until the provider is configured, and while it defers.
	session *session.Session
}

type providerModel struct {
	Region            types.String `tfsdk:"region"`
	ClientID          types.String `tfsdk:"client_id"`
	ClientSecret      types.String `tfsdk:"client_secret"`
	Token             types.String `tfsdk:"token"`
	AccountID         types.String `tfsdk:"account_id"`
	ProjectID         types.String `tfsdk:"project_id"`
	APIURL            types.String `tfsdk:"api_url"`
	TokenURL          types.String `tfsdk:"token_url"`
	Audience          types.String `tfsdk:"audience"`
	PlanChecks        types.String `tfsdk:"plan_checks"`
	ReadOnly          types.Bool   `tfsdk:"read_only"`
	RequestsPerMinute types.Int64  `tfsdk:"requests_per_minute"`
}

func (p *matillionProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "matillion"
	resp.Version = p.version
}

func (p *matillionProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	attributes := accountAttributes()
	maps.Copy(attributes, settingAttributes())
	resp.Schema = schema.Schema{
		MarkdownDescription: "Runs published pipelines of Matillion's Data Productivity Cloud (Maia) from `terraform " +
			"apply`: one apply, one run, never lost.",
		Attributes: attributes,
	}
}

func accountAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"region": schema.StringAttribute{
			Optional: true, Validators: []validator.String{validate.OneOf(regionNames()...)},
			MarkdownDescription: "Region of the account: `eu`, `us` or `au`. Required without `api_url`. Or " +
				"`MATILLION_REGION`.",
		},
		"client_id": schema.StringAttribute{
			Optional: true, Validators: []validator.String{validate.NotEmpty()},
			MarkdownDescription: "Client id of the API credentials. Required unless `token` is set. Or `MATILLION_CLIENT_ID`.",
		},
		"client_secret": schema.StringAttribute{
			Optional: true, Sensitive: true, Validators: []validator.String{validate.NotEmpty()},
			MarkdownDescription: "Client secret of the API credentials. Required with `client_id`. Or " +
				"`MATILLION_CLIENT_SECRET`.",
		},
		"token": schema.StringAttribute{
			Optional: true, Sensitive: true, Validators: []validator.String{validate.NotEmpty()},
			MarkdownDescription: "A ready access token, instead of `client_id` and `client_secret`. Tokens live for 30 " +
				"minutes and this one cannot be renewed. Or `MATILLION_TOKEN`.",
		},
		"account_id": schema.StringAttribute{
			Optional: true, Validators: []validator.String{validate.NotEmpty()},
			MarkdownDescription: "Account that requests are for, sent as the header `account-id`. Seldom needed. Or " +
				"`MATILLION_ACCOUNT_ID`.",
		},
		"project_id": schema.StringAttribute{
			Optional: true, Validators: []validator.String{validate.UUID()},
			MarkdownDescription: "Default for every `project_id`, as a UUID. Without it, each resource needs its own. Or " +
				"`MATILLION_PROJECT_ID`.",
		},
	}
}

func settingAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"api_url": schema.StringAttribute{
			Optional: true, Validators: []validator.String{validate.Address()},
			MarkdownDescription: "Address of the API, instead of the region's, with or without the trailing `/v1`. " +
				"`http://` is accepted only for this machine itself. Or `MATILLION_API_URL`.",
		},
		"token_url": schema.StringAttribute{
			Optional: true, Validators: []validator.String{validate.Address()},
			MarkdownDescription: "URL of the token endpoint. Defaults to `" + matillion.DefaultTokenURL +
				"`. Or `MATILLION_TOKEN_URL`.",
		},
		"audience": schema.StringAttribute{
			Optional: true, Validators: []validator.String{validate.NotEmpty()},
			MarkdownDescription: "Audience that access tokens are asked for. Defaults to `" + matillion.DefaultAudience +
				"`. Or `MATILLION_AUDIENCE_URL`.",
		},
		"plan_checks": schema.StringAttribute{
			Optional: true, Validators: []validator.String{validate.OneOf(planCheckLevels()...)},
			MarkdownDescription: "Whether a plan asks the API if what it would run exists and is enabled: `off`, `warn` " +
				"(default) or `error`. Nothing is started or changed by it. Or `MATILLION_PLAN_CHECKS`.",
		},
		"read_only": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether nothing may be started, promoted or cancelled: for pull-request jobs and freezes. " +
				"Plans, refreshes and lookups work; an apply that would start or cancel something is an error. Defaults to " +
				"`false`. Or `MATILLION_READ_ONLY`.",
		},
		"requests_per_minute": schema.Int64Attribute{
			Optional: true, Validators: []validator.Int64{int64validator.Between(1, maxRequestsPerMinute)},
			MarkdownDescription: "Limit on the requests that are sent in a minute, shared by everything that uses the " +
				"provider. From 1 to 100000; defaults to 1000, the limit that the API documents. Or " +
				"`MATILLION_REQUESTS_PER_MINUTE`.",
		},
	}
}

// Configure prepares the client and sends nothing: a plan of runs that have ended needs no token.
//
// Where a value is not known yet and the client allows it, the framework defers everything:
// https://pkg.go.dev/github.com/hashicorp/terraform-plugin-framework/provider#Deferred. Other clients get a plan
// without what needs the API.
func (p *matillionProvider) Configure(
	ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse,
) {
	var config providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resolved, diags := resolveSettings(config)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := p.newClient(resolved, req.TerraformVersion)
	if err != nil {
		resp.Diagnostics.AddError("Invalid address", err.Error())
		return
	}
	configured := newSession(resolved, client)
	resp.ResourceData, resp.DataSourceData = configured, configured
	resp.ActionData, resp.ListResourceData = configured, configured
	if req.ClientCapabilities.DeferralAllowed && !req.Config.Raw.IsFullyKnown() {
		resp.Deferred = &provider.Deferred{Reason: provider.DeferredReasonProviderConfigUnknown}
		return
	}
	p.session = configured
}

// newClient returns nil while the settings are not known.
func (p *matillionProvider) newClient(resolved settings, terraformVersion string) (*matillion.Client, error) {
	if !resolved.known {
		return nil, nil
	}
	config := resolved.client
	config.UserAgent = userAgent(p.version, clientName(terraformVersion, processPaths()...))
	config.Log = func(ctx context.Context, message string, fields map[string]any) { tflog.Debug(ctx, message, fields) }
	for _, adjust := range p.adjust {
		adjust(&config)
	}
	return matillion.New(config)
}

func newSession(resolved settings, client *matillion.Client) *session.Session {
	s := &session.Session{
		Client: client, ProjectID: resolved.projectID, PlanChecks: resolved.planChecks, ReadOnly: resolved.client.ReadOnly,
		LogsProgress: infoIsRead(),
	}
	if client != nil {
		s.Catalog = session.NewCatalog(client)
	}
	return s
}

func (p *matillionProvider) Resources(context.Context) []func() resource.Resource {
	return slices.Concat(execution.Resources(), promotion.Resources())
}

func (p *matillionProvider) DataSources(context.Context) []func() datasource.DataSource {
	return slices.Concat(execution.DataSources(), lookup.DataSources())
}

func (p *matillionProvider) Actions(context.Context) []func() action.Action {
	return execution.Actions()
}

func (p *matillionProvider) ListResources(context.Context) []func() list.ListResource {
	return execution.ListResources()
}

func (p *matillionProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{grid.NewFunction}
}
