// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// policy is the type of a policy, which says how a run is treated. Its values are listed once, the default first.
type policy[P any] interface {
	~string
	values() []P
}

// The types of on_conflict, on_failure, on_timeout, on_interrupt and on_destroy.
type (
	conflictPolicy  string
	failurePolicy   string
	timeoutPolicy   string
	interruptPolicy string
	destroyPolicy   string
)

const (
	conflictFail   conflictPolicy = "fail"
	conflictWait   conflictPolicy = "wait"
	conflictAttach conflictPolicy = "attach"

	failureError failurePolicy = "error"
	failureWarn  failurePolicy = "warn"

	timeoutError  timeoutPolicy = "error"
	timeoutDetach timeoutPolicy = "detach"
	timeoutCancel timeoutPolicy = "cancel"

	interruptDetach interruptPolicy = "detach"
	interruptCancel interruptPolicy = "cancel"

	destroyDetach destroyPolicy = "detach"
	destroyCancel destroyPolicy = "cancel"
)

func (conflictPolicy) values() []conflictPolicy {
	return []conflictPolicy{conflictFail, conflictWait, conflictAttach}
}

func (failurePolicy) values() []failurePolicy { return []failurePolicy{failureError, failureWarn} }

func (timeoutPolicy) values() []timeoutPolicy {
	return []timeoutPolicy{timeoutError, timeoutDetach, timeoutCancel}
}

func (interruptPolicy) values() []interruptPolicy {
	return []interruptPolicy{interruptDetach, interruptCancel}
}

func (destroyPolicy) values() []destroyPolicy { return []destroyPolicy{destroyDetach, destroyCancel} }

// policyModel is how every form treats a run.
type policyModel struct {
	WaitForCompletion types.Bool   `tfsdk:"wait_for_completion"`
	OnConflict        types.String `tfsdk:"on_conflict"`
	OnFailure         types.String `tfsdk:"on_failure"`
}

// statefulPolicyModel is how a form treats a run that it can come back to.
type statefulPolicyModel struct {
	policyModel
	OnTimeout   types.String `tfsdk:"on_timeout"`
	OnInterrupt types.String `tfsdk:"on_interrupt"`
	OnDestroy   types.String `tfsdk:"on_destroy"`
}

// policyAttributes are the arguments that say how a run is treated. Changing one starts nothing.
func policyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"wait_for_completion": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether to wait until the execution has ended. Defaults to `false`: the pipeline is " +
				"started, and nothing waits for it.",
		},
		"on_conflict": policyAttribute[conflictPolicy]("What to do while `execution_tag` is in use: `fail` (default), " +
			"`wait` until it is free or the start times out, or `attach`: take over the execution that holds the tag, if " +
			"exactly one can and it runs the same pipeline. It needs an `execution_tag`."),
		"on_failure": policyAttribute[failurePolicy]("How to report an execution that was waited for and failed, was " +
			"cancelled or was skipped: as an `error` (default), or with `warn` as a warning. It needs `wait_for_completion`."),
	}
}

// statefulPolicyAttributes are those of a form that can come back to its run.
func statefulPolicyAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"on_timeout": policyAttribute[timeoutPolicy]("What to do when waiting times out and the execution is still " +
			"running: `error` (default; the next apply waits for the same execution again), `detach` (leave it running, warn, " +
			"and wait again with the next apply), or `cancel` (cancel it and fail). It needs `wait_for_completion`."),
		"on_interrupt": policyAttribute[interruptPolicy]("What to do when Terraform is interrupted (Ctrl-C) while waiting: " +
			"`detach` (default; leave the execution running, the next apply waits again) or `cancel`. It needs " +
			"`wait_for_completion`."),
		"on_destroy": policyAttribute[destroyPolicy]("What to do when the resource is destroyed or replaced while the " +
			"execution is running: `detach` (default; leave it running, with a warning) or `cancel`."),
	}
}

// policyAttribute returns the argument of a policy, with all its values unless it has only some.
func policyAttribute[P policy[P]](text string, only ...P) schema.Attribute {
	values := only
	if len(values) == 0 {
		values = P("").values()
	}
	words := make([]string, 0, len(values))
	for _, value := range values {
		words = append(words, string(value))
	}
	return schema.StringAttribute{
		Optional: true, Computed: true, Default: stringdefault.StaticString(words[0]),
		Validators: []validator.String{stringvalidator.OneOf(words...)}, MarkdownDescription: text,
	}
}

// policies are the values of the policies. One that is not known yet is empty.
type policies struct {
	onConflict  conflictPolicy
	onFailure   failurePolicy
	onTimeout   timeoutPolicy
	onInterrupt interruptPolicy
}

func (m policyModel) waits() bool { return m.WaitForCompletion.ValueBool() }

// policies returns the policies of a form that keeps no state. Those that it does not have are at their defaults.
func (m policyModel) policies() policies {
	return policies{
		onConflict:  policyOf[conflictPolicy](m.OnConflict),
		onFailure:   policyOf[failurePolicy](m.OnFailure),
		onTimeout:   timeoutError,
		onInterrupt: interruptDetach,
	}
}

// policies returns the policies of a form that keeps a state.
func (m statefulPolicyModel) policies() policies {
	p := m.policyModel.policies()
	p.onTimeout = policyOf[timeoutPolicy](m.OnTimeout)
	p.onInterrupt = policyOf[interruptPolicy](m.OnInterrupt)
	return p
}

// detachingIf returns the policies, with "detach" for each "cancel" if nothing may be cancelled: a run that was adopted
// may be somebody else's, and the provider may be read-only.
func (p policies) detachingIf(detaches bool) policies {
	if detaches {
		p.onInterrupt = interruptDetach
	}
	if detaches && p.onTimeout == timeoutCancel {
		p.onTimeout = timeoutDetach
	}
	return p
}

// verdict returns what a status means for a run that was waited for. This is the one place that decides whether a bad
// end is accepted: every form asks here.
func (p failurePolicy) verdict(status matillion.Status) verdict {
	switch {
	case status.Succeeded():
		return verdictSucceeded
	case !status.EndedBadly():
		return verdictPending
	}
	switch p {
	case failureError:
		return verdictFailed
	case failureWarn:
		return verdictAccepted
	case "":
		return verdictPending
	default:
		panic(fmt.Sprintf("what on_failure = %q makes of a bad end is not said here", p))
	}
}

// option returns what the client does about a tag in use.
func (p conflictPolicy) option() matillion.Conflict {
	switch p {
	case conflictWait:
		return matillion.ConflictWaits
	case conflictAttach:
		return matillion.ConflictAttaches
	case conflictFail:
		return matillion.ConflictFails
	default:
		panic(fmt.Sprintf("what on_conflict = %q does is not said here", p))
	}
}

// policyOf returns the value of a policy, or "" while it is not known. What is not set, which only a resource's schema
// fills in, is the default, and so is a value that another release has left in a state.
func policyOf[P policy[P]](value types.String) P {
	if value.IsUnknown() {
		return ""
	}
	known := P("").values()
	if p := P(value.ValueString()); slices.Contains(known, p) {
		return p
	}
	return known[0]
}
