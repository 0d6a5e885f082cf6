// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// Terraform creates nothing after an interrupt, so nothing would resume a run that Delete has left: the next apply started
// another one.
func TestHandover_isNotMadeAfterAnInterrupt(t *testing.T) {
	t.Parallel()
	taintedBubble(t, 1, nil, func(
		t *testing.T, server *mockserver.Server, instance acctest.Instance, config map[string]tftypes.Value,
	) {
		c := newCore(t, server)
		deleted := instance
		deleted.Private = c.Plan(t.Context(), acctest.Instance{}, config).PlannedPrivate
		interrupted, cancel := context.WithCancel(t.Context())
		defer time.AfterFunc(time.Second, cancel).Stop()
		server.Inject(mockserver.Fault{On: mockserver.OpDetails, Kind: mockserver.FaultHang, Times: 1})
		said := c.Delete(interrupted, deleted)
		says(t, said, "kept in the state", server.Started()[0].ID)
		if !said.Failed() {
			t.Error("the instance is gone, and its run with it")
		}
		next, said := newCore(t, server).Apply(t.Context(), instance, config)
		if next.Attribute("id") != server.Started()[0].ID {
			t.Errorf("the next apply has the run %q: %s", next.Attribute("id"), said)
		}
	})
}
