// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

// describedAtMost is how many executions a diagnostic describes. Of the others it has the ids.
const describedAtMost = 10

// endedBadlyTogether words executions that were waited for and have ended without success, of a number in all. A
// warning is about what the policy accepts.
func endedBadlyTogether(bad outcomes, of int, onFailure failurePolicy, severity diag.Severity) diag.Diagnostic {
	m := diagnose.Say("%s ended without success.", share(len(bad), of))
	if severity == diag.SeverityWarning {
		m.Say("As on_failure is %q, this counts as done.", onFailure)
	} else {
		m.Say("See what went wrong in the console. This resource starts nothing, so that the next apply fails in the same " +
			"way until what has failed is run again. To run it again, replace the resource that started it:\n\n" +
			"  terraform apply -replace=" + pipelineExecutionType + ".NAME")
	}
	summary := endedBadlySummary(bad[0].run.Status)
	for _, one := range bad {
		if one.run.Status != bad[0].run.Status {
			summary = endedBadlySummary(matillion.StatusFailed)
		}
	}
	return bad.describe(m).As(severity, summary)
}

// completionSubject is a call about an execution that somebody else has started.
var completionSubject = diagnose.Subject{
	matillion.KindNotFound: {
		Summary: runNotFound,
		Advice: "The API does not know such an execution in the project. Check execution_ids and project_id: an execution " +
			"of another project is not found. One that has expired from the history can no longer be waited for: remove its " +
			"id from execution_ids.",
	},
}

// unfollowedTogether words executions that were not followed to their ends, all for the same reason, of a number in
// all.
func unfollowedTogether(some outcomes, of int) diag.Diagnostic {
	which, waited, err := share(len(some), of), some[0].waited.Round(time.Second), some[0].err
	switch some[0].why {
	case followTimedOut:
		m := diagnose.Say("%s did not end within %s of waiting.", which, waited).
			Say("What has not ended keeps running. The next apply waits for it again, and starts nothing. Set a longer " +
				"timeout if it needs more time.")
		return some.describe(m).Error("Pipeline execution did not finish in time")
	case followInterrupted:
		m := diagnose.Say("Terraform was interrupted after %s of waiting. %s had not ended by then.", waited, which).
			Say("What has not ended keeps running. The next apply waits for it again, and starts nothing.")
		return some.describe(m).Error("Pipeline execution left running")
	case followBroken:
		m := diagnose.Say("%s could not be waited for, because the provider failed. This is a bug in the provider.", which).
			Say("The next apply waits again, and starts nothing.")
		return some.describe(m).Fact("Failure", err.Error()).Error(providerFailed)
	default:
		words := completionSubject.Words(err)
		m := diagnose.Say("%s could not be followed to the end.", which).Text(words.Advice).
			Say("The next apply waits again, and starts nothing.")
		return some.describe(m).Answer(err).ErrorOn("execution_ids", words.Summary)
	}
}

// share says how many executions of how many a sentence is about.
func share(some, of int) string {
	switch {
	case of == 1:
		return "The pipeline execution"
	case some == of:
		return fmt.Sprintf("All %d pipeline executions", of)
	default:
		return fmt.Sprintf("%d of the %d pipeline executions", some, of)
	}
}

// describe adds the executions to a message: a few with all that helps to find out more, and the ids of the others.
func (o outcomes) describe(m *diagnose.Message) *diagnose.Message {
	described := min(len(o), describedAtMost)
	for _, one := range o[:described] {
		m.Text(one.describe())
	}
	if rest := o[described:]; len(rest) > 0 {
		ids := make([]string, 0, len(rest))
		for _, one := range rest {
			ids = append(ids, one.run.ID)
		}
		m.Say("And %d more: %s", len(rest), strings.Join(ids, ", "))
	}
	return m.Fact("Project", o[0].run.ProjectID)
}

// describe says what is known of one execution, a fact a line.
func (o outcome) describe() string {
	m := (&diagnose.Message{}).Fact("Execution", describe(o.run))
	if o.failedStep != nil {
		m.Fact("Failed step", fmt.Sprintf("%q: %s", o.failedStep.Name, orNothing(o.failedStep.Result.Message)))
	}
	return m.Fact("Matillion says", o.run.Message).Fact("Console", consoleAddress(o.run.ID)).String()
}
