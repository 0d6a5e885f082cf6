package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// The values of plan_checks.
const (
	planCheckOff   = "off"
	planCheckWarn  = "warn"
	planCheckError = "error"
)

func planCheckLevels() []string { return []string{planCheckOff, planCheckWarn, planCheckError} }

// planChecks asks the API whether what a plan would run is there. It only reads, and asks for each thing once, however
// many resources a plan has. What cannot be asked is not a finding: for want of rights, of the endpoint, of an answer in
// time, or of a value that is not known yet.
type planChecks struct {
	level        string
	environments askedOnce[string, []string] // of a project
	pipelines    askedOnce[place, []string]  // published to an environment
	versions     askedOnce[publication, matillion.Artifact]
}

// place is where pipelines are published to.
type place struct{ projectID, environment string }

// publication is what was published to a place at one time: the version of a name, or else the latest.
type publication struct {
	place
	version string
}

func newPlanChecks(client *matillion.Client, level string) *planChecks {
	c := &planChecks{level: level}
	c.environments.ask = func(ctx context.Context, projectID string) ([]string, error) {
		environments, err := client.Environments.List(ctx, projectID)
		return each(environments, func(e matillion.Environment) string { return e.Name }), err
	}
	c.pipelines.ask = func(ctx context.Context, at place) ([]string, error) {
		pipelines, err := client.Pipelines.Published(ctx, at.projectID, at.environment)
		return each(pipelines, func(p matillion.PublishedPipeline) string { return p.Name }), err
	}
	c.versions.ask = func(ctx context.Context, p publication) (matillion.Artifact, error) {
		return client.Artifacts.Details(ctx, p.projectID, p.environment, p.version)
	}
	return c
}

// run returns what is wrong with a run that a plan would start. There are no checks, that is a nil receiver, while the
// provider's configuration is not known yet.
func (c *planChecks) run(ctx context.Context, model requestModel) diag.Diagnostics {
	// A value that is not known is empty here, as is one that is not set.
	req := matillion.ExecuteRequest{
		ProjectID:       model.ProjectID.ValueString(),
		EnvironmentName: model.EnvironmentName.ValueString(),
		PipelineName:    model.PipelineName.ValueString(),
		VersionName:     model.VersionName.ValueString(),
	}
	if c == nil || c.level == planCheckOff || req.ProjectID == "" || req.EnvironmentName == "" {
		return nil
	}
	finding := c.lookAround(ctx, req, !model.VersionName.IsUnknown()).finding(req, c.level)
	if finding == nil {
		return nil
	}
	return diag.Diagnostics{finding}
}

// surroundings are what the API tells about a run that has not been started. What it does not tell is zero.
type surroundings struct {
	environments []string // of the project
	published    []string // to the environment, in its latest version
	contents     []string // what the version can run; empty but not nil if nothing
	disabled     bool     // the version
	versionName  string

	// noSuchVersion tells that the version is not there, while others are: latest is one.
	noSuchVersion bool
	latest        string
}

// lookAround asks what there is to know. All is asked at the same time, so that an API that does not answer holds up a
// plan for the time of one question.
func (c *planChecks) lookAround(ctx context.Context, req matillion.ExecuteRequest, versionKnown bool) surroundings {
	here := place{projectID: req.ProjectID, environment: req.EnvironmentName}
	environments, pipelines := c.environments.about(ctx, here.projectID), c.pipelines.about(ctx, here)
	wanted := publication{here, req.VersionName}
	if versionKnown {
		c.versions.about(ctx, wanted)
	}
	var s surroundings
	if names, err := environments.wait(ctx); err == nil {
		s.environments = names
	}
	if names, err := pipelines.wait(ctx); err == nil {
		s.published = names
	}
	if versionKnown {
		c.lookInto(ctx, wanted, &s)
	}
	return s
}

// lookInto adds what there is to know about a version.
func (c *planChecks) lookInto(ctx context.Context, p publication, s *surroundings) {
	artifact, err := c.versions.about(ctx, p).wait(ctx)
	switch {
	case err == nil:
		s.versionName = artifact.Details.VersionName
		s.disabled = artifact.Details.Enabled != nil && !*artifact.Details.Enabled
	case p.version != "" && matillion.IsNotFound(err):
		// What is not there is the version, if the latest is, or else the endpoint.
		latest, err := c.versions.about(ctx, publication{place: p.place}).wait(ctx)
		s.noSuchVersion, s.latest = err == nil, latest.Details.VersionName
	}
	switch {
	case p.version == "":
		s.contents = s.published
	case len(artifact.Assets) > 0:
		s.contents = artifact.Assets
	}
}

// finding returns the first thing that is wrong, or nil.
func (s surroundings) finding(req matillion.ExecuteRequest, level string) diag.Diagnostic {
	switch {
	case s.lacksEnvironment(req.EnvironmentName):
		return environmentMissing(req, s.environments, level)
	case s.noSuchVersion:
		return versionMissing(req, s.latest, level)
	case s.lacksPipeline(req):
		return pipelineMissing(req, s.contents, level)
	case s.disabled:
		return versionDisabled(req, s.versionName, level)
	default:
		return nil
	}
}

// lacksEnvironment does not believe a list without any environment, which may be for want of rights, nor one that is at
// odds with an environment to which pipelines are published.
func (s surroundings) lacksEnvironment(name string) bool {
	return len(s.environments) > 0 && len(s.published) == 0 && !slices.Contains(s.environments, name)
}

// lacksPipeline takes short names for what they may mean. How the contents of a version are named is not documented, so
// that there either name may be the short one.
func (s surroundings) lacksPipeline(req matillion.ExecuteRequest) bool {
	name := req.PipelineName
	return name != "" && s.contents != nil && !slices.ContainsFunc(s.contents, func(there string) bool {
		return matillion.CompareNames(there, name) != matillion.NamesDiffer
	})
}
