// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import "testing"

func TestCompareNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want NameRelation
	}{
		{"Nightly load", "Nightly load", NamesSame},
		{"a/b/load.orch.yaml", "a/b/load.orch.yaml", NamesSame},
		{"a/b/load.orch.yaml", "a/b/load", NamesSame},
		{"a/b/load.tran.yaml", "a/b/load", NamesSame},
		{"load.orch.yaml", "load", NamesSame},
		{"", "", NamesSame},
		{"a/b/load.orch.yaml", "load.orch.yaml", NamesAlike},
		{"a/b/load.orch.yaml", "load", NamesAlike},
		{"a/b/load", "load.tran.yaml", NamesAlike},
		{"load.orch.yaml", "load.tran.yaml", NamesAlike},
		{"a/b/load.orch.yaml", "load.tran.yaml", NamesAlike},
		{"a/load.orch.yaml", "a/load.tran.yaml", NamesDiffer},
		{"a/b/load.orch.yaml", "b/load.orch.yaml", NamesDiffer},
		{"x/load.orch.yaml", "y/load.orch.yaml", NamesDiffer},
		{"a/b/load.orch.yaml", "load.orch", NamesDiffer},
		{"a/b/load.yaml", "load", NamesDiffer},
		{"a/b/load.orch.yaml", "Load", NamesDiffer},
		{"a/b/load.orch.yaml", "", NamesDiffer},
		{"a/b/load.orch.yaml", "a", NamesDiffer},
		{"a/b/load.orch.yaml", "oad", NamesDiffer},
		{"", "load", NamesDiffer},
		{".orch.yaml", "load", NamesDiffer},
	} {
		wantEqual(t, test.a+" and "+test.b, CompareNames(test.a, test.b), test.want)
		wantEqual(t, test.b+" and "+test.a, CompareNames(test.b, test.a), test.want)
	}
}
