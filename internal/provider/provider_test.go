// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// block is a provider block, by argument.
func block(arguments map[string]string) string {
	lines := make([]string, 0, len(arguments))
	for name, value := range arguments {
		if value != "" {
			lines = append(lines, name+" = "+value)
		}
	}
	return "provider \"matillion\" {\n" + strings.Join(lines, "\n") + "\n}\n"
}

func TestProvider_refusesMistakesBeforeAnyCall(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change map[string]string
		want   string
	}{
		"no region and no address": {map[string]string{"api_url": ""},
			`(?s)Missing region.*region.*MATILLION_REGION.*eu, us, au`},
		"unknown region": {map[string]string{"region": `"uk"`}, `(?s)region.*"eu".*"us".*"au"`},
		"no credentials": {
			map[string]string{"client_id": "", "client_secret": ""},
			`(?s)Missing credentials.*client_id.*MATILLION_CLIENT_ID`,
		},
		"no secret": {map[string]string{"client_secret": ""}, `(?s)Missing credentials.*MATILLION_CLIENT_SECRET`},
		"token and credentials": {
			map[string]string{"token": `"t"`}, `(?s)Conflicting credentials.*token.*client_id.*MATILLION_TOKEN`,
		},
		"project not a UUID":     {map[string]string{"project_id": `"warehouse"`}, `(?s)project_id.*UUID`},
		"insecure address":       {map[string]string{"api_url": `"http://example.com/dpc"`}, `(?s)api_url.*https://`},
		"insecure token address": {map[string]string{"token_url": `"http://example.com/token"`}, `(?s)token_url.*https://`},
		"address with password":  {map[string]string{"api_url": `"https://a:b@example.com"`}, `(?s)api_url.*credentials`},
		"address without host":   {map[string]string{"api_url": `"eu1.api.matillion.com"`}, `(?s)api_url.*absolute https://`},
		"unknown plan_checks":    {map[string]string{"plan_checks": `"maybe"`}, `(?s)plan_checks.*"off".*"warn".*"error"`},
		"no requests at all": {map[string]string{"requests_per_minute": "0"},
			`(?s)requests_per_minute.*between 1 and 100000`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := acctest.Serve(t, 0, acctest.Scenario(mockserver.Run{}))
			arguments := map[string]string{
				"api_url":   fmt.Sprintf("%q", a.URL+mockserver.APIPath),
				"token_url": fmt.Sprintf("%q", a.URL+mockserver.TokenPath),
				"client_id": `"mock-client-id"`, "client_secret": `"mock-client-secret"`,
				"project_id": fmt.Sprintf("%q", acctest.ProjectID),
			}
			for name, value := range c.change {
				arguments[name] = value
			}
			acctest.CLI(t, resource.TestStep{
				Config: block(arguments) + acctest.Execution(), PlanOnly: true, ExpectError: regexp.MustCompile(c.want),
			})
			if got := a.Calls("") + a.Calls("token"); got != 0 {
				t.Errorf("%d calls before the mistake was found, want none", got)
			}
		})
	}
}

func TestProvider_unknownConfigurationSkipsWhatNeedsTheAPI(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	acctest.CLI(t, resource.TestStep{Config: `
resource "terraform_data" "secret" { input = "mock-client-secret" }
resource "terraform_data" "project" { input = "` + acctest.ProjectID + `" }
` + block(map[string]string{
		"api_url":       fmt.Sprintf("%q", a.URL+mockserver.APIPath),
		"token_url":     fmt.Sprintf("%q", a.URL+mockserver.TokenPath),
		"client_id":     `"mock-client-id"`,
		"client_secret": "terraform_data.secret.output",
		"project_id":    "terraform_data.project.output",
	}) + acctest.Execution(`wait_for_completion = true`)})
}

// What users set for Terraform reaches the provider's process, and what started it is named.
func TestProvider_takesTerraformsOwnSettings(t *testing.T) {
	t.Parallel()
	a := acctest.Serve(t, 1, acctest.Scenario(mockserver.Run{}))
	w := acctest.NewWorkspace(t, a.Provider()+acctest.Execution(`wait_for_completion = true`))
	w.Env = append(w.Env, "TF_LOG_PROVIDER=INFO", "TF_APPEND_USER_AGENT=pipeline/7 (orders)")
	client, _, _ := strings.Cut(w.Succeeds("version"), " ")
	result := w.Run("apply", "-auto-approve", "-no-color")
	id := a.Started()[0].ID
	for _, line := range []string{"Started execution " + id + ": https://", "SUCCESS after"} {
		if !strings.Contains(result.Output, line) || !strings.Contains(result.Output, "execution_id="+id) {
			t.Errorf("the log has no line %q", line)
		}
	}
	for _, request := range a.Requests() {
		agent := request.Header.Get("User-Agent")
		if !strings.HasPrefix(agent, "terraform-provider-matillion/dev "+client) ||
			!strings.HasSuffix(agent, " pipeline/7 (orders)") {
			t.Errorf("%s %s is sent by %q, want one that names %s", request.Method, request.Path, agent, client)
		}
	}
}

// An address that was put in the wrong place is not shown with its password.
func TestProvider_noMistakeInTheBlockShowsAPassword(t *testing.T) {
	t.Parallel()
	acctest.InBubble(t, 0, acctest.Scenario(mockserver.Run{}), func(t *testing.T, server *mockserver.Server) {
		c := acctest.NewCore(t, server)
		refused := 0
		for _, attribute := range c.Schemas.Provider.Block.Attributes {
			if !attribute.ValueType().Is(tftypes.String) {
				continue
			}
			got, err := c.Provider.ValidateProviderConfig(t.Context(), &tfprotov6.ValidateProviderConfigRequest{
				Config: c.Encode(c.Object(c.Schemas.Provider, map[string]tftypes.Value{
					attribute.Name: acctest.String("https://svc:S3cret@eu1.api.matillion.com/dpc"),
				})),
			})
			if err != nil {
				t.Fatal(err)
			}
			said := acctest.Diagnostics(got.Diagnostics)
			refused += len(said)
			if strings.Contains(said.String(), "S3cret") || len(said) > 0 && !strings.Contains(said.String(), attribute.Name) {
				t.Errorf("%s: the block says %s, want the name of the argument and no password", attribute.Name, said)
			}
		}
		if refused != 5 { // region, project_id, api_url, token_url, plan_checks
			t.Errorf("the address was refused %d times, want 5", refused)
		}
	})
}
