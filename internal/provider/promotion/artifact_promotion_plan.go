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

// ModifyPlan decides what the next apply does:
//
//	no instance yet                                     promote
//	an argument differs, or the provider's project      promote, by a replacement
//	an argument differs from what was just imported     an error
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
	replaces := isNew
	if !isNew {
		replaces = replaceBecause(plan, state, resp)
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

// replaceBecause replaces an instance because of arguments that make the plan another promotion, and reports whether
// there are any. It is an error where they contradict an import. The source of an import is not known: it is stored.
func replaceBecause(plan, state artifactPromotionModel, resp *resource.ModifyPlanResponse) (replaces bool) {
	check := func(argument string, configured, stored types.String) {
		if configured.Equal(stored) {
			return
		}
		replaces = true
		resp.RequiresReplace.Append(path.Root(argument))
		if state.isImported() && !configured.IsUnknown() {
			resp.Diagnostics.Append(importMismatch(argument, stored.ValueString(), configured.ValueString()))
		}
	}
	check(projectArgument, plan.ProjectID, state.ProjectID)
	if !state.isImported() {
		check(sourceArgument, plan.SourceEnvironmentName, state.SourceEnvironmentName)
	}
	check(targetArgument, plan.TargetEnvironmentName, state.TargetEnvironmentName)
	check(versionArgument, plan.VersionName, state.VersionName)
	return replaces
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
