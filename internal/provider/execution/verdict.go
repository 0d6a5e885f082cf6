// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// verdict is what the status of a run means for its instance.
type verdict int

const (
	// verdictPending: the run has not ended, or on_failure is not known yet.
	verdictPending verdict = iota
	// verdictSucceeded: the run has done what it was started for, so that there is nothing to say and nothing to do.
	verdictSucceeded
	// verdictKept: the run ended badly, and is kept because nobody waited for it or it was imported.
	verdictKept
	// verdictAccepted: the run ended badly, and on_failure accepts that.
	verdictAccepted
	// verdictFailed: the run ended badly, which is an error and leads to another run.
	verdictFailed
)

// judge returns what a status means for a run of which something is remembered: the policy says it, unless the run is
// kept however it ended, or was cancelled here.
func (p privateState) judge(status matillion.Status, onFailure failurePolicy) verdict {
	switch {
	case status.EndedBadly() && (p.Imported || !p.VerdictDue):
		return verdictKept
	case status.EndedBadly() && p.Cancelled:
		return verdictFailed
	default:
		return onFailure.verdict(status)
	}
}

// severity returns how a bad end is reported.
func (v verdict) severity() diag.Severity {
	if v == verdictFailed {
		return diag.SeverityError
	}
	return diag.SeverityWarning
}

// after returns what is remembered of a run when an apply has followed it.
func (p privateState) after(o outcome, onFailure failurePolicy) privateState {
	p.VerdictDue, p.Cancelled = true, o.cancelled
	return p.settled(p.judge(o.run.Status, onFailure))
}

// updated returns what is remembered of a run when an update has stored the configuration, and may be about to wait for
// it again. The verdict is that on the status before.
func (p privateState) updated(
	status matillion.Status, onFailure failurePolicy, waits bool,
) (privateState, verdict) {
	p.Imported = false
	p.VerdictDue = p.VerdictDue || waits
	v := p.judge(status, onFailure)
	return p.settled(v), v
}

// settled returns what is remembered after a verdict. One that is accepted stays so: a policy that changes back starts
// nothing.
func (p privateState) settled(v verdict) privateState {
	if v == verdictSucceeded || v == verdictAccepted {
		p.VerdictDue = false
	}
	return p
}

// severity returns how the end of following a run is reported. It means nothing for a run that has succeeded.
func (s runSpec) severity(o outcome) diag.Severity {
	switch {
	case o.why == followedToEnd:
		return s.onFailure.verdict(o.run.Status).severity()
	case o.why == followInterrupted && s.keepsState:
		// Terraform itself fails when it is interrupted. An error here would taint the instance on top of it.
		return diag.SeverityWarning
	case o.why == followTimedOut && s.onTimeout == timeoutDetach:
		return diag.SeverityWarning
	default:
		return diag.SeverityError
	}
}
