// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// With -minimal-refresh, Terraform 1.17 plans an instance before it reads it, and reads it only if the plan has a
// change: https://github.com/hashicorp/terraform/pull/38953.
func TestMinimalRefresh_readsOnlyWhatIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ends   string
		config map[string]tftypes.Value
		reads  bool
	}{
		"running, not waited for":     {"", acctest.Request(), false},
		"failed, not waited for":      {"FAILED", acctest.Request(), false},
		"running, waited for":         {"", acctest.AwaitedRequest(), true},
		"failed since, waited for":    {"FAILED", acctest.AwaitedRequest(), true},
		"succeeded since, likewise":   {"SUCCESS", acctest.AwaitedRequest(), true},
		"succeeded, not waited for":   {"SUCCESS", acctest.Request(), false},
		"cancelled, not waited for":   {"CANCELLED", acctest.Request(), false},
		"cancelled since, waited for": {"CANCELLED", acctest.AwaitedRequest(), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 1, acctest.Scenario(mockserver.Run{Forever: true}),
				func(t *testing.T, server *mockserver.Server) {
					instance, _ := newCore(t, server).Apply(t.Context(), acctest.Instance{}, acctest.Request())
					instance, _ = newCore(t, server).Refresh(t.Context(), instance)
					if test.ends != "" {
						server.Finish(instance.Attribute("id"), test.ends, "")
					}
					before := len(server.Requests())
					core := newCore(t, server)
					planned := core.Plan(t.Context(), instance, test.config)
					changes := !core.Decode(planned.PlannedState).Equal(instance.Value)
					if changes != test.reads || len(planned.Diagnostics) > 0 || len(server.Requests()) != before {
						t.Errorf("the first plan has changes: %t, want %t; it says %s after %d calls", changes, test.reads,
							acctest.Diagnostics(planned.Diagnostics), len(server.Requests())-before)
					}
				})
		})
	}
}
