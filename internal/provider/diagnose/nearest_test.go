// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package diagnose

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	pipelines := []string{
		"ingest/orders.orch.yaml", "load/orders.orch.yaml", "ingest/customers.orch.yaml", "Nightly load", "Nightly reload",
	}
	for meant, want := range map[string][]string{
		"ingest/order.orch.yaml":   {"ingest/orders.orch.yaml", "load/orders.orch.yaml"},
		"oders":                    {"ingest/orders.orch.yaml", "load/orders.orch.yaml"},
		"staging/CUSTOMERS":        {"ingest/customers.orch.yaml"},
		"nightly load":             {"Nightly load", "Nightly reload"},
		"Nigthly load":             {"Nightly load", "Nightly reload"},
		"weekly":                   nil,
		"":                         nil,
		"ingest/orders.trans.yaml": {"ingest/orders.orch.yaml", "load/orders.orch.yaml"},
	} {
		if diff := cmp.Diff(want, Nearest(meant, pipelines)); diff != "" {
			t.Errorf("near %q (-want +got):\n%s", meant, diff)
		}
	}
}

func TestEditsBetween(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2},
		{"Zürich", "Zurich", 1}, {"ab", "ba", 2},
	} {
		if got := editsBetween([]rune(c.a), []rune(c.b)); got != c.want {
			t.Errorf("from %q to %q: %d edits, want %d", c.a, c.b, got, c.want)
		}
	}
}

// A list of names that the API returns may hold an empty one.
func TestDidYouMean_suggestsNoEmptyName(t *testing.T) {
	t.Parallel()
	for meant, c := range map[string]struct {
		names []string
		want  string
	}{
		"P":           {[]string{"", "Q"}, `Did you mean "Q"?`}, // the empty name is one edit away
		"Production":  {[]string{" ", "", "Test"}, `There are: "Test".`},
		"Development": {[]string{""}, ""},
	} {
		if got := (&Message{}).DidYouMean(meant, c.names).String(); got != c.want {
			t.Errorf("%q is not one of %q: %q, want %q", meant, c.names, got, c.want)
		}
	}
}
