// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package promotion is the promotion of a published version from one environment to another: the resource that promotes
// it once, and never rolls a target back unless it is told to.
//
// What the target has is read by the API's client before anything is sent, and after an answer was lost: see
// [matillion.ArtifactsService.Promote]. The package decides what a plan does about what the target has, and words it.
// It knows the session and the API, and no other kind of thing.
package promotion

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/nullable"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

const artifactPromotionType = "matillion_artifact_promotion"

// promoteTimeout bounds a promotion with all that is read for it. A request takes half a minute and so do the looks
// after a lost answer; the rest is for an API that is limiting requests.
const promoteTimeout = 10 * time.Minute

// The values of on_drift.
const (
	driftError   = "error"
	driftPromote = "promote"
)

// replacesKey is where the plan of a replacement tells Delete in the private data that it is one. Create removes it.
const replacesKey = "replaces"

var (
	_ resource.ResourceWithConfigure      = &artifactPromotionResource{}
	_ resource.ResourceWithValidateConfig = &artifactPromotionResource{}
	_ resource.ResourceWithModifyPlan     = &artifactPromotionResource{}
	_ resource.ResourceWithImportState    = &artifactPromotionResource{}
	_ resource.ResourceWithIdentity       = &artifactPromotionResource{}
)

// Resources returns the constructors of the package's resources.
func Resources() []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return &artifactPromotionResource{} }}
}

// artifactPromotionResource is one promotion per version and target.
type artifactPromotionResource struct{ session.ConfiguredResource }

type artifactPromotionModel struct {
	ProjectID             types.String `tfsdk:"project_id"`
	SourceEnvironmentName types.String `tfsdk:"source_environment_name"`
	TargetEnvironmentName types.String `tfsdk:"target_environment_name"`
	VersionName           types.String `tfsdk:"version_name"`
	OnDrift               types.String `tfsdk:"on_drift"`
	DeployedVersionName   types.String `tfsdk:"deployed_version_name"`
}

// identityModel names a promotion for good.
type identityModel struct {
	ProjectID             types.String `tfsdk:"project_id"`
	TargetEnvironmentName types.String `tfsdk:"target_environment_name"`
	VersionName           types.String `tfsdk:"version_name"`
}

func (m artifactPromotionModel) identity() identityModel {
	return identityModel{m.ProjectID, m.TargetEnvironmentName, m.VersionName}
}

// request returns the call that the model describes. What is null or unknown is empty.
func (m artifactPromotionModel) request() matillion.PromoteRequest {
	return matillion.PromoteRequest{
		ProjectID:             m.ProjectID.ValueString(),
		SourceEnvironmentName: m.SourceEnvironmentName.ValueString(),
		TargetEnvironmentName: m.TargetEnvironmentName.ValueString(),
		VersionName:           m.VersionName.ValueString(),
	}
}

// hasDrifted reports whether the target has something else than the version.
func (m artifactPromotionModel) hasDrifted() bool { return !m.DeployedVersionName.Equal(m.VersionName) }

// promotesOverDrift reports whether on_drift says that the version is promoted over any other.
func (m artifactPromotionModel) promotesOverDrift() bool {
	return m.OnDrift.ValueString() == driftPromote
}

// isImported reports whether nothing has been applied since an import, which does not know the source.
func (m artifactPromotionModel) isImported() bool { return m.SourceEnvironmentName.IsNull() }

func (r *artifactPromotionResource) Metadata(
	_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse,
) {
	resp.TypeName = artifactPromotionType
}

func (r *artifactPromotionResource) Schema(
	_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse,
) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Promotes a published version from one environment to another, once. The version becomes the " +
			"latest of the target. There is no undo: destroying the resource forgets the promotion and changes nothing in " +
			"Matillion.",
		Attributes: map[string]schema.Attribute{
			"project_id": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{validate.UUID()},
				MarkdownDescription: "Project of the environments, as a UUID. Defaults to the provider's `project_id`.",
			},
			"source_environment_name": schema.StringAttribute{
				Required: true, Validators: []validator.String{validate.EnvironmentName()},
				MarkdownDescription: "Environment that has the version. 1 to 255 characters.",
			},
			"target_environment_name": schema.StringAttribute{
				Required: true, Validators: []validator.String{validate.EnvironmentName()},
				MarkdownDescription: "Environment to promote to, another one than the source. 1 to 255 characters.",
			},
			"version_name": schema.StringAttribute{
				Required: true, Validators: []validator.String{validate.NotEmpty()},
				MarkdownDescription: "Published version to promote. A `matillion_pipeline_execution` whose `version_name` " +
					"refers to it runs that version, after the promotion.",
			},
			"on_drift": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(driftError),
				Validators: []validator.String{stringvalidator.OneOf(driftError, driftPromote)},
				MarkdownDescription: "What to do about another version in the target. With `error` (default), a version that " +
					"was created later is not promoted over, and one that somebody has deployed since is a warning. With " +
					"`promote`, the version is promoted over any other, and again whenever another has been deployed.",
			},
			"deployed_version_name": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "Version that the target had when it was last read: the one that was deployed or promoted " +
					"last. Null if it had none.",
			},
		},
	}
}

func (r *artifactPromotionResource) IdentitySchema(
	_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse,
) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"project_id": identityschema.StringAttribute{
			OptionalForImport: true, Description: "Project of the environments. Defaults to the provider's project_id.",
		},
		"target_environment_name": identityschema.StringAttribute{
			RequiredForImport: true, Description: "Environment that the version was promoted to.",
		},
		"version_name": identityschema.StringAttribute{RequiredForImport: true, Description: "Promoted version."},
	}}
}

func (r *artifactPromotionResource) ValidateConfig(
	ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse,
) {
	var config artifactPromotionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if name := config.TargetEnvironmentName; !name.IsUnknown() && name.Equal(config.SourceEnvironmentName) {
		resp.Diagnostics.Append(sameEnvironment(name.ValueString()))
	}
}

// Create promotes the version, unless the target has it already.
func (r *artifactPromotionResource) Create(
	ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse,
) {
	var plan artifactPromotionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(r.promote(ctx, &plan, nil)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, replacesKey, nil)...)
}

// promote promotes the version of a plan, which then says so. It replaces nothing but the given version: nil means any.
func (r *artifactPromotionResource) promote(
	ctx context.Context, plan *artifactPromotionModel, replaces *string,
) diag.Diagnostics {
	project, diags := r.ReadyIn(plan.ProjectID)
	if diags.HasError() {
		return diags
	}
	plan.ProjectID = project
	limited, cancel := context.WithTimeout(ctx, promoteTimeout)
	defer cancel()
	promoted, err := r.Client.Artifacts.Promote(limited, plan.request(), matillion.PromoteOptions{
		OverNewer: plan.promotesOverDrift(), Replaces: replaces,
	})
	if err != nil {
		diags.Append(promotionFailed(plan.request(), err))
	}
	if promoted.Unordered != "" {
		diags.Append(orderUnknown(plan.request(), promoted.Unordered))
	}
	if promoted.Hidden {
		diags.Append(hidden(plan.request()))
	}
	if promoted.Unconfirmed {
		diags.Append(unconfirmed(plan.request()))
	}
	plan.DeployedVersionName = plan.VersionName
	return diags
}

// Read reads what the target has. Where the API does not say, what is known stays.
func (r *artifactPromotionResource) Read(
	ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse,
) {
	var state artifactPromotionModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...) // a CLI before 1.12 does not keep it
	if resp.Diagnostics.HasError() || r.Client == nil {
		return
	}
	deployed, err := r.Client.Artifacts.Deployed(ctx, state.request())
	switch {
	case err != nil:
		resp.Diagnostics.Append(readingFailed(state.request(), err))
		return
	case deployed.Readable:
		state.DeployedVersionName = nullable.String(deployed.Version())
	case state.DeployedVersionName.IsNull() && state.isImported():
		state.DeployedVersionName = state.VersionName
	}
	if state.hasDrifted() {
		resp.Diagnostics.Append(drifted(state.request(), state.DeployedVersionName.ValueString()))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// Update stores what has changed in place, and promotes the version again if another has been deployed since and that
// is what on_drift says. It replaces only what the plan has seen, which is in the state. An import is stored first.
func (r *artifactPromotionResource) Update(
	ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse,
) {
	var plan, state artifactPromotionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	plan.DeployedVersionName = state.DeployedVersionName
	if plan.promotesOverDrift() && state.hasDrifted() && !state.isImported() {
		seen := state.DeployedVersionName.ValueString()
		resp.Diagnostics.Append(r.promote(ctx, &plan, &seen)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

// Delete forgets the promotion, which cannot be undone. A read-only provider refuses the Delete of a replacement, which
// could not be promoted.
func (r *artifactPromotionResource) Delete(
	ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse,
) {
	var state artifactPromotionModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	replaces, diags := req.Private.GetKey(ctx, replacesKey)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, replacesKey, nil)...)
	if r.ReadOnly && len(replaces) > 0 {
		resp.Diagnostics.Append(replacementRefused(state.request()))
	}
}

// ImportState takes PROJECT_ID/TARGET/VERSION or an identity. A version that the target is known not to have cannot be
// imported.
func (r *artifactPromotionResource) ImportState(
	ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse,
) {
	var named identityModel
	if req.ID == "" {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &named)...)
	} else {
		// The name of an environment may have a slash; in the name of a version, only an identity can have one.
		project, name, _ := strings.Cut(req.ID, "/")
		last := max(0, strings.LastIndex(name, "/"))
		named.ProjectID, named.TargetEnvironmentName = types.StringValue(project), types.StringValue(name[:last])
		named.VersionName = types.StringValue(strings.TrimPrefix(name[last:], "/"))
	}
	project, diags := r.ReadyIn(named.ProjectID)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	imported := artifactPromotionModel{
		ProjectID: project, TargetEnvironmentName: named.TargetEnvironmentName, VersionName: named.VersionName,
	}
	request := imported.request()
	if !validate.IsUUID(request.ProjectID) || request.TargetEnvironmentName == "" || request.VersionName == "" {
		resp.Diagnostics.Append(invalidImport(req.ID))
		return
	}
	resp.Diagnostics.Append(r.checkImport(ctx, request)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, imported)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, imported.identity())...)
}
