// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/grid"
)

// emptyRun is a model in which nothing is set.
func emptyRun() (m pipelineExecutionModel) {
	m.ScalarVariables, m.GridVariables = types.MapNull(types.StringType), types.MapNull(grid.Type)
	m.Triggers = types.MapNull(types.StringType)
	return m
}

// A run is handed over to an instance of the same hash, so that an argument which is not in it loses a run or mixes two.
func TestRunHash_knowsEveryArgument(t *testing.T) {
	t.Parallel()
	same, diags := emptyRun().runHash(t.Context())
	if same == "" || diags.HasError() {
		t.Fatalf("the hash of a request without values is %q, %v", same, diags)
	}
	fields := reflect.TypeFor[requestModel]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		other, unknown := attr.Value(types.StringValue("other")), attr.Value(types.StringUnknown())
		if grids := name == "GridVariables"; grids || fields.Field(i).Type == reflect.TypeFor[types.Map]() {
			kind := attr.Type(types.StringType)
			if grids {
				kind = grid.Type
			}
			other, unknown = types.MapValueMust(kind, map[string]attr.Value{}), types.MapUnknown(kind)
		}
		for _, value := range []attr.Value{other, unknown} {
			m := emptyRun()
			reflect.ValueOf(&m.requestModel).Elem().Field(i).Set(reflect.ValueOf(value))
			hash, diags := m.runHash(t.Context())
			if (hash == "") != value.IsUnknown() || hash == same || diags.HasError() {
				t.Errorf("%s is %s: the hash is %q, %v", name, value, hash, diags)
			}
		}
	}
}
