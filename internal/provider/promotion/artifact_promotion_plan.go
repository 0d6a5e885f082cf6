// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package promotion

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

// ModifyPlan decides what the next apply does, beside what the schema says of single attributes:
//
//	no instance yet                                     promote
//	an argument differs (the schema)                    promote, by a replacement
//	an argument differs from what was just imported     an error
//	another project, by the provider's default          promote, by a replacement
//	the target has another version, and on_drift says   promote again, by an update of deployed_version_name, but not
//	                                                    in the plan of an import
//	anything else                                       nothing
//
// Terraform plans a replacement a second time, as if there were no instance: that is the plan which asks the API.
func (r *artifactPromotionResource) ModifyPlan(
	ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse,
) {
	if req.Plan.Raw.IsNull() {
		return
	}
	state := artifactPromotionModel{ProjectID: types.StringUnknown()}
	isNew := req.State.Raw.IsNull()
	if !isNew {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	var plan artifactPromotionModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("project_id"), &plan.ProjectID)...)
	if resp.Diagnostics.HasError() {
		return
	}
	project, diags := r.PlannedProject(plan.ProjectID, state.ProjectID)
	resp.Diagnostics.Append(diags...)
	plan.ProjectID = project
	if !isNew && !project.Equal(state.ProjectID) {
		resp.RequiresReplace.Append(path.Root("project_id"))
	}
	replaces := isNew || state.isReplacedBy(plan)
	if !isNew && state.isImported() {
		resp.Diagnostics.Append(importMismatches(plan, state)...)
	}
	if replaces {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, replacesKey, []byte("true"))...)
	}
	plan.DeployedVersionName = plannedDeployment(plan, state, replaces)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
	if isNew || (!replaces && !plan.DeployedVersionName.Equal(state.DeployedVersionName)) {
		resp.Diagnostics.Append(r.checkPlan(ctx, plan.request())...)
	}
}

// importMismatches finds arguments that contradict an import, which is not to be replaced by a promotion.
func importMismatches(plan, state artifactPromotionModel) (diags diag.Diagnostics) {
	check := func(argument string, configured, imported types.String) {
		if !configured.IsUnknown() && !configured.Equal(imported) {
			diags.Append(importMismatch(argument, imported.ValueString(), configured.ValueString()))
		}
	}
	check("project_id", plan.ProjectID, state.ProjectID)
	check(targetArgument, plan.TargetEnvironmentName, state.TargetEnvironmentName)
	check(versionArgument, plan.VersionName, state.VersionName)
	return diags
}

// plannedDeployment returns what the target will have. Another value than that of the state is a promotion.
func plannedDeployment(plan, state artifactPromotionModel, replaces bool) types.String {
	drifted := state.hasDrifted() && !state.isImported()
	switch {
	case replaces, drifted && plan.OnDrift.IsUnknown():
		return types.StringUnknown()
	case drifted && plan.promotesOverDrift():
		return plan.VersionName
	default:
		return state.DeployedVersionName
	}
}

// checkPlan asks the API whether what a plan would promote exists and is enabled. It only reads. What cannot be asked,
// without rights, without the endpoint, or while a value is not known, is not a finding. For the rest of the plan, the
// version counts as published to the target, so that the checks of a run of it pass.
func (r *artifactPromotionResource) checkPlan(
	ctx context.Context, request matillion.PromoteRequest,
) (diags diag.Diagnostics) {
	if r.Catalog == nil || r.PlanChecks == session.ChecksOff || request.ProjectID == "" {
		return nil
	}
	source := session.Environment{ProjectID: request.ProjectID, Name: request.SourceEnvironmentName}
	target := session.Environment{ProjectID: request.ProjectID, Name: request.TargetEnvironmentName}
	environments := r.Catalog.Environments.Ask(ctx, request.ProjectID)
	if source.Name != "" && request.VersionName != "" {
		answer := r.Catalog.Artifacts.Ask(ctx, session.Version{Environment: source, Name: request.VersionName})
		if target.Name != "" {
			r.Catalog.Artifacts.Expect(session.Version{Environment: target, Name: request.VersionName}, answer)
		}
		diags.Append(r.checkVersion(ctx, request, source, answer)...)
	}
	names, err := environments.Wait(ctx)
	if ctx.Err() == nil && session.IsUnanswered(err) {
		diags.Append(r.Catalog.ChecksFailed(err, r.PlanChecks, about(request)...)...)
	}
	// A list without any environment may be for lack of permission.
	if err != nil || len(names) == 0 {
		return diags
	}
	diags.Append(r.checkEnvironment(ctx, request, sourceArgument, source, names)...)
	diags.Append(r.checkEnvironment(ctx, request, targetArgument, target, names)...)
	return diags
}

// checkEnvironment checks that an environment exists: it is in a list of names, which may be incomplete, or something
// is published to it.
func (r *artifactPromotionResource) checkEnvironment(
	ctx context.Context, request matillion.PromoteRequest, argument string, in session.Environment, names []string,
) diag.Diagnostics {
	if in.Name == "" || slices.Contains(names, in.Name) {
		return nil
	}
	if _, err := r.Catalog.Artifacts.Ask(ctx, session.Version{Environment: in}).Wait(ctx); err == nil {
		return nil
	}
	return diag.Diagnostics{environmentMissing(request, argument, in.Name, names, r.PlanChecks.Severity())}
}

// checkVersion checks that the source has the version, and that it is enabled.
func (r *artifactPromotionResource) checkVersion(
	ctx context.Context, request matillion.PromoteRequest, source session.Environment,
	answer *session.Answer[matillion.Artifact],
) diag.Diagnostics {
	artifact, err := answer.Wait(ctx)
	switch {
	case err == nil && artifact.Details.Enabled != nil && !*artifact.Details.Enabled:
		return diag.Diagnostics{versionDisabled(request, r.PlanChecks.Severity())}
	case matillion.IsNotFound(err):
		// What does not exist is the version, if the latest does, or else the environment or the endpoint.
		latest, err := r.Catalog.Artifacts.Ask(ctx, session.Version{Environment: source}).Wait(ctx)
		if err == nil {
			return diag.Diagnostics{
				versionMissing(request, latest.Details.VersionName, r.PlanChecks.Severity()),
			}
		}
	case ctx.Err() == nil && session.IsUnanswered(err):
		return r.Catalog.ChecksFailed(err, r.PlanChecks, about(request)...)
	}
	return nil
}

// checkImport finds that the target does not have a version that is to be imported, if the API says what it has.
func (r *artifactPromotionResource) checkImport(
	ctx context.Context, request matillion.PromoteRequest,
) diag.Diagnostics {
	_, err := r.Client.Artifacts.Details(ctx, request.ProjectID, request.TargetEnvironmentName, request.VersionName)
	if !matillion.IsNotFound(err) {
		return nil // Read says why it cannot be read, if it cannot.
	}
	latest, err := r.Client.Artifacts.Details(ctx, request.ProjectID, request.TargetEnvironmentName, "")
	if err != nil {
		return nil
	}
	return diag.Diagnostics{nothingToImport(request, latest.Details.VersionName)}
}
