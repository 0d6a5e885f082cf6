// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// handover is how a run is handed over: the Delete of a tainted instance leaves it, and the Create of the instance's
// replacement resumes it.
//
// A wait that ends in an error while its run keeps running leaves a tainted instance, and Terraform replaces those: it
// calls Delete and then Create, in one process of the provider. The plan decides whether the run is handed over: see
// [planMark] and [pipelineExecutionModel.handsOver]. That Terraform plans a tainted instance as if there were none, and
// hands the plan's private data to Delete, is documented nowhere; if it ceased to, a new run would be started, as with
// any other provider. With create_before_destroy the order is the other one, and nothing can be handed over.
//
// Runs are told apart by their hashes. Instances of one hash are alike, so any of them may resume any of their runs.
// All instances of a session share one handover. The zero value is empty.
type handover struct {
	mu sync.Mutex
	// left are the runs that Delete has left and that no Create has resumed yet.
	left map[string][]leftRun
	// due are the runs that refreshes have seen, and that are to be left if their instances are tainted.
	due map[string][]matillion.Execution
}

// leftRun is a run that Delete has left for a replacement.
type leftRun struct {
	// run is the last that is known of it.
	run matillion.Execution
	// adopted is what the state said: see [originModel].
	adopted bool
}

// push leaves a run for an instance of the same hash.
func (h *handover) push(hash string, left leftRun) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.left == nil {
		h.left = map[string][]leftRun{}
	}
	h.left[hash] = append(h.left[hash], left)
}

// pop returns a run that was left for the hash, and keeps it no longer.
func (h *handover) pop(hash string) (left leftRun, found bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	runs := h.left[hash]
	if len(runs) == 0 {
		return leftRun{}, false
	}
	h.left[hash] = runs[1:]
	return runs[0], true
}

// note keeps that a refresh has seen a run that is to be left if its instance is tainted. Nothing but words depends on
// it.
func (h *handover) note(hash string, run matillion.Execution) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.due == nil {
		h.due = map[string][]matillion.Execution{}
	}
	h.due[hash] = append(h.due[hash], run)
}

// expected returns the runs that refreshes have seen for the hash, and whether a Create of the hash will find a run.
func (h *handover) expected(hash string) (due []matillion.Execution, expected bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.due[hash], len(h.due[hash])+len(h.left[hash]) > 0
}

// runHash identifies a run by everything that makes it another run: the request and the triggers. The values of secret
// variables are not in any state; their version stands for them. The hash is empty while a value is not known.
func (m pipelineExecutionModel) runHash(ctx context.Context) (string, diag.Diagnostics) {
	if !areKnown(ctx, append(m.arguments(), m.ScalarVariablesWOVersion, m.Triggers)...) {
		return "", nil
	}
	request, diags := m.request(ctx, types.MapNull(types.StringType))
	request = folded(request)
	var triggers map[string]*string
	diags.Append(m.Triggers.ElementsAs(ctx, &triggers, false)...)
	text, err := json.Marshal(map[string]any{
		"project": request.ProjectID, "request": request, "triggers": triggers,
		"secrets": m.ScalarVariablesWOVersion.ValueInt64Pointer(),
	})
	if err != nil {
		diags.AddError("Unexpected request", err.Error())
	}
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:]), diags
}

// areKnown reports whether values are known, with all that is in them.
func areKnown(ctx context.Context, values ...attr.Value) bool {
	return !slices.ContainsFunc(values, func(value attr.Value) bool {
		raw, err := value.ToTerraformValue(ctx)
		return err != nil || !raw.IsFullyKnown()
	})
}

// handsOver reports whether the run of an instance that is being deleted goes to its replacement: the plan replaces the
// instance, which is tainted, by one of the same request and triggers, and the wait of Create has ended in an error. A
// run that has succeeded since is handed over, and so is one that cannot be read.
func (m pipelineExecutionModel) handsOver(mark planMark, hash string) bool {
	return mark.Purpose == planReplaces && mark.Hash != "" && mark.Hash == hash && m.isDue()
}

// isDue reports whether the run is to be handed over if its instance is tainted: the wait of Create has ended in an
// error, and the run is not known to have failed.
func (m pipelineExecutionModel) isDue() bool {
	v := policyOf[failurePolicy](m.OnFailure).verdict(m.status())
	return (m.WaitFailed.ValueBool() || m.isOldAndRunning()) && v != verdictFailed
}

// isOldAndRunning reports whether an earlier release, which said nothing of the wait in the state, has left a run that
// it waited for and that has not ended. Read learns how the wait has ended, but a plan may be made without it.
func (m pipelineExecutionModel) isOldAndRunning() bool {
	return m.URL.IsNull() && m.waits() && !m.status().Ended()
}
