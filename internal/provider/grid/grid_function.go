// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package grid is what a grid variable is: its type, its validator, and the function that makes one from objects. It
// knows values and nothing of who takes them.
package grid

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ function.Function = gridFunction{}

// Type is the type of a grid: a list of rows, each a list of strings.
var Type = types.ListType{ElemType: types.ListType{ElemType: types.StringType}}

// NewFunction returns the function grid.
func NewFunction() function.Function { return gridFunction{} }

// gridFunction turns a list of objects into a grid variable.
type gridFunction struct{}

// The positions of the parameters.
const (
	gridColumns = iota
	gridRows
)

func (gridFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "grid"
}

func (gridFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Turns a list of objects into a grid variable.",
		MarkdownDescription: "Turns a list of objects into the rows of a grid variable, as `grid_variables` takes them: " +
			"each object becomes a row, with its cells in the order of the columns. Numbers and booleans become strings as " +
			"`tostring` prints them. An object may have more attributes than there are columns; one that lacks a column, or " +
			"has null there, is an error. Needs Terraform 1.8 or newer.",
		Parameters: []function.Parameter{
			gridColumns: function.ListParameter{
				Name: "columns", ElementType: types.StringType,
				MarkdownDescription: "Names of the columns, in the order in which the grid variable declares them.",
			},
			gridRows: function.DynamicParameter{
				Name:                "rows",
				MarkdownDescription: "List of objects or maps, whose values are strings, numbers or booleans.",
			},
		},
		Return: function.ListReturn{ElementType: Type.ElemType},
	}
}

func (gridFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var columns types.List
	var rows types.Dynamic
	if resp.Error = req.Arguments.Get(ctx, &columns, &rows); resp.Error != nil {
		return
	}
	grid, err := makeGrid(columns, rows)
	if errors.Is(err, errNotKnown) {
		resp.Error = resp.Result.Set(ctx, types.ListUnknown(Type.ElemType))
		return
	}
	if faulty, ok := errors.AsType[*function.FuncError](err); ok {
		resp.Error = faulty
		return
	}
	resp.Error = resp.Result.Set(ctx, grid)
}

// errNotKnown is a grid that depends on a value which is not known yet.
var errNotKnown = errors.New("not known yet")

// gridFault returns an error about an argument. Terraform adds the full stop.
func gridFault(argument int64, format string, args ...any) error {
	return function.NewArgumentFuncError(argument, fmt.Sprintf(format, args...))
}

// makeGrid returns the rows of a grid. The error is errNotKnown or a [function.FuncError].
func makeGrid(columns types.List, rows types.Dynamic) ([][]string, error) {
	names, err := columnNames(columns)
	if err != nil {
		return nil, err
	}
	objects, err := rowObjects(rows)
	if err != nil {
		return nil, err
	}
	grid := make([][]string, 0, len(objects))
	for i, object := range objects {
		row, err := gridRow(i+1, names, object)
		if err != nil {
			return nil, err
		}
		grid = append(grid, row)
	}
	return grid, nil
}

func columnNames(columns types.List) ([]string, error) {
	if columns.IsUnknown() {
		return nil, errNotKnown
	}
	if len(columns.Elements()) == 0 {
		return nil, gridFault(gridColumns, "a grid needs at least one column")
	}
	var names []string
	for i, element := range columns.Elements() {
		name, ok := element.(types.String)
		switch {
		case element.IsUnknown():
			return nil, errNotKnown
		case !ok || element.IsNull():
			return nil, gridFault(gridColumns, "the name of column %d is null", i+1)
		case slices.Contains(names, name.ValueString()):
			return nil, gridFault(gridColumns, "the column %q is there twice", name.ValueString())
		}
		names = append(names, name.ValueString())
	}
	return names, nil
}

// rowObjects returns the elements of a list or tuple. A set is refused, because a grid has an order, and may have equal
// rows.
func rowObjects(rows types.Dynamic) ([]attr.Value, error) {
	value := concrete(rows)
	if value.IsUnknown() {
		return nil, errNotKnown
	}
	switch value := value.(type) {
	case types.List:
		return value.Elements(), nil
	case types.Tuple:
		return value.Elements(), nil
	default:
		return nil, gridFault(gridRows, "the rows must be a list of objects")
	}
}

// gridRow returns the cells of a row. Rows are counted from 1, for people.
func gridRow(number int, columns []string, object attr.Value) ([]string, error) {
	var values map[string]attr.Value
	object = concrete(object)
	switch object := object.(type) {
	case types.Object:
		values = object.Attributes()
	case types.Map:
		values = object.Elements()
	}
	switch {
	case object.IsUnknown():
		return nil, errNotKnown
	case object.IsNull():
		return nil, gridFault(gridRows, "row %d is null", number)
	case values == nil:
		return nil, gridFault(gridRows, "row %d is not an object", number)
	}
	cells := make([]string, len(columns))
	for i, column := range columns {
		value, found := values[column]
		if !found {
			return nil, gridFault(gridRows, "row %d has no column %q", number, column)
		}
		cell, err := gridCell(number, column, concrete(value))
		if err != nil {
			return nil, err
		}
		cells[i] = cell
	}
	return cells, nil
}

// gridCell returns a value as tostring prints it.
func gridCell(row int, column string, value attr.Value) (string, error) {
	switch {
	case value.IsUnknown():
		return "", errNotKnown
	case value.IsNull():
		return "", gridFault(gridRows, "the column %q of row %d is null. Write \"\" for an empty cell", column, row)
	}
	switch value := value.(type) {
	case types.String:
		return value.ValueString(), nil
	case types.Bool:
		return strconv.FormatBool(value.ValueBool()), nil
	case types.Number:
		return value.ValueBigFloat().Text('f', -1), nil
	default:
		return "", gridFault(gridRows, "the column %q of row %d is not a string, a number or a boolean", column, row)
	}
}

// concrete takes a value out of its dynamic wrapping, unless it is nothing but null or unknown.
func concrete(value attr.Value) attr.Value {
	if dynamic, ok := value.(types.Dynamic); ok && dynamic.UnderlyingValue() != nil {
		return dynamic.UnderlyingValue()
	}
	return value
}
