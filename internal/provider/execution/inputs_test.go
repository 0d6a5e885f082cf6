// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// later wraps a value so that Terraform knows it only while it applies.
func later(value string) string {
	return "\nresource \"terraform_data\" \"later\" {\n  input = " + value + "\n}\n"
}

// What only the apply knows is validated then, before anything is started.
func TestInputs_areValidatedWhenTheyBecomeKnown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ value, argument, want string }{
		"environment": {`""`, `environment_name = terraform_data.later.output`, `environment_name`},
		"agent":       {`"agent-1"`, `agent_id = terraform_data.later.output`, `agent_id.*UUID`},
		"variable": {
			`[""]`, `scalar_variables = { schema = one([for s in terraform_data.later.output : s if s != ""]) }`, `"schema"`,
		},
		"grid": {
			`[["DE", "Germany"], ["FR"]]`, `grid_variables = { g = terraform_data.later.output }`, `Grid "g": row 2`,
		},
		"policy": {`"ignore"`, `on_failure = terraform_data.later.output`, `on_failure`},
	} {
		for form, config := range map[string]string{
			"resource": acctest.Execution(c.argument), "data source": executed("timestamp()", c.argument),
		} {
			if name == "environment" {
				config = acctest.ReplaceArgument(config, "environment_name", c.argument)
				config = strings.Replace(config, "\n  "+c.argument, "", 1)
			}
			t.Run(name+" of the "+form, func(t *testing.T) {
				t.Parallel()
				a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
				acctest.CLI(t, resource.TestStep{
					Config: a.Provider() + later(c.value) + config, ExpectError: regexp.MustCompile("(?s)" + c.want),
				})
				if posts := a.Calls("execute"); posts != 0 {
					t.Errorf("%d starts were asked for, want none", posts)
				}
			})
		}
	}
}

// secret is a configuration whose secret may be null, as when nobody sets the variable.
func secret(value tftypes.Value) map[string]tftypes.Value {
	config := acctest.AwaitedRequest()
	config["scalar_variables_wo"] = value
	config["scalar_variables_wo_version"] = tftypes.NewValue(tftypes.Number, 1)
	return config
}

func noSecrets() tftypes.Value {
	return tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, nil)
}

func TestSecret_isNeededByTheStartOnly(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]tftypes.Value{"a null": nullIn("api_key"), "no map": noSecrets()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 2, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
				c := newCore(t, server)
				got, said := c.Apply(t.Context(), acctest.Instance{}, secret(acctest.StringMap("api_key", "abcdef")))
				if said.Failed() {
					t.Fatal(said)
				}
				// As it was, and with another behaviour, which is an update.
				for _, failure := range []string{"error", "warn"} {
					config := secret(value)
					config["on_failure"] = acctest.String(failure)
					if said := c.Validate(config); len(said) > 0 {
						t.Errorf("on_failure %s: validation says %s, want nothing", failure, said)
					}
					if got, said = c.Apply(t.Context(), got, config); len(said) > 0 {
						t.Errorf("on_failure %s: diagnostics %s, want none", failure, said)
					}
				}
				// Another version is another run, which needs the secret.
				again := secret(value)
				again["scalar_variables_wo_version"] = tftypes.NewValue(tftypes.Number, 2)
				kept, said := c.Apply(t.Context(), got, again)
				if !said.Failed() || !strings.Contains(said.String(), "scalar_variables_wo") || !kept.Exists() {
					t.Errorf("another version without the secret: diagnostics %s, want an error", said)
				}
				again["scalar_variables_wo"] = acctest.StringMap("api_key", "fedcba")
				if _, said = c.Apply(t.Context(), got, again); said.Failed() {
					t.Errorf("another version with the secret: %s", said)
				}
			})
		})
	}
}

func TestSecret_nothingIsStartedWithoutIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value tftypes.Value
		want  string
	}{"a null": {nullIn("api_key"), `"api_key"`}, "no map": {noSecrets(), "scalar_variables_wo_version"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
				c := struct {
					*acctest.Resource
					value tftypes.Value
					want  string
				}{newCore(t, server), c.value, c.want}
				// The plan does not know it, and the apply finds that there is none.
				unknown := secret(tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, tftypes.UnknownValue))
				planned := c.Plan(t.Context(), acctest.Instance{}, unknown)
				if len(planned.Diagnostics) > 0 {
					t.Errorf("the plan says %s, want nothing", acctest.Diagnostics(planned.Diagnostics))
				}
				_, said := c.Change(t.Context(), acctest.Instance{}, secret(c.value), planned, nil)
				if !said.Failed() || !strings.Contains(said.String(), c.want) {
					t.Errorf("diagnostics %s, want an error that says %s", said, c.want)
				}
				if _, said = c.Apply(t.Context(), acctest.Instance{}, secret(c.value)); !said.Failed() {
					t.Error("a plan without the secret was applied")
				}
			})
		})
	}
}

// A run that ended badly since it was left is not taken over, but run again: that needs the secret.
func TestSecret_isNeededWhereThereIsNothingToTakeOver(t *testing.T) {
	t.Parallel()
	for end, runs := range map[string]int{"FAILED": 1, "SUCCESS": 1} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			acctest.InBubble(t, runs, acctest.Scenario(mockserver.Run{Forever: true}),
				func(t *testing.T, server *mockserver.Server) {
					c := newCore(t, server)
					config := secret(acctest.StringMap("api_key", "abcdef"))
					config["timeouts"] = acctest.Timeouts("10s")
					left, _ := c.Apply(t.Context(), acctest.Instance{}, config)
					if !left.Tainted {
						t.Fatal("the wait did not end in an error")
					}
					server.Finish(server.Started()[0].ID, end, "")
					planned := c.Plan(t.Context(), acctest.Instance{}, config)
					said := c.Delete(t.Context(), acctest.Instance{Value: left.Value})
					config["scalar_variables_wo"] = nullIn("api_key")
					got, said := c.Change(t.Context(), acctest.Instance{}, config, planned, said)
					if want := end == "FAILED"; said.Failed() != want {
						t.Errorf("state %v and diagnostics %s, want an error: %t", got.Value, said, want)
					}
				})
		})
	}
}

func TestSecret_plansAndDestroysWithoutIt(t *testing.T) {
	t.Parallel()
	for name, expression := range map[string]string{
		"a null": "{ api_key = var.api_key }", "no map": "var.api_key == null ? null : { api_key = var.api_key }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorkspace(t, "")
			w.Needs(acctest.WriteOnly())
			a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
			w.Configure(a.Provider() + `
variable "api_key" {
  type      = string
  ephemeral = true
  sensitive = true
  default   = null
}
` + acctest.Execution(`wait_for_completion = true`, `scalar_variables_wo_version = 1`,
				`scalar_variables_wo = `+expression))
			if result := w.Apply(); result.Exit != 1 {
				t.Errorf("apply without the secret: exit status %d, want 1", result.Exit)
			}
			if result := w.Apply("-var=api_key=abcdef"); result.Exit != 0 {
				t.Errorf("apply with the secret: exit status %d, want 0", result.Exit)
			}
			w.Succeeds("plan", "-no-color", "-detailed-exitcode")
			w.Succeeds("destroy", "-auto-approve", "-no-color")
		})
	}
}

// upper and lower are one UUID.
const (
	lower = "5f0c2f0e-6d1b-4c58-9a3e-2b7d4e8f1a60"
	upper = "5F0C2F0E-6D1B-4C58-9A3E-2B7D4E8F1A60"
	mixed = "5F0C2F0E-6d1b-4c58-9a3e-2b7d4e8f1A60"
)

func TestUUID_inAnotherCaseIsTheSame(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{})
	s.Projects[0].ID = upper
	for name, c := range map[string]struct {
		before, after string
		provider      []string
	}{
		"project": {`project_id = "` + upper + `"`, `project_id = "` + lower + `"`, nil},
		"agent": {`project_id = "` + upper + "\"\n  agent_id = \"" + lower + `"`,
			`project_id = "` + mixed + "\"\n  agent_id = \"" + mixed + `"`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 1, s)
			acctest.CLI(t,
				resource.TestStep{Config: a.Provider() + acctest.Execution(c.before, `wait_for_completion = true`)},
				resource.TestStep{
					Config:           a.Provider() + acctest.Execution(c.after, `wait_for_completion = true`),
					ConfigPlanChecks: plansNothing(),
				},
				// With a change that is one, the apply must keep what the plan said.
				resource.TestStep{Config: a.Provider() + acctest.Execution(c.after, `wait_for_completion = true`,
					`on_failure = "warn"`)},
			)
		})
	}
	t.Run("the provider's project", func(t *testing.T) {
		t.Parallel()
		a := acctest.Serve(t, 1, s)
		providerOf := func(project string) string {
			return strings.Replace(a.Provider(), acctest.ProjectID, project, 1)
		}
		acctest.CLI(t,
			resource.TestStep{Config: providerOf(upper) + acctest.Execution(`wait_for_completion = true`)},
			resource.TestStep{
				Config: providerOf(lower) + acctest.Execution(`wait_for_completion = true`), ConfigPlanChecks: plansNothing(),
			},
		)
	})
}

func TestUUID_inAnotherCaseCanBeImportedAndTakenOver(t *testing.T) {
	t.Parallel()
	s := acctest.Scenario(mockserver.Run{Forever: true})
	s.Projects[0].ID = upper
	acctest.InBubble(t, 1, s, func(t *testing.T, server *mockserver.Server) {
		c := newCore(t, server)
		config := acctest.AwaitedRequest()
		config["project_id"], config["agent_id"] = acctest.String(upper), acctest.String(upper)
		config["timeouts"] = acctest.Timeouts("10s")
		left, _ := c.Apply(t.Context(), acctest.Instance{}, config)
		server.Finish(server.Started()[0].ID, "SUCCESS", "")
		config["project_id"], config["agent_id"] = acctest.String(lower), acctest.String(mixed)
		if got, said := c.Apply(t.Context(), left, config); said.Failed() || got.Attribute("id") != left.Attribute("id") {
			t.Errorf("the replacement of a tainted instance: state %v and %s, want the same run", got.Value, said)
		}
	})
	a := acctest.Serve(t, 0, s)
	id := a.StartElsewhere(mockserver.Execution{ProjectID: upper, Status: "SUCCESS"})
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`project_id = "`+lower+`"`)+fmt.Sprintf(
		"import {\n  to = %s\n  id = \"%s/%s\"\n}\n", acctest.Address, upper, id))
	if result := w.Apply(); result.Exit != 0 {
		t.Errorf("import of a run whose project is written in another case: exit status %d", result.Exit)
	}
	w.Succeeds("plan", "-no-color", "-detailed-exitcode")
}

// A mistake in a time is shown on its line, and names the time.
func TestTimeouts_areShownOnTheirLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ config, want string }{
		"resource, a day":     {acctest.Execution(`timeouts = { create = "1d" }`), `timeouts\.create.*"1d".*"90m"`},
		"resource, two":       {acctest.Execution(`timeouts = { update = "0s", delete = "10m" }`), `timeouts\.update.*"0s"`},
		"data source, 90":     {executed("timestamp()", `timeouts = { read = 90 }`), `timeouts\.read.*"90"`},
		"data source, before": {executed("timestamp()", `timeouts = { read = "-1.5h" }`), `timeouts\.read.*"-1.5h"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuses(t, c.config, `(?s)\d+: +timeouts = \{.*`+c.want)
		})
	}
}

func TestNulls_areNamed(t *testing.T) {
	t.Parallel()
	const variable = `
variable "vars" { default = { region = "eu", schema = null, mode = "full", day = null } }
`
	for form, config := range map[string]string{
		"resource":    acctest.Execution(`scalar_variables = var.vars`),
		"data source": executed("timestamp()", `scalar_variables = var.vars`), // which is validated when it is read
	} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
			acctest.CLI(t, resource.TestStep{
				Config:      a.Provider() + variable + config,
				ExpectError: regexp.MustCompile(`(?s)scalar_variables += var\.vars.*"day", "schema"`),
			})
		})
	}
	t.Run("secrets", func(t *testing.T) {
		t.Parallel()
		acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
			config := acctest.Request()
			maps.Copy(config, secret(nullIn("api_key")))
			said := acctest.Diagnostics(newCore(t, server).Plan(t.Context(), acctest.Instance{}, config).Diagnostics)
			if len(said) != 1 || !strings.Contains(said.String(), `"api_key"`) || !onArgument(said, "scalar_variables_wo") {
				t.Errorf("diagnostics %s, want one that names api_key", said)
			}
		})
	})
}

// A check of a plan may be made when it is applied, if the plan did not know what to ask for.
func TestPlanCheck_madeAtApplySaysWhenItIsMade(t *testing.T) {
	t.Parallel()
	for argument, value := range map[string]string{"pipeline_name": "Nightly laod", "environment_name": "Productoin"} {
		t.Run(argument, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
			config := acctest.ReplaceArgument(acctest.Execution(), argument, argument+" = terraform_data.later.output")
			w := acctest.NewWorkspace(t, a.Provider(`plan_checks = "error"`)+later(fmt.Sprintf("%q", value))+config)
			detail := w.Apply().Detail("Pipeline, environment or version not found")
			if !strings.Contains(detail, "Did you mean") || !strings.Contains(detail, "before anything is started") ||
				strings.Contains(detail, "planning") || a.Calls("execute") != 0 {
				t.Errorf("after %d starts the error is %q, want that it was checked before", a.Calls("execute"), detail)
			}
		})
	}
}
