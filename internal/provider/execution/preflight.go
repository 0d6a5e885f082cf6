// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

// preflight asks the API whether what a plan would run exists, and what is running already. It only reads. It is not a
// finding if something cannot be asked because permission, the endpoint or a value is missing. If the API does not
// answer at all, that is said once.
type preflight struct {
	level session.CheckLevel
	// catalog is nil while the provider's configuration is not known.
	catalog *session.Catalog
}

// check returns what is wrong with a run that a plan would start.
func (p preflight) check(ctx context.Context, plan requestModel) diag.Diagnostics {
	request := plan.target()
	if !p.asks(request) {
		return nil
	}
	found := p.ask(ctx, request, !plan.VersionName.IsUnknown())
	if finding := found.finding(request, p.level.Severity()); finding != nil {
		return diag.Diagnostics{finding}
	}
	if found.failure == nil {
		return nil
	}
	return p.catalog.ChecksFailed(found.failure, p.level,
		diagnose.Fact{Name: "Project", Value: request.ProjectID},
		diagnose.Fact{Name: "Environment", Value: request.EnvironmentName})
}

func (p preflight) asks(request matillion.ExecuteRequest) bool {
	return p.catalog != nil && p.level != session.ChecksOff && request.ProjectID != "" && request.EnvironmentName != ""
}

// askRunning asks what is running where a plan would start a run, and does not wait for the answer. It returns nil
// where nothing is asked.
func (p preflight) askRunning(ctx context.Context, plan requestModel) *session.Answer[[]matillion.Execution] {
	request := plan.target()
	if !p.asks(request) || request.PipelineName == "" {
		return nil
	}
	return p.catalog.Running.Ask(ctx, session.Environment{ProjectID: request.ProjectID, Name: request.EnvironmentName})
}

// warnOfRunning names the executions of the pipeline that are running already, but for those that belong to this
// process, or surely started after it: another instance of this plan may have. It is a warning whatever plan_checks says.
func (p preflight) warnOfRunning(
	ctx context.Context, plan requestModel, answer *session.Answer[[]matillion.Execution],
	executions *matillion.ExecutionsService,
) diag.Diagnostics {
	request := plan.target()
	listed, err := answer.Wait(ctx)
	others := slices.DeleteFunc(slices.Clone(listed), func(run matillion.Execution) bool {
		return matillion.CompareNames(run.PipelineName, request.PipelineName) == matillion.NamesDiffer ||
			executions.Knows(run.ID) || !executions.Precedes(run)
	})
	if err != nil || len(others) == 0 {
		return nil
	}
	return diag.Diagnostics{runningAlready(request, others)}
}

// targetFacts is what exists where a run would be started. What could not be asked is zero.
type targetFacts struct {
	environments []string // of the project
	published    []string // to the environment, in its latest version
	contents     []string // what the version can run; empty but not nil if nothing
	disabled     bool     // the version
	versionName  string

	// noSuchVersion is whether the version does not exist although others do. One of them is latest.
	noSuchVersion bool
	latest        string
	// failure is why something could not be asked that should have been answered.
	failure error
}

// note keeps an error that leaves it open what the check would have found. What the end of the caller's own context cut
// short is not one.
func (t *targetFacts) note(ctx context.Context, err error) {
	if t.failure == nil && ctx.Err() == nil && session.IsUnanswered(err) {
		t.failure = err
	}
}

// ask asks for all at the same time, so that an API that does not answer holds up a plan for the time of one question.
func (p preflight) ask(ctx context.Context, request matillion.ExecuteRequest, versionKnown bool) targetFacts {
	in := session.Environment{ProjectID: request.ProjectID, Name: request.EnvironmentName}
	wanted := session.Version{Environment: in, Name: request.VersionName}
	environments, pipelines := p.catalog.Environments.Ask(ctx, in.ProjectID), p.catalog.Pipelines.Ask(ctx, in)
	if versionKnown {
		p.catalog.Artifacts.Ask(ctx, wanted)
	}
	var t targetFacts
	var err error
	if t.environments, err = environments.Wait(ctx); err != nil {
		t.environments = nil
		t.note(ctx, err)
	}
	if t.published, err = pipelines.Wait(ctx); err != nil {
		t.published = nil
		t.note(ctx, err)
	}
	if versionKnown {
		p.askVersion(ctx, wanted, &t)
	}
	return t
}

// askVersion adds what there is to know about a version.
func (p preflight) askVersion(ctx context.Context, wanted session.Version, t *targetFacts) {
	artifact, err := p.catalog.Artifacts.Ask(ctx, wanted).Wait(ctx)
	t.note(ctx, err)
	switch {
	case err == nil:
		t.versionName = artifact.Details.VersionName
		t.disabled = artifact.Details.Enabled != nil && !*artifact.Details.Enabled
	case wanted.Name != "" && matillion.IsNotFound(err):
		// What does not exist is the version, if the latest does, or else the endpoint.
		latest, err := p.catalog.Artifacts.Ask(ctx, session.Version{Environment: wanted.Environment}).Wait(ctx)
		t.noSuchVersion, t.latest = err == nil, latest.Details.VersionName
	}
	switch {
	case wanted.Name == "":
		t.contents = t.published
	case len(artifact.Assets) > 0:
		t.contents = artifact.Assets
	}
}

// finding returns the first thing that is wrong, or nil.
func (t targetFacts) finding(request matillion.ExecuteRequest, severity diag.Severity) diag.Diagnostic {
	switch {
	case t.lacksEnvironment(request.EnvironmentName):
		return environmentMissing(request, t.environments, severity)
	case t.noSuchVersion:
		return versionMissing(request, t.latest, severity)
	case t.lacksPipeline(request):
		return pipelineMissing(request, t.contents, severity)
	case t.disabled:
		return versionDisabled(request, t.versionName, severity)
	default:
		return nil
	}
}

// lacksEnvironment does not believe a list without any environment, which may be hidden, nor one that is at
// odds with an environment to which pipelines are published.
func (t targetFacts) lacksEnvironment(name string) bool {
	return len(t.environments) > 0 && len(t.published) == 0 && !slices.Contains(t.environments, name)
}

// lacksPipeline lets a name pass that only may mean a published one: callers of the API name pipelines differently.
func (t targetFacts) lacksPipeline(request matillion.ExecuteRequest) bool {
	name := request.PipelineName
	return name != "" && t.contents != nil && !slices.ContainsFunc(t.contents, func(published string) bool {
		return matillion.CompareNames(published, name) != matillion.NamesDiffer
	})
}
