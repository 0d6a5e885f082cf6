// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// nullIn is a map with one null.
func nullIn(name string) tftypes.Value {
	return tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, map[string]tftypes.Value{
		name: tftypes.NewValue(tftypes.String, nil), "mode": acctest.String("full"),
	})
}

// gridOf is a grid variable of rows.
func gridOf(rows ...tftypes.Value) tftypes.Value {
	row := tftypes.List{ElementType: tftypes.String}
	grid := tftypes.List{ElementType: row}
	return tftypes.NewValue(tftypes.Map{ElementType: grid}, map[string]tftypes.Value{
		"countries": tftypes.NewValue(grid, rows),
	})
}

// badInputs are values that every form of a run refuses, by argument, and what is said of them.
func badInputs() map[string]struct {
	argument string
	value    tftypes.Value
	want     string
} {
	null := tftypes.NewValue(tftypes.String, nil)
	return map[string]struct {
		argument string
		value    tftypes.Value
		want     string
	}{
		"null environment":  {"environment_name", null, "environment_name"},
		"empty environment": {"environment_name", acctest.String(""), "environment_name"},
		"null pipeline":     {"pipeline_name", null, "pipeline_name"},
		"empty pipeline":    {"pipeline_name", acctest.String(""), "pipeline_name"},
		"empty version":     {"version_name", acctest.String(""), "version_name"},
		"project":           {"project_id", acctest.String("warehouse"), "project_id"},
		"agent":             {"agent_id", acctest.String("agent-1"), "agent_id"},
		"long tag":          {"execution_tag", acctest.String(strings.Repeat("x", 256)), "execution_tag"},
		"null variable":     {"scalar_variables", nullIn("schema"), `"schema"`},
		"nameless variable": {"scalar_variables", acctest.StringMap("", "a"), "scalar_variables"},
		"ragged grid": {"grid_variables", gridOf(acctest.Strings("DE", "Germany"), acctest.Strings("FR")),
			`Grid "countries": row 2`},
		"null cell": {"grid_variables", gridOf(tftypes.NewValue(tftypes.List{ElementType: tftypes.String},
			[]tftypes.Value{null})), `Grid "countries": the cell in row 1, column 1 is null`},
		"policy":          {"on_failure", acctest.String("ignore"), "on_failure"},
		"conflict policy": {"on_conflict", acctest.String("retry"), "on_conflict"},
	}
}

func invokeTimeout(timeout string) tftypes.Value {
	return tftypes.NewValue(tftypes.Object{AttributeTypes: map[string]tftypes.Type{"invoke": tftypes.String}},
		map[string]tftypes.Value{"invoke": acctest.String(timeout)})
}

// Terraform validates an action's configuration with unknown values only, and never again.
func TestPipelineExecuteAction_refusesWhatIsKnownOnlyWhenItIsPlannedOrInvoked(t *testing.T) {
	t.Parallel()
	cases := badInputs()
	for name, timeout := range map[string]string{"negative time": "-5m", "no time": "0s", "no unit": "90", "a day": "1d"} {
		bad := cases[name]
		bad.argument, bad.value, bad.want = "timeouts", invokeTimeout(timeout), "timeouts.invoke"
		cases[name] = bad
	}
	nullSecret := cases["null variable"]
	nullSecret.argument = "scalar_variables_wo"
	cases["null secret"] = nullSecret
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
				config := acctest.Request()
				maps.Copy(config, map[string]tftypes.Value{c.argument: c.value})
				core := acctest.NewCore(t, server)
				for doing, said := range map[string]acctest.Diagnostics{
					"plan":       core.PlanAction("matillion_pipeline_execute", config),
					"invocation": core.Invoke(t.Context(), "matillion_pipeline_execute", config).Said,
				} {
					if !said.Failed() || len(said) != 1 || !strings.Contains(said.String(), c.want) || !onArgument(said, c.argument) {
						t.Errorf("%s: diagnostics %s, want one error on %s that says %s", doing, said, c.argument, c.want)
					}
				}
				if calls := server.Calls(""); calls != 0 {
					t.Errorf("%d calls of the API, want none", calls)
				}
			})
		})
	}
}

// onArgument reports whether every diagnostic is about an argument, or an element of it, and nothing deeper.
func onArgument(said acctest.Diagnostics, argument string) bool {
	for _, d := range said {
		if d.Attribute == nil || len(d.Attribute.Steps()) > 2 ||
			d.Attribute.Steps()[0] != tftypes.AttributeName(argument) {
			return false
		}
		if _, attribute := d.Attribute.LastStep().(tftypes.AttributeName); attribute && len(d.Attribute.Steps()) > 1 {
			return false
		}
	}
	return true
}

func TestPipelineExecuteAction_plansWhatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		core := acctest.NewCore(t, server)
		config := acctest.Request()
		for _, attribute := range core.Schemas.ActionSchemas["matillion_pipeline_execute"].Schema.Block.Attributes {
			config[attribute.Name] = tftypes.NewValue(attribute.ValueType(), tftypes.UnknownValue)
		}
		if said := core.PlanAction("matillion_pipeline_execute", config); len(said) > 0 {
			t.Errorf("diagnostics %s, want none", said)
		}
	})
}

func TestPipelineExecuteAction_planRefusesWhatComesFromVariables(t *testing.T) {
	t.Parallel()
	w := acctest.NewWorkspace(t, "")
	w.Needs(acctest.Actions())
	a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
	w.Configure(a.Provider() + `
variable "schema" { default = null }
variable "environment" { default = "" }
variable "rows" { default = [["DE", "Germany"], ["FR"]] }

action "matillion_pipeline_execute" "smoke" {
  config {
    environment_name = var.environment
    pipeline_name    = "x"
    scalar_variables = { schema = var.schema }
    grid_variables   = { countries = var.rows }
  }
}
`)
	if result := w.Run("validate", "-no-color"); result.Exit != 0 {
		t.Errorf("validate: exit status %d, want 0: Terraform knows no value yet", result.Exit)
	}
	invoke := "-invoke=action.matillion_pipeline_execute.smoke"
	for _, args := range [][]string{
		{"plan", "-json", "-no-color", invoke}, {"apply", "-auto-approve", "-json", "-no-color", invoke},
	} {
		result := w.Run(args...)
		if result.Exit != 1 || len(result.Summaries("error")) != 3 {
			t.Errorf("%s: exit status %d with %q, want 1 and three errors", args[0], result.Exit, result.Summaries("error"))
		}
		for _, want := range []string{`\"schema\"`, "environment_name", `Grid \"countries\": row 2`} {
			if !strings.Contains(result.Output, want) {
				t.Errorf("%s: nothing says %s", args[0], want)
			}
		}
	}
}
