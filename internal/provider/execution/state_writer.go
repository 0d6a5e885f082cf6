// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
)

// stateWriter writes all that is kept of an instance between two calls.
type stateWriter struct {
	state    *tfsdk.State
	identity *tfsdk.ResourceIdentity
	private  privateSetter
}

// write saves an instance whose every value is known: Terraform drops a state that is anything less when the call that
// wrote it fails.
func (w stateWriter) write(
	ctx context.Context, instance pipelineExecutionModel, private privateState,
) (diags diag.Diagnostics) {
	if !instance.StartedAt.IsNull() {
		private.SentAt = time.Time{} // The state says it, and better.
	}
	diags.Append(w.state.Set(ctx, instance)...)
	diags.Append(w.identity.Set(ctx, instance.identity())...)
	diags.Append(private.save(ctx, w.private)...)
	diags.Append(removePlanMark(ctx, w.private)...)
	return diags
}

// writeFollowed saves what following a run has shown of it, if anything.
func (w stateWriter) writeFollowed(
	ctx context.Context, instance pipelineExecutionModel, private privateState, followed outcome,
) diag.Diagnostics {
	if followed.observed {
		instance.setResult(followed.run, followed.failedStep)
	}
	return w.write(ctx, instance, private)
}

func (m pipelineExecutionModel) identity() identityModel {
	return identityModel{ProjectID: m.ProjectID, ID: m.ID}
}
