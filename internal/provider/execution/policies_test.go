// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// A value that is listed and not decided upon panics in [failurePolicy.verdict] or [conflictPolicy.option].
func TestPolicies_everyValueIsDecided(t *testing.T) {
	t.Parallel()
	for _, p := range failurePolicy("").values() {
		for _, status := range matillion.Statuses() {
			if v := p.verdict(status); (v == verdictPending) == status.Ended() {
				t.Errorf("on_failure %q, %s: verdict %d", p, status, v)
			}
		}
	}
	said := map[matillion.Conflict]conflictPolicy{}
	for _, p := range conflictPolicy("").values() {
		if other, twice := said[p.option()]; twice {
			t.Errorf("on_conflict %q does what %q does", p, other)
		}
		said[p.option()] = p
	}
	for _, p := range timeoutPolicy("").values() {
		policies := policies{onTimeout: p}.detachingIf(true)
		if policies.onTimeout == timeoutCancel || policies.onInterrupt == interruptCancel {
			t.Errorf("on_timeout %q: an adopted run is cancelled", p)
		}
	}
}

// accepts returns those of the words that the argument of a policy accepts.
func accepts(t *testing.T, attributes map[string]schema.Attribute, name string, words ...string) (accepted []string) {
	t.Helper()
	argument, ok := attributes[name].(schema.StringAttribute)
	if !ok {
		t.Fatalf("%s is a %T", name, attributes[name])
	}
	for _, word := range words {
		var resp validator.StringResponse
		for _, v := range argument.Validators {
			v.ValidateString(t.Context(), validator.StringRequest{ConfigValue: types.StringValue(word)}, &resp)
		}
		if !resp.Diagnostics.HasError() {
			accepted = append(accepted, word)
		}
	}
	return accepted
}

// walk compares what a policy is with what its argument accepts, and with [policyOf].
func walk[P policy[P]](t *testing.T, attributes map[string]schema.Attribute, name string) {
	t.Helper()
	var words []string
	for _, value := range P("").values() {
		words = append(words, string(value))
		if got := policyOf[P](types.StringValue(string(value))); got != value {
			t.Errorf("%s = %q is read as %q", name, value, got)
		}
	}
	if accepted := accepts(t, attributes, name, append(words, "", "strange")...); !slices.Equal(accepted, words) {
		t.Errorf("%s accepts %q, want %q", name, accepted, words)
	}
	for value, want := range map[types.String]string{
		types.StringNull(): words[0], types.StringUnknown(): "", types.StringValue("of another release"): words[0],
	} {
		if got := policyOf[P](value); string(got) != want {
			t.Errorf("%s = %s is read as %q, want %q", name, value, got, want)
		}
	}
}

func TestPolicies_areAcceptedAndReadAsTheyAreListed(t *testing.T) {
	t.Parallel()
	attributes := union(policyAttributes(), statefulPolicyAttributes())
	walk[conflictPolicy](t, attributes, "on_conflict")
	walk[failurePolicy](t, attributes, "on_failure")
	walk[timeoutPolicy](t, attributes, "on_timeout")
	walk[interruptPolicy](t, attributes, "on_interrupt")
	walk[destroyPolicy](t, attributes, "on_destroy")
}
