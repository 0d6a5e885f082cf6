// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"encoding/json"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// handover passes a run from the Delete of a tainted instance to the Create of its replacement.
//
// A wait that ends in an error while its run keeps running leaves a tainted instance, and Terraform replaces those: it
// calls Delete and then Create, in one process of the provider. Delete knows the case by a run that has not ended and
// no private data, which Terraform leaves out in this case alone. That is how Terraform and OpenTofu behave, though no
// documentation says so; if they ceased to, a new run would be started, as with any other provider.
//
// With create_before_destroy the order is the other one, and nothing can be passed.
//
// All instances of a session share one. The zero value is empty.
type handover struct {
	mu   sync.Mutex
	runs map[string][]matillion.Handle
}

// give leaves a run for an instance of the same key.
func (h *handover) give(key string, run matillion.Handle) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.runs == nil {
		h.runs = map[string][]matillion.Handle{}
	}
	h.runs[key] = append(h.runs[key], run)
}

// take returns a run that was left under the key. Instances with the same key are alike, so any of them will do.
func (h *handover) take(key string) (run matillion.Handle, found bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	left := h.runs[key]
	if len(left) == 0 {
		return matillion.Handle{}, false
	}
	h.runs[key] = left[1:]
	return left[0], true
}

// handoverKey identifies a run by everything that makes it another run: the request and the triggers. The values of
// secret variables are not in any state; their version stands for them.
func (m pipelineExecutionModel) handoverKey(ctx context.Context) (string, diag.Diagnostics) {
	request, diags := m.request(ctx, types.MapNull(types.StringType))
	request.ProjectID, request.AgentID = strings.ToLower(request.ProjectID), strings.ToLower(request.AgentID)
	var triggers map[string]*string
	diags.Append(m.Triggers.ElementsAs(ctx, &triggers, false)...)
	key, err := json.Marshal(map[string]any{
		"project": request.ProjectID, "request": request, "triggers": triggers,
		"secrets": m.ScalarVariablesWOVersion.ValueInt64Pointer(),
	})
	if err != nil {
		diags.AddError("Unexpected request", err.Error())
	}
	return string(key), diags
}
