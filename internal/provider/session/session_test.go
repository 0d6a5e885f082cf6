// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package session

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

func TestShared_isOneOfATypeInASession(t *testing.T) {
	t.Parallel()
	type apples struct{ count int }
	type pears struct{ count int }
	one, other := &Session{}, &Session{}
	Shared[apples](one).count = 3
	if got := Shared[apples](one).count; got != 3 {
		t.Errorf("the session has %d apples, want 3", got)
	}
	if got := Shared[pears](one).count + Shared[apples](other).count; got != 0 {
		t.Errorf("another type, or another session, has %d, want 0", got)
	}
}

func TestReadyIn_needsAClientAndAKnownProject(t *testing.T) {
	t.Parallel()
	known, unknown, null := types.StringValue("p"), types.StringUnknown(), types.StringNull()
	client := &matillion.Client{}
	for name, c := range map[string]struct {
		session        *Session
		argument, want types.String
		says           string
	}{
		"configured here":     {&Session{Client: client, ProjectID: unknown}, known, known, ""},
		"the provider's":      {&Session{Client: client, ProjectID: known}, null, known, ""},
		"unknown here":        {&Session{Client: client, ProjectID: known}, unknown, unknown, "Provider is not configured"},
		"provider's, unknown": {&Session{Client: client, ProjectID: unknown}, null, unknown, "Provider is not configured"},
		"nowhere":             {&Session{Client: client, ProjectID: null}, null, null, "Missing project"},
		"no client":           {&Session{ProjectID: known}, known, known, "Provider is not configured"},
	} {
		got, diags := c.session.ReadyIn(c.argument)
		said := ""
		if len(diags) > 0 {
			said = diags[0].Summary()
		}
		if !got.Equal(c.want) || said != c.says {
			t.Errorf("%s: project %s and %q, want %s and %q", name, got, said, c.want, c.says)
		}
	}
}

func TestCheckLevel_saysWhatAFindingIs(t *testing.T) {
	t.Parallel()
	if ChecksError.Severity() != diag.SeverityError || ChecksWarn.Severity() != diag.SeverityWarning {
		t.Error("a level has the severity of another")
	}
}

// A question is asked once, and not at all if its answer is expected.
func TestMemo_expectsAnAnswer(t *testing.T) {
	t.Parallel()
	asked := map[string]int{}
	memo := Memo[string, string]{ask: func(_ context.Context, key string) (string, error) {
		asked[key]++
		return "answer to " + key, nil
	}}
	answer := memo.Ask(t.Context(), "source")
	memo.Expect("target", answer)
	for _, key := range []string{"target", "source", "target"} {
		if got, err := memo.Ask(t.Context(), key).Wait(t.Context()); got != "answer to source" || err != nil {
			t.Errorf("%s is answered with %q, %v", key, got, err)
		}
	}
	if asked["source"] != 1 || asked["target"] != 0 {
		t.Errorf("asked %v, want the source once", asked)
	}
}
