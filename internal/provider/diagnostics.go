package provider

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// consoleURL is where the console shows an execution. It is known from public clients of the API.
const consoleURL = "https://app.matillion.com/observability-dashboard/pipeline/"

// message builds a detail: what was attempted and what happened, what to do, then the facts, one a line.
type message struct{ parts, facts []string }

func say(format string, args ...any) *message {
	return (&message{}).say(format, args...)
}

func (m *message) say(format string, args ...any) *message {
	m.parts = append(m.parts, fmt.Sprintf(format, args...))
	return m
}

// fact adds a line, unless its value is empty.
func (m *message) fact(name, value string) *message {
	if value != "" {
		m.facts = append(m.facts, name+": "+value)
	}
	return m
}

// about adds what names the run.
func (m *message) about(req matillion.ExecuteRequest, id string) *message {
	m.fact("Project", req.ProjectID).fact("Environment", req.EnvironmentName).fact("Pipeline", req.PipelineName).
		fact("Version", req.VersionName).fact("Execution tag", req.ExecutionTag).fact("Execution", id)
	if id != "" {
		m.fact("Console", consoleURL+id)
	}
	return m
}

// answered adds what the server answered, verbatim and last.
func (m *message) answered(err error) *message {
	if apiErr, ok := errors.AsType[*matillion.Error](err); ok {
		return m.fact("HTTP status", apiErr.Status()).fact("Matillion says", apiErr.Message())
	}
	if err != nil {
		m.fact("Error", err.Error())
	}
	return m
}

func (m *message) String() string {
	parts := m.parts
	if len(m.facts) > 0 {
		parts = append(parts, strings.Join(m.facts, "\n"))
	}
	return strings.Join(parts, "\n\n")
}

func (m *message) error(summary string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(summary, m.String())
}

func (m *message) warning(summary string) diag.Diagnostic {
	return diag.NewWarningDiagnostic(summary, m.String())
}

func (m *message) errorOn(argument, summary string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(path.Root(argument), summary, m.String())
}

// importBlock is ready to be pasted, but for the resource's name.
func importBlock(ref matillion.Handle) string {
	return fmt.Sprintf("  import {\n    to = matillion_pipeline_execution.NAME\n    id = \"%s/%s\"\n  }",
		ref.ProjectID, ref.ID)
}

// startFailed words a run that was not started, or may not have been.
func startFailed(req matillion.ExecuteRequest, err error) diag.Diagnostic {
	if maybe, ok := errors.AsType[*matillion.MaybeStartedError](err); ok {
		return maybeStarted(req, maybe)
	}
	if inUse, ok := errors.AsType[*matillion.TagInUseError](err); ok {
		return tagInUse(req, inUse)
	}
	if matillion.IsDisabled(err) {
		return say("The pipeline was not started, because it has been disabled: somebody has switched off the published "+
			"pipeline, or the version that was to run.").
			say("Publish it to the environment again, or set version_name to a version that is enabled.").
			about(req, "").answered(err).errorOn("pipeline_name", "Pipeline is disabled")
	}
	if notStarted, ok := errors.AsType[*matillion.NotStartedError](err); ok {
		why := "Terraform was interrupted"
		if errors.Is(notStarted.Err, context.DeadlineExceeded) {
			why = "the time was up"
		}
		return say("The pipeline was not started: %s before the request was sent.", why).
			about(req, "").answered(notStarted.Last).error("Pipeline was not started")
	}
	summary, advice := classify(err)
	return say("The pipeline was not started.").say("%s", advice).about(req, "").answered(err).error(summary)
}

func tagInUse(req matillion.ExecuteRequest, inUse *matillion.TagInUseError) diag.Diagnostic {
	m := say("The pipeline was not started, because another execution with the tag %q is running in the environment.",
		req.ExecutionTag)
	if inUse.Waited >= time.Second {
		m.say("Waited %s for it to end.", inUse.Waited.Round(time.Second)).
			say("Apply again when that execution has ended, set a longer timeout, or use another execution_tag.")
	} else {
		m.say("Apply again when that execution has ended, set on_conflict = \"wait\" to wait for it, or use another " +
			"execution_tag.")
	}
	m.about(req, "").answered(inUse.Err)
	for _, holder := range inUse.Holders {
		m.fact("May hold the tag", describe(holder))
	}
	return m.errorOn("execution_tag", "Execution tag already in use")
}

func maybeStarted(req matillion.ExecuteRequest, maybe *matillion.MaybeStartedError) diag.Diagnostic {
	m := say("The request to start the pipeline was sent, but its answer was lost, so that the pipeline may be running. " +
		"Nothing is sent again that could start the pipeline twice.")
	switch {
	case maybe.LookErr != nil:
		m.say("Looking for the execution in the list of executions failed: %s.", maybe.LookErr)
	case len(maybe.Candidates) == 0:
		m.say("No matching execution was listed within about ten seconds.")
	default:
		m.say("These executions match, and it cannot be told whether one of them is the one that was started here:")
	}
	for _, candidate := range maybe.Candidates {
		m.say("- %s\n\n%s", describe(candidate), importBlock(candidate.Handle()))
	}
	m.say("Look in the console for an execution of this pipeline in the time given below. If there is one, import it into " +
		"the resource, which starts nothing. If there is none, apply again.")
	if len(maybe.Candidates) == 0 {
		m.say("%s", importBlock(matillion.Handle{ProjectID: req.ProjectID, ID: "EXECUTION_ID"}))
	}
	return m.about(req, "").
		fact("Started between", maybe.From.Format(time.RFC3339)+" and "+maybe.Until.Format(time.RFC3339)).
		answered(maybe.Cause).error("Pipeline may have been started")
}

// describe names an execution in one line.
func describe(e matillion.Execution) string {
	parts := []string{e.ID, fmt.Sprintf("pipeline %q", e.PipelineName), string(e.Status)}
	if e.Trigger != "" {
		parts = append(parts, "trigger "+e.Trigger)
	}
	if !e.StartedAt.IsZero() {
		parts = append(parts, "started "+e.StartedAt.Format(time.RFC3339))
	}
	return strings.Join(parts, ", ")
}

func warnAdopted(req matillion.ExecuteRequest, started matillion.Started) diag.Diagnostic {
	return say("The request to start the pipeline was sent, but its answer was lost. Exactly one execution matches it: "+
		"same environment, pipeline and trigger, started since. It is taken for the one that was started here.").
		say("Nothing needs to be done. If somebody else started the same pipeline in that moment, compare the execution in "+
			"the console.").
		about(req, started.ID).answered(started.Cause).warning("Pipeline execution was adopted")
}

// endedBadly words a run that has ended without success, as the policy on_failure asks.
func endedBadly(
	req matillion.ExecuteRequest, e matillion.Execution, step *matillion.Step, onFailure string, k keeping,
) diag.Diagnostic {
	m := say("The pipeline was executed, and ended with the status %s.", e.Status)
	if step != nil {
		m.say("The first step that failed is %q: %s", step.Name, orNothing(step.Result.Message))
	}
	switch {
	case k == stateless:
		m.say("Look into the execution in the console.")
	case onFailure == policyWarn:
		m.say("As on_failure is \"warn\", this counts as done. To run the pipeline again, change triggers.")
	default:
		m.say("Look into the execution in the console. The next apply runs the pipeline again.")
	}
	m.about(req, e.ID).fact("Status", string(e.Status))
	if !e.StartedAt.IsZero() && !e.FinishedAt.IsZero() {
		m.fact("Duration", e.FinishedAt.Sub(e.StartedAt.Time).Round(time.Second).String())
	}
	m.fact("Matillion says", e.Message)
	if onFailure == policyWarn {
		return m.warning(endedBadlySummary(e.Status))
	}
	return m.error(endedBadlySummary(e.Status))
}

func endedBadlySummary(status matillion.Status) string {
	switch status {
	case matillion.StatusCancelled:
		return "Pipeline execution cancelled"
	case matillion.StatusSkipped:
		return "Pipeline execution skipped"
	default:
		return "Pipeline execution failed"
	}
}

func orNothing(text string) string {
	if text == "" {
		return "(no message)"
	}
	return text
}

// endedBadlyUnawaited words a run that nobody waited for, and that a refresh finds ended.
func endedBadlyUnawaited(req matillion.ExecuteRequest, e matillion.Execution) diag.Diagnostic {
	return say("The pipeline was executed without waiting for it, and has ended with the status %s since.", e.Status).
		say("Nothing is started again because of it. To run the pipeline again, change triggers. To have a failure stop "+
			"the apply, set wait_for_completion = true.").
		about(req, e.ID).fact("Status", string(e.Status)).fact("Matillion says", e.Message).
		warning(endedBadlySummary(e.Status))
}

// keeping tells whether a form keeps a record of its run, which decides what becomes of one that is left.
type keeping bool

const (
	keepsState keeping = true
	stateless  keeping = false
)

// unfinished adds what becomes of a run that goes on.
func (m *message) unfinished(k keeping, ref matillion.Handle) *message {
	if k == keepsState {
		return m.say("The next apply waits for it, and starts nothing.")
	}
	return m.say("No record is kept of it here. To follow it further, import it into the resource:\n\n%s", importBlock(ref))
}

func waitInterrupted(req matillion.ExecuteRequest, o outcome, k keeping) diag.Diagnostic {
	summary := "Pipeline execution left running"
	m := say("Terraform was interrupted after %s of waiting for the pipeline execution.", o.waited.Round(time.Second))
	switch {
	case o.cancelled:
		summary = "Pipeline execution cancelled"
		m.say("As on_interrupt is \"cancel\", it was cancelled. The next apply runs the pipeline again.")
	case o.stopErr != nil:
		m.say("As on_interrupt is \"cancel\", it was to be cancelled, but it has not ended.").
			unfinished(k, o.execution.Handle())
	default:
		m.say("The execution goes on.").unfinished(k, o.execution.Handle())
	}
	m.about(req, o.execution.ID).fact("Status", string(o.execution.Status)).answered(o.stopErr)
	if k == stateless {
		return m.error(summary)
	}
	// Terraform itself fails when it is interrupted. An error here would taint the instance on top of it.
	return m.warning(summary)
}

func waitTimedOut(req matillion.ExecuteRequest, o outcome, onTimeout string, k keeping) diag.Diagnostic {
	const summary = "Pipeline execution did not finish in time"
	m := say("The pipeline execution has not ended after %s of waiting.", o.waited.Round(time.Second))
	switch {
	case o.cancelled:
		m.say("As on_timeout is \"cancel\", it was cancelled. The next apply runs the pipeline again.")
	case o.stopErr != nil:
		m.say("As on_timeout is \"cancel\", it was to be cancelled, but it has not ended.").
			unfinished(k, o.execution.Handle())
	default:
		m.say("The execution goes on. Set a longer timeout if the pipeline needs more time.").
			unfinished(k, o.execution.Handle())
	}
	m.about(req, o.execution.ID).fact("Status", string(o.execution.Status)).answered(o.stopErr)
	if onTimeout == policyDetach {
		return m.warning(summary)
	}
	return m.error(summary)
}

func sightLost(req matillion.ExecuteRequest, o outcome, k keeping) diag.Diagnostic {
	summary, advice := classify(o.err)
	if matillion.IsNotFound(o.err) {
		summary = "Pipeline execution not found"
		advice = "The API does not know the execution. It may have expired from the history. If it is not to be waited for any " +
			"longer, set wait_for_completion = false. To run the pipeline again, change triggers."
	}
	return say("The pipeline was started, but its execution could not be followed to its end. It may be running.").
		say("%s", advice).unfinished(k, o.execution.Handle()).
		about(req, o.execution.ID).fact("Last known status", string(o.execution.Status)).answered(o.err).error(summary)
}

func providerUnknown() diag.Diagnostic {
	return say("The provider's configuration depends on values that are not known yet.").
		say("Apply what they depend on first, for example with -target.").error("Provider is not configured")
}

func leftRunning(req matillion.ExecuteRequest, e matillion.Execution) diag.Diagnostic {
	return say("The resource is destroyed or replaced while its pipeline execution is running. As on_destroy is "+
		"\"detach\", the execution goes on, and Terraform forgets it.").
		say("Cancel it in the console if it should not go on, or set on_destroy = \"cancel\" before the next time.").
		about(req, e.ID).fact("Status", string(e.Status)).warning("Pipeline execution left running")
}

func handedOn(req matillion.ExecuteRequest, e matillion.Execution) diag.Diagnostic {
	const summary = "Pipeline execution handed over"
	if e.Status.Ended() {
		return say("The pipeline execution had not ended when an earlier apply stopped waiting for it, and has ended with the "+
			"status %s since.", e.Status).
			say("A replacement with the same request and triggers keeps it, and starts nothing, if it succeeded or if "+
				"on_failure is \"warn\". Otherwise the replacement runs the pipeline again.").
			about(req, e.ID).fact("Status", string(e.Status)).warning(summary)
	}
	return say("The pipeline execution had not ended when its resource was marked for replacement. A replacement with the "+
		"same request and triggers takes it over and starts nothing. Otherwise the execution goes on, whatever on_destroy "+
		"says, and Terraform forgets it.").
		say("To run the pipeline afresh, change triggers, and cancel this execution in the console if it should not go on.").
		about(req, e.ID).fact("Status", string(e.Status)).warning(summary)
}

func stopFailed(req matillion.ExecuteRequest, e matillion.Execution, err error) diag.Diagnostic {
	summary, advice := classify(err)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		summary, advice = "Pipeline execution did not finish in time",
			"It was asked to end, but had not ended when the time was up or Terraform was interrupted. Apply again, or raise "+
				"timeouts.delete."
	}
	return say("The resource is destroyed or replaced, and as on_destroy is \"cancel\", its pipeline execution was to be "+
		"cancelled. That failed, and the resource is kept.").
		say("%s", advice).say("To forget the execution and leave it running, set on_destroy = \"detach\" and apply first.").
		about(req, e.ID).fact("Status", string(e.Status)).answered(err).error(summary)
}

func vanished(req matillion.ExecuteRequest, e matillion.Execution) diag.Diagnostic {
	return say("The pipeline execution was running when it was last looked at, and the API does not know it any more. It "+
		"may have expired from the history, or the credentials may have lost access to the project.").
		say("The resource is kept as it is, and nothing is started again because of it.").
		about(req, e.ID).fact("Last known status", string(e.Status)).warning("Pipeline execution not found")
}

func importNotFound(ref matillion.Handle, err error) diag.Diagnostic {
	return say("The pipeline execution to import was not found.").
		say("Check that the id is PROJECT_ID/EXECUTION_ID, that the region is right, and that the credentials have access "+
			"to the project.").
		fact("Project", ref.ProjectID).fact("Execution", ref.ID).answered(err).error("Pipeline execution not found")
}

// importMismatch stops the first plan after an import from starting a run, which is what a changed request would mean.
func importMismatch(argument, imported, configured string) diag.Diagnostic {
	return say("The imported execution has %s = %q, and the configuration says %q. Importing never leads to a run, so this "+
		"is not taken for a change.", argument, imported, configured).
		say("Import the execution that the configuration describes, or change the configuration to match.").
		errorOn(argument, "Imported execution does not match")
}

// readFailed words a read that failed: a refresh or a lookup.
func readFailed(doing string, err error) diag.Diagnostic {
	summary, advice := classify(err)
	return say("%s failed.", doing).say("%s", advice).answered(err).error(summary)
}

// classify returns the summary of an error and what to do about it.
func classify(err error) (summary, advice string) {
	words := errorWords[matillion.KindOf(err)]
	return words.summary, words.advice
}

var errorWords = map[matillion.Kind]struct{ summary, advice string }{
	matillion.KindUnreachable: {
		"Matillion cannot be reached", "Check the network, proxy settings (HTTPS_PROXY, NO_PROXY), certificates " +
			"(SSL_CERT_FILE) and the region or api_url, and try again.",
	},
	matillion.KindCutShort: {
		"Interrupted", "The request was cut short, because Terraform was interrupted or the time was up.",
	},
	matillion.KindCredentials: {
		"Matillion refused the credentials", "The identity service gave no access token. Check client_id and " +
			"client_secret (environment variables MATILLION_CLIENT_ID and MATILLION_CLIENT_SECRET), and token_url if it is set.",
	},
	matillion.KindNoToken: {
		"Matillion cannot be reached", "The identity service gave no access token. Check the network and token_url, and " +
			"try again.",
	},
	matillion.KindUnreadable: {
		"Unexpected answer from Matillion", "The answer cannot be understood. Check that the region or api_url is the " +
			"address of Matillion's API, and that no proxy answers in its place.",
	},
	matillion.KindRedirect: {
		"Unexpected answer from Matillion", "The API redirects to another address, which is not followed. Check the " +
			"region or api_url.",
	},
	matillion.KindUnauthorized: {
		"Matillion refused the credentials", "The access token was not accepted. A ready token (argument token, " +
			"environment variable MATILLION_TOKEN) lives for 30 minutes; client credentials are renewed by the provider. " +
			"Check that the region is the account's.",
	},
	matillion.KindForbidden: {
		"Matillion denied access", "The credentials need a role in the project and in the environment that allows " +
			"this. Check the roles of the API credentials in Matillion, and account_id if it is set.",
	},
	matillion.KindNotFound: {
		notThere, "Check project_id, environment_name, pipeline_name (which is " +
			"often a path with an extension), version_name and agent_id, and that the pipeline is published to the " +
			"environment. The region must be the account's.",
	},
	matillion.KindConflict: {
		"Execution tag already in use", "Another execution with the same tag is running in the environment.",
	},
	matillion.KindDisabled: {"Pipeline is disabled", "Publish it to the environment again."},
	matillion.KindLimited: {
		"Matillion is limiting requests", "Too many requests were sent. Try again later, or lower the provider's " +
			"requests_per_minute if others share the limit.",
	},
	matillion.KindServer: {
		"Matillion is not available", "The API answers with an error of its own. Try again later.",
	},
	matillion.KindRefused: {
		"Matillion refused the request", "Check the arguments against what Matillion says below.",
	},
}

// stepsFailed words a listing of steps that failed.
func stepsFailed(ref matillion.Handle, err error) diag.Diagnostic {
	if !matillion.IsNotFound(err) {
		return readFailed("Listing the steps of the pipeline execution "+ref.ID, err)
	}
	return say("The steps of the pipeline execution were not found.").
		say("Check execution_id and project_id, that the region is right, and that the credentials have access to the "+
			"project. The execution may have expired from the history.").
		fact("Project", ref.ProjectID).fact("Execution", ref.ID).answered(err).
		errorOn("execution_id", "Pipeline execution not found")
}

// fewNames is how many names are listed at most, and nearNames how many of those that are near.
const (
	fewNames  = 10
	nearNames = 3
)

// among adds which names there are in place of one that is not there: the near ones, or all if they are few.
func (m *message) among(meant string, names []string) *message {
	near := nearest(meant, names)
	switch {
	case len(near) > 0:
		return m.say("Did you mean %s?", quoted(near[:min(nearNames, len(near))], " or "))
	case len(names) > 0 && len(names) <= fewNames:
		return m.say("There are: %s.", quoted(names, ", "))
	default:
		return m
	}
}

func quoted(names []string, separator string) string {
	quotes := make([]string, 0, len(names))
	for _, name := range names {
		quotes = append(quotes, strconv.Quote(name))
	}
	return strings.Join(quotes, separator)
}

// finding ends what a check of the plan has found, as the provider's plan_checks says.
func (m *message) finding(argument, summary, level string) diag.Diagnostic {
	m.say("The API was asked while planning, and nothing was started. See the provider's plan_checks.")
	if level == planCheckError {
		return m.errorOn(argument, summary)
	}
	return diag.NewAttributeWarningDiagnostic(path.Root(argument), summary, m.String())
}

const notThere = "Pipeline, environment or version not found"

func environmentMissing(req matillion.ExecuteRequest, environments []string, level string) diag.Diagnostic {
	return say("The environment in which the pipeline would run is not among those of the project, as far as the "+
		"credentials can see.").among(req.EnvironmentName, environments).
		say("Correct environment_name, or project_id.").
		about(req, "").finding("environment_name", notThere, level)
}

func pipelineMissing(req matillion.ExecuteRequest, pipelines []string, level string) diag.Diagnostic {
	where := "environment"
	if req.VersionName != "" {
		where = "environment in this version"
	}
	return say("The pipeline that would run is not published to the %s, as far as the credentials can see.", where).
		among(req.PipelineName, pipelines).
		say("Publish it, or correct pipeline_name. The data source matillion_published_pipelines lists what there is.").
		about(req, "").finding("pipeline_name", notThere, level)
}

func versionMissing(req matillion.ExecuteRequest, latest, level string) diag.Diagnostic {
	m := say("The version that would run is not published to the environment.")
	if latest != "" {
		m.say("The latest version there is %q.", latest)
	}
	return m.say("Correct version_name, or leave it out to run the latest version.").
		about(req, "").finding("version_name", notThere, level)
}

func versionDisabled(req matillion.ExecuteRequest, version, level string) diag.Diagnostic {
	argument, which := "version_name", "version"
	if req.VersionName == "" {
		argument, which = "pipeline_name", "latest version"
	}
	return say("The %s, which would run, has been disabled: somebody has switched it off.", which).
		say("Publish the pipeline to the environment again, or set version_name to a version that is enabled.").
		about(req, "").fact("Disabled version", version).finding(argument, "Pipeline is disabled", level)
}
