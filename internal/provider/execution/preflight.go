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
type preflight struct{ *session.Session }

// check returns what is wrong with a run that is planned.
func (p preflight) check(ctx context.Context, plan requestModel) diag.Diagnostics {
	request := plan.target()
	if !p.asks(request) {
		return nil
	}
	found := p.ask(ctx, request, !plan.VersionName.IsUnknown())
	if finding := found.finding(request, p.PlanChecks.Severity()); finding != nil {
		return diag.Diagnostics{finding}
	}
	return p.failed(ctx, request, found.failure)
}

// checkStart returns what is wrong with a run that the apply of a plan starts. It names the executions of the pipeline
// that are running already, but for those that started after this process: another instance of the plan may have.
func (p preflight) checkStart(ctx context.Context, plan requestModel) diag.Diagnostics {
	request := plan.target()
	if !p.asks(request) || request.PipelineName == "" {
		return p.check(ctx, plan)
	}
	p.askRunning(ctx, request) // at the same time as the rest
	diags := p.check(ctx, plan)
	running, runningDiags := p.running(ctx, request)
	diags.Append(runningDiags...)
	others := slices.DeleteFunc(running, func(run matillion.Execution) bool {
		return !p.Client.Executions.Precedes(run)
	})
	if len(others) > 0 {
		diags.Append(runningAlready(request, others))
	}
	return diags
}

// running returns the executions of a pipeline that have not ended, but for those that belong to this process.
func (p preflight) running(
	ctx context.Context, request matillion.ExecuteRequest,
) ([]matillion.Execution, diag.Diagnostics) {
	if !p.asks(request) {
		return nil, nil
	}
	listed, err := p.askRunning(ctx, request).Wait(ctx)
	if err != nil {
		return nil, p.failed(ctx, request, err)
	}
	return slices.DeleteFunc(slices.Clone(listed), func(run matillion.Execution) bool {
		return matillion.CompareNames(run.PipelineName, request.PipelineName) == matillion.NamesDiffer ||
			p.Client.Executions.Knows(run.ID)
	}), nil
}

// askRunning asks what is running in the environment of a request, and does not wait for the answer.
func (p preflight) askRunning(
	ctx context.Context, request matillion.ExecuteRequest,
) *session.Answer[[]matillion.Execution] {
	return p.Catalog.Running.Ask(ctx, session.Environment{ProjectID: request.ProjectID, Name: request.EnvironmentName})
}

// asks reports whether there is somebody to ask, and something to ask for.
func (p preflight) asks(request matillion.ExecuteRequest) bool {
	return p.Catalog != nil && p.PlanChecks != session.ChecksOff &&
		request.ProjectID != "" && request.EnvironmentName != ""
}

// failed says that a check could not be made, if the error leaves it open what the check would have found. What the end
// of the caller's own context cut short is not said.
func (p preflight) failed(ctx context.Context, request matillion.ExecuteRequest, err error) diag.Diagnostics {
	if ctx.Err() != nil || !session.IsUnanswered(err) {
		return nil
	}
	return p.Catalog.ChecksFailed(err, p.PlanChecks,
		diagnose.Fact{Name: "Project", Value: request.ProjectID},
		diagnose.Fact{Name: "Environment", Value: request.EnvironmentName})
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

// note keeps the first error that leaves it open what the check would have found.
func (t *targetFacts) note(err error) {
	if t.failure == nil && session.IsUnanswered(err) {
		t.failure = err
	}
}

// ask asks for all at the same time, so that an API that does not answer holds up a plan for the time of one question.
func (p preflight) ask(ctx context.Context, request matillion.ExecuteRequest, versionKnown bool) targetFacts {
	in := session.Environment{ProjectID: request.ProjectID, Name: request.EnvironmentName}
	wanted := session.Version{Environment: in, Name: request.VersionName}
	environments, pipelines := p.Catalog.Environments.Ask(ctx, in.ProjectID), p.Catalog.Pipelines.Ask(ctx, in)
	if versionKnown {
		p.Catalog.Artifacts.Ask(ctx, wanted)
	}
	var t targetFacts
	var err error
	if t.environments, err = environments.Wait(ctx); err != nil {
		t.environments = nil
		t.note(err)
	}
	if t.published, err = pipelines.Wait(ctx); err != nil {
		t.published = nil
		t.note(err)
	}
	if versionKnown {
		p.askVersion(ctx, wanted, &t)
	}
	return t
}

// askVersion adds what there is to know about a version.
func (p preflight) askVersion(ctx context.Context, wanted session.Version, t *targetFacts) {
	artifact, err := p.Catalog.Artifacts.Ask(ctx, wanted).Wait(ctx)
	t.note(err)
	switch {
	case err == nil:
		t.versionName = artifact.Details.VersionName
		t.disabled = artifact.Details.Enabled != nil && !*artifact.Details.Enabled
	case wanted.Name != "" && matillion.IsNotFound(err):
		// What does not exist is the version, if the latest does, or else the endpoint.
		latest, err := p.Catalog.Artifacts.Ask(ctx, session.Version{Environment: wanted.Environment}).Wait(ctx)
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
