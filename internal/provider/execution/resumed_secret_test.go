// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// A wait that is resumed needs no secret. Without it, the provider cannot take the secret out of what the API says, so
// that it keeps nothing of that.
func TestSecret_isNotInWhatAResumedWaitKeeps(t *testing.T) {
	t.Parallel()
	const password = "canary-7f3a"
	for name, c := range map[string]struct {
		onTimeout string
		waits     bool
		value     tftypes.Value
	}{
		"an update in place, a null":          {"detach", true, nullIn("api_key")},
		"an update in place, no map":          {"detach", true, noSecrets()},
		"a replacement, which waits":          {"error", true, nullIn("api_key")},
		"a replacement, which does not":       {"error", false, nullIn("api_key")},
		"an update in place, with the secret": {"detach", true, acctest.StringMap("api_key", password)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := mockserver.Run{
				Duration: mockserver.Duration(time.Minute), Ends: "FAILED", Message: "wrong password " + password,
				Steps: []mockserver.Step{{Name: "Log in", Status: "FAILED", Message: "login with " + password + " failed"}},
			}
			acctest.InBubble(t, 1, acctest.Scenario(run), func(t *testing.T, server *mockserver.Server) {
				config := secret(acctest.StringMap("api_key", password))
				config["timeouts"], config["on_timeout"] = acctest.Timeouts("10s"), acctest.String(c.onTimeout)
				config["on_failure"] = acctest.String("warn")
				left, _ := newCore(t, server).Apply(t.Context(), acctest.Instance{}, config)
				if !c.waits {
					<-time.After(time.Hour)
				}
				config["scalar_variables_wo"] = c.value
				config["timeouts"] = acctest.Timeouts("1h")
				config["wait_for_completion"] = tftypes.NewValue(tftypes.Bool, c.waits)
				got, said := newCore(t, server).Apply(t.Context(), left, config)
				if got.Attribute("status") != "FAILED" || got.Attribute("id") != left.Attribute("id") {
					t.Errorf("state %s, want the run, which has failed", got.Value)
				}
				if all := got.Value.String() + said.String(); strings.Contains(all, password) {
					t.Errorf("the secret is in the state or in what is said: %s", all)
				}
			})
		})
	}
}
