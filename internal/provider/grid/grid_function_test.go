// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package grid

import (
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// columns returns the first argument of grid.
func columns(names ...string) types.List {
	values := make([]attr.Value, 0, len(names))
	for _, name := range names {
		values = append(values, types.StringValue(name))
	}
	return types.ListValueMust(types.StringType, values)
}

// row returns an object of whatever values.
func row(values map[string]attr.Value) types.Object {
	kinds := map[string]attr.Type{}
	for name, value := range values {
		kinds[name] = value.Type(nil) //nolint:staticcheck // No type here looks at its context.
	}
	return types.ObjectValueMust(kinds, values)
}

// tuple returns rows as a configuration writes them.
func tuple(rows ...attr.Value) types.Dynamic {
	kinds := make([]attr.Type, 0, len(rows))
	for _, row := range rows {
		kinds = append(kinds, row.Type(nil)) //nolint:staticcheck // No type here looks at its context.
	}
	return types.DynamicValue(types.TupleValueMust(kinds, rows))
}

func country(name string) types.Object {
	return row(map[string]attr.Value{"name": types.StringValue(name)})
}

// gridOf calls the function as Terraform does.
func gridOf(t *testing.T, columns types.List, rows types.Dynamic) (types.List, *function.FuncError) {
	t.Helper()
	resp := function.RunResponse{Result: function.NewResultData(types.ListUnknown(Type.ElemType))}
	gridFunction{}.Run(t.Context(), function.RunRequest{
		Arguments: function.NewArgumentsData([]attr.Value{columns, rows}),
	}, &resp)
	grid, ok := resp.Result.Value().(types.List)
	if !ok {
		t.Fatalf("the result is a %T", resp.Result.Value())
	}
	return grid, resp.Error
}

func number(t *testing.T, text string) types.Number {
	t.Helper()
	// The precision of Terraform's own numbers.
	value, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	return types.NumberValue(value)
}

func TestGrid_putsCellsInTheOrderOfTheColumns(t *testing.T) {
	t.Parallel()
	norway := row(map[string]attr.Value{
		"code": types.StringValue("NO"), "population": number(t, "5600000"), "eu": types.BoolValue(false),
		"note": types.ListNull(types.StringType), // not a column
	})
	malta := types.MapValueMust(types.StringType, map[string]attr.Value{
		"eu": types.StringValue("yes"), "code": types.StringValue(""), "population": types.StringValue("542e3"),
	})
	for name, c := range map[string]struct {
		rows types.Dynamic
		want [][]string
	}{
		"tuple of objects and maps": {tuple(norway, malta), [][]string{{"false", "NO", "5600000"}, {"yes", "", "542e3"}}},
		"list": {types.DynamicValue(types.ListValueMust(malta.Type(t.Context()), []attr.Value{malta})),
			[][]string{{"yes", "", "542e3"}}},
		"dynamic row": {tuple(types.DynamicValue(malta)), [][]string{{"yes", "", "542e3"}}},
		"no rows":     {tuple(), [][]string{}},
	} {
		grid, err := gridOf(t, columns("eu", "code", "population"), c.rows)
		if err != nil {
			t.Errorf("%s: %s", name, err)
			continue
		}
		var got [][]string
		if diags := grid.ElementsAs(t.Context(), &got, false); diags.HasError() {
			t.Errorf("%s: %s", name, diags)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: the grid differs (-want +got):\n%s", name, diff)
		}
	}
}

func TestGrid_printsNumbersAsTerraformDoes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"0", "-1", "0.1", "1.5", "123456789012345678901234567890", "9007199254740993", "0.0000001", "-2.50625",
		"100000000000000000000000000000000000000000",
	} {
		grid, err := gridOf(t, columns("n"), tuple(row(map[string]attr.Value{"n": number(t, text)})))
		if err != nil {
			t.Errorf("%s: %s", text, err)
			continue
		}
		want := types.ListValueMust(types.StringType, []attr.Value{types.StringValue(text)})
		if got := grid.Elements()[0]; !got.Equal(want) {
			t.Errorf("%s became %s", text, got)
		}
	}
}

func TestGrid_namesWhatIsWrong(t *testing.T) {
	t.Parallel()
	null := row(map[string]attr.Value{"name": types.StringNull()})
	nested := row(map[string]attr.Value{"name": columns("a")})
	nullName := types.ListValueMust(types.StringType, []attr.Value{types.StringValue("name"), types.StringNull()})
	for name, c := range map[string]struct {
		columns  types.List
		rows     types.Dynamic
		argument int64
		want     string
	}{
		"missing column": {columns("name", "code"), tuple(country("Malta"), country("Norway")), 1,
			`row 1 has no column "code"`},
		"missing later": {columns("name"), tuple(country("Malta"), row(nil)), 1, `row 2 has no column "name"`},
		"null cell": {columns("name"), tuple(country("Malta"), null), 1,
			`the column "name" of row 2 is null. Write "" for an empty cell`},
		"untyped null": {columns("name"), tuple(row(map[string]attr.Value{"name": types.DynamicNull()})), 1,
			`the column "name" of row 1 is null.`},
		"null row": {columns("name"), tuple(country("Malta"), types.DynamicNull()), 1, "row 2 is null"},
		"cell of a list": {columns("name"), tuple(nested), 1,
			`the column "name" of row 1 is not a string, a number or a boolean`},
		"row of a string": {columns("name"), tuple(types.StringValue("Malta")), 1, "row 1 is not an object"},
		"rows of a string": {columns("name"), types.DynamicValue(types.StringValue("Malta")), 1,
			"the rows must be a list of objects"},
		"rows of a set": {columns("name"), types.DynamicValue(types.SetValueMust(country("").Type(t.Context()),
			[]attr.Value{country("Malta")})), 1, "the rows must be a list of objects"},
		"duplicate column": {columns("name", "code", "name"), tuple(), 0, `the column "name" is there twice`},
		"null column":      {nullName, tuple(), 0, "the name of column 2 is null"},
		"no columns":       {columns(), tuple(), 0, "a grid needs at least one column"},
	} {
		_, err := gridOf(t, c.columns, c.rows)
		if err == nil || !strings.HasPrefix(err.Text, c.want) {
			t.Errorf("%s: got the error %v, want %q", name, err, c.want)
			continue
		}
		if err.FunctionArgument == nil || *err.FunctionArgument != c.argument {
			t.Errorf("%s: the error is not about argument %d", name, c.argument)
		}
	}
}

func TestGrid_isUnknownWhileAnythingInItIs(t *testing.T) {
	t.Parallel()
	unknownName := types.ListValueMust(types.StringType, []attr.Value{types.StringUnknown()})
	for name, c := range map[string]struct {
		columns types.List
		rows    types.Dynamic
	}{
		"cell":         {columns("name"), tuple(country("Malta"), row(map[string]attr.Value{"name": types.StringUnknown()}))},
		"untyped cell": {columns("name"), tuple(row(map[string]attr.Value{"name": types.DynamicUnknown()}))},
		"row":          {columns("name"), tuple(types.ObjectUnknown(map[string]attr.Type{"name": types.StringType}))},
		"untyped row":  {columns("name"), tuple(types.DynamicUnknown())},
		"rows":         {columns("name"), types.DynamicValue(types.ListUnknown(types.StringType))},
		"untyped rows": {columns("name"), types.DynamicUnknown()},
		"column":       {unknownName, tuple(country("Malta"))},
		"columns":      {types.ListUnknown(types.StringType), tuple(country("Malta"))},
	} {
		grid, err := gridOf(t, c.columns, c.rows)
		if err != nil || !grid.IsUnknown() {
			t.Errorf("%s: got %s and the error %v, want an unknown grid", name, grid, err)
		}
	}
}
