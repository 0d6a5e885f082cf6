// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package session

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
)

// CheckLevel is a value of plan_checks.
type CheckLevel string

// The values of plan_checks.
const (
	ChecksOff   CheckLevel = "off"
	ChecksWarn  CheckLevel = "warn"
	ChecksError CheckLevel = "error"
)

// CheckLevels lists the values of plan_checks.
func CheckLevels() []CheckLevel { return []CheckLevel{ChecksOff, ChecksWarn, ChecksError} }

// Severity returns the severity of what a check finds.
func (l CheckLevel) Severity() diag.Severity {
	if l == ChecksError {
		return diag.SeverityError
	}
	return diag.SeverityWarning
}

// IsUnanswered reports whether an error leaves it open what a plan check would have found: the credentials are refused,
// the API cannot be reached, or nothing came in time. Other errors, for lack of permission or of the endpoint, are no
// finding and nothing to report.
func IsUnanswered(err error) bool {
	if err == nil {
		return false
	}
	switch matillion.KindOf(err) {
	case matillion.KindUnreachable, matillion.KindCutShort, matillion.KindCredentials, matillion.KindNoToken,
		matillion.KindUnauthorized, matillion.KindLimited, matillion.KindServer:
		return true
	}
	return false
}

// ChecksFailed words that plan checks could not be made, where they were to look. It says so once, whoever asks first.
func (c *Catalog) ChecksFailed(err error, level CheckLevel, where ...diagnose.Fact) diag.Diagnostics {
	if c.failed.Swap(true) {
		return nil
	}
	words := diagnose.Subject{}.Words(err)
	if matillion.KindOf(err) == matillion.KindCutShort {
		words.Advice = fmt.Sprintf("Nothing was answered within %s. Check the network and the region or api_url, and try "+
			"again.", AskTimeout)
	}
	return diag.Diagnostics{diagnose.Say("What this plan needs or starts could not be checked.").
		Text(words.Advice).
		Say("This is said once, whatever else could not be checked. To plan without checks, set the provider's "+
			"plan_checks to \"off\".").
		Facts(where...).Answer(err).As(level.Severity(), "Plan checks could not be made")}
}
