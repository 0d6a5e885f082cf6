// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
)

// planMarkKey is where a [planMark] is kept in a resource's private data.
const planMarkKey = "plan"

// planMark is what a plan tells Delete: Terraform hands the private data that a plan returns to the Delete of the
// instance, whether it is destroyed or replaced, tainted or not. Clients that do not, such as bridges to other tools,
// leave no mark. No state holds one: Create, Update and a Delete that fails remove it.
type planMark struct {
	Purpose planPurpose `json:"purpose"`
	// Hash identifies the run that the plan asks for. Only a plan with neither a prior state nor prior private data has
	// one: that of a new instance, or of the replacement of a tainted one. It is empty while a value is not known.
	Hash string `json:"hash,omitempty"`
}

// planPurpose is what a plan is for.
type planPurpose string

const (
	// planDestroys is the purpose of a plan without a configuration.
	planDestroys planPurpose = "destroy"
	// planReplaces is the purpose of a plan with a configuration: if it leads to a Delete, it is a replacement.
	planReplaces planPurpose = "replace"
)

// markOf returns the mark of a plan.
func markOf(config tfsdk.Config) planMark {
	if config.Raw.IsNull() {
		return planMark{Purpose: planDestroys}
	}
	return planMark{Purpose: planReplaces}
}

// loadPlanMark returns the mark of the last plan. Its purpose is empty if there is none.
func loadPlanMark(ctx context.Context, private privateGetter) (planMark, diag.Diagnostics) {
	mark, _, diags := loadPrivate[planMark](ctx, private, planMarkKey)
	return mark, diags
}

func (m planMark) save(ctx context.Context, private privateSetter) diag.Diagnostics {
	return savePrivate(ctx, private, planMarkKey, m)
}

// removePlanMark removes the mark, so that it is not taken for that of a later plan.
func removePlanMark(ctx context.Context, private privateSetter) diag.Diagnostics {
	return private.SetKey(ctx, planMarkKey, nil)
}
