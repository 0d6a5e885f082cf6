// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package promotion

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

// The arguments that words point at.
const (
	projectArgument = "project_id"
	sourceArgument  = "source_environment_name"
	targetArgument  = "target_environment_name"
	versionArgument = "version_name"
)

const (
	notFound = "Environment or version not found"
	disabled = "Version is disabled"
	// checkedByPlan ends the words of every finding.
	checkedByPlan = "This is checked before anything is promoted. See the provider's plan_checks."
)

// about returns the facts that name a promotion.
func about(request matillion.PromoteRequest) []diagnose.Fact {
	return []diagnose.Fact{
		{Name: "Project", Value: request.ProjectID},
		{Name: "Source", Value: request.SourceEnvironmentName},
		{Name: "Target", Value: request.TargetEnvironmentName},
		{Name: "Version", Value: request.VersionName},
	}
}

// importBlock is ready to be pasted, but for the resource's name. An id cannot have a version with a slash.
func importBlock(request matillion.PromoteRequest) string {
	target := "id = " + quote(request.ProjectID+"/"+request.TargetEnvironmentName+"/"+request.VersionName)
	if strings.Contains(request.VersionName, "/") {
		target = fmt.Sprintf("identity = { # Terraform 1.12\n      project_id              = %s\n"+
			"      target_environment_name = %s\n      version_name            = %s\n    }", quote(request.ProjectID),
			quote(request.TargetEnvironmentName), quote(request.VersionName))
	}
	return fmt.Sprintf("  import {\n    to = %s.NAME\n    %s\n  }", artifactPromotionType, target)
}

// quote writes a string as a configuration does.
func quote(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strconv.Quote(text))
}

// promoteSubject is the call that promotes a version, with what is read before it.
var promoteSubject = diagnose.Subject{
	matillion.KindNotFound: {
		Summary: notFound,
		Advice: "Check project_id, source_environment_name, target_environment_name and version_name, and that the version " +
			"is published to the source." + diagnose.CheckAddress,
	},
	matillion.KindForbidden: {
		Summary: "Matillion denied access",
		Advice: "The credentials need a role in the project and in both environments. Which role may promote is not " +
			"documented: an environment has the roles Owner, Contributor, Operator and Viewer, and the account role Super " +
			"Admin may do everything. Check the roles of the API credentials in Matillion, and account_id if it is set.",
	},
	matillion.KindConflict: {
		Summary: "Promotion conflicts with another change",
		Advice: "Somebody may be publishing or promoting to the target, or the target may have the version. See what " +
			"Matillion says below, and apply again: what the target has is read first, where the API allows it.",
	},
	matillion.KindDisabled: {
		Summary: disabled,
		Advice:  "Publish it to the source again, or set version_name to a version that is enabled.",
	},
	matillion.KindCutShort: {
		Summary: "Version was not promoted",
		Advice:  "Terraform was interrupted, or it took too long, before the request was sent. Apply again.",
	},
}

// promotionFailed words a version that was not promoted, or may not have been.
func promotionFailed(request matillion.PromoteRequest, err error) diag.Diagnostic {
	if maybe, ok := errors.AsType[*matillion.MaybePromotedError](err); ok {
		return maybePromoted(request, maybe)
	}
	if newer, ok := errors.AsType[*matillion.NewerVersionError](err); ok {
		return newerDeployed(request, newer)
	}
	if changed, ok := errors.AsType[*matillion.ChangedTargetError](err); ok {
		return targetChanged(request, changed)
	}
	words, m := promoteSubject.Words(err), diagnose.Say("The version was not promoted.")
	if matillion.IsOfRead(err) {
		words = diagnose.Subject{}.Words(err)
		m = diagnose.Say("The version was not promoted, because the versions of the environments could not be read.")
	}
	m.Text(words.Advice).Facts(about(request)...).Answer(err)
	if words.Summary == disabled {
		return m.ErrorOn(versionArgument, words.Summary)
	}
	return m.Error(words.Summary)
}

// maybePromoted words a promotion whose answer was lost, and that reading has not shown.
func maybePromoted(request matillion.PromoteRequest, maybe *matillion.MaybePromotedError) diag.Diagnostic {
	m := diagnose.Say("The request to promote the version was sent, but no answer shows whether it was promoted. " +
		"Nothing was sent again.")
	again := "The promotion may still be under way. Apply again: what the target has is read first, so that nothing is " +
		"sent if it has the version, or, unless on_drift = \"promote\", one that was created later."
	switch has := maybe.Has.Version(); {
	case maybe.LookErr != nil:
		m.Say("Reading the version of the target failed: %s.", maybe.LookErr).Text(again)
	case !maybe.Has.Readable:
		m.Say("The version of the target cannot be read: the API does not have the details of versions, or the credentials "+
			"may not see them.").
			Say("Look in the console which version the target has. If it is this one, import it, which sends nothing. If it "+
				"is an older one, apply again. Do not apply again over a newer one: that would roll it back.\n\n%s",
				importBlock(request))
	case has == "":
		m.Say("The target has no version, %s later.", maybe.Looked).Text(again)
	default:
		m.Say("The target has the version %q, %s later.", has, maybe.Looked).Text(again)
	}
	return m.Facts(about(request)...).Answer(maybe.Cause).Error("Version may have been promoted")
}

func newerDeployed(request matillion.PromoteRequest, newer *matillion.NewerVersionError) diag.Diagnostic {
	return diagnose.Say("The version was not promoted, because the target has a version that was created later. The "+
		"promotion would roll the target back.").
		Say("This is how a saved plan that is applied late ends, and a job that is repeated. If the target is to be rolled "+
			"back, set on_drift = \"promote\". Otherwise, set version_name to %q or to a later version.", newer.VersionName).
		Facts(about(request)...).
		Fact("Created", newer.OursCreatedAt.Format(time.RFC3339)).
		Fact("Deployed version", newer.VersionName).
		Fact("Deployed version created", newer.CreatedAt.Format(time.RFC3339)).
		ErrorOn(versionArgument, "Newer version is deployed")
}

// targetChanged words a promotion that would replace something else than the plan has shown.
func targetChanged(request matillion.PromoteRequest, changed *matillion.ChangedTargetError) diag.Diagnostic {
	return diagnose.Say("The version was not promoted, because somebody has deployed another version since the plan.").
		Say("Plan again to see what the promotion would replace.").Facts(about(request)...).
		Fact("Deployed version", changed.VersionName).Fact("Deployed version in the plan", changed.Before).
		Error("Target has changed since the plan")
}

// orderUnknown words a promotion over a version that may have been a newer one.
func orderUnknown(request matillion.PromoteRequest, replaced string) diag.Diagnostic {
	return diagnose.Say("The version was promoted over the version %q. Which of the two was created later cannot be "+
		"read, so it is not known whether the target was rolled back.", replaced).
		Say("If the other version is the newer one, promote it again.").
		Facts(about(request)...).Warning("Age of the replaced version is not known")
}

// hidden words a promotion that was accepted, and that its target does not show.
func hidden(request matillion.PromoteRequest) diag.Diagnostic {
	return diagnose.Say("Matillion accepted the promotion, but the target did not show the version within half a " +
		"minute, or until Terraform was interrupted.").
		Say("Until it shows, a run of the version may be refused, and a plan may report that another version is deployed. " +
			"If that does not end, look in the console which version the target has.").
		Facts(about(request)...).Warning("Promotion does not show yet")
}

// unconfirmed words a promotion that was accepted, and that nothing else shows.
func unconfirmed(request matillion.PromoteRequest) diag.Diagnostic {
	return diagnose.Say("Matillion accepted the promotion, but its answer does not name the version, and the version of " +
		"the target cannot be read. The promotion counts as done, and nothing is sent again.").
		Say("Look in the console which version the target has. To promote the version again, replace the resource, for " +
			"example with -replace.").
		Facts(about(request)...).Warning("Promotion is not confirmed")
}

// drifted words that the target has another version than the one that was promoted, or none. It is said before the
// configuration is known, whose on_drift may be another than that of the state.
func drifted(request matillion.PromoteRequest, has string) diag.Diagnostic {
	m := diagnose.Say("The target has the version %q, although version %q was promoted to it. Somebody has deployed "+
		"another version since, or the promotion does not show yet.", has, request.VersionName)
	if has == "" {
		m = diagnose.Say("The target no longer has a version. Version %q was promoted to it.", request.VersionName)
	}
	return m.Say("With on_drift = \"promote\", the version is promoted again, but not by the apply that imports it. " +
		"Otherwise, nothing is changed: to continue with another version, set version_name to it, which sends nothing " +
		"if the target has it.").
		Facts(about(request)...).Warning("Another version is deployed")
}

// readingFailed words a refresh that failed.
func readingFailed(request matillion.PromoteRequest, err error) diag.Diagnostic {
	return diagnose.Subject{}.Failed(
		fmt.Sprintf("Reading which version the environment %q has", request.TargetEnvironmentName), err)
}

func replacementRefused(request matillion.PromoteRequest) diag.Diagnostic {
	words := diagnose.Subject{}.Words(matillion.ErrReadOnly)
	return diagnose.Say("The promotion was to be replaced by another one. It is kept, because nothing may be promoted.").
		Text(words.Advice).Facts(about(request)...).Error(words.Summary)
}

func sameEnvironment(name string) diag.Diagnostic {
	return diagnose.Say("The source and the target of a promotion are the same environment, %q. Set one of them to "+
		"another.", name).ErrorOn(targetArgument, "Same source and target")
}

func invalidImport(id string) diag.Diagnostic {
	return diagnose.Say("The id must be PROJECT_ID/TARGET_ENVIRONMENT_NAME/VERSION_NAME. The project id is a UUID.").
		Fact("Got", id).Error("Invalid import id")
}

func nothingToImport(request matillion.PromoteRequest, latest string) diag.Diagnostic {
	return diagnose.Say("The version cannot be imported, because the environment does not have it. Its latest version is "+
		"%q.", latest).
		Say("Correct the id, or remove the import block to promote the version.").
		Facts(about(request)...).Error("Promotion not found")
}

func importMismatch(argument, imported, configured string) diag.Diagnostic {
	return diagnose.Say("The imported promotion has %q for %s, and the configuration %q. Importing promotes nothing.",
		imported, argument, configured).
		Say("Import another promotion, or correct the argument.").ErrorOn(argument, "Imported promotion does not match")
}

func environmentMissing(
	request matillion.PromoteRequest, argument, name string, environments []string, severity diag.Severity,
) diag.Diagnostic {
	return diagnose.Say("The environment %q is not among those of the project, as far as the credentials can see.", name).
		DidYouMean(name, environments).
		Say("Correct %s, or project_id.", argument).Text(checkedByPlan).
		Facts(about(request)...).On(argument, severity, notFound)
}

func versionMissing(request matillion.PromoteRequest, latest string, severity diag.Severity) diag.Diagnostic {
	m := diagnose.Say("The version that would be promoted is not published to the source.")
	if near := diagnose.Nearest(request.VersionName, []string{latest}); len(near) > 0 {
		m.Say("Did you mean its latest version, %q?", latest)
	} else if latest != "" {
		m.Say("The latest version there is %q.", latest)
	}
	return m.Say("Publish it to the source, or correct version_name.").Text(checkedByPlan).
		Facts(about(request)...).On(versionArgument, severity, notFound)
}

func versionDisabled(request matillion.PromoteRequest, severity diag.Severity) diag.Diagnostic {
	return diagnose.Say("The version that would be promoted is disabled.").
		Say("Publish it to the source again, or set version_name to a version that is enabled.").Text(checkedByPlan).
		Facts(about(request)...).On(versionArgument, severity, disabled)
}
