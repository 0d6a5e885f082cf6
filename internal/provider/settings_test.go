package provider

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
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
		"no region and no address": {map[string]string{"api_url": ""}, `(?s)Missing region.*region.*MATILLION_REGION.*eu, us, au`},
		"unknown region":           {map[string]string{"region": `"uk"`}, `(?s)region.*"eu".*"us".*"au"`},
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
		"no requests at all":     {map[string]string{"requests_per_minute": "0"}, `(?s)requests_per_minute.*between 1 and 100000`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, 0, scenario(mockserver.Run{}))
			arguments := map[string]string{
				"api_url":   fmt.Sprintf("%q", a.url+mockserver.APIPath),
				"token_url": fmt.Sprintf("%q", a.url+mockserver.TokenPath),
				"client_id": `"mock-client-id"`, "client_secret": `"mock-client-secret"`,
				"project_id": fmt.Sprintf("%q", testProject),
			}
			for name, value := range c.change {
				arguments[name] = value
			}
			testCLI(t, resource.TestStep{
				Config: block(arguments) + execution(), PlanOnly: true, ExpectError: regexp.MustCompile(c.want),
			})
			if got := a.Calls("") + a.Calls("token"); got != 0 {
				t.Errorf("%d calls before the mistake was found, want none", got)
			}
		})
	}
}

// unset is a provider block without arguments.
func unset() providerModel {
	return providerModel{RequestsPerMinute: types.Int64Null()}
}

func TestResolveSettings_environmentFillsInForTheBlock(t *testing.T) { //nolint:paralleltest // It sets variables.
	environment := map[string]string{
		"MATILLION_REGION": "au", "MATILLION_CLIENT_ID": "id", "MATILLION_CLIENT_SECRET": "secret",
		"MATILLION_ACCOUNT_ID": "account", "MATILLION_PROJECT_ID": testProject, "MATILLION_PLAN_CHECKS": "error",
		"MATILLION_REQUESTS_PER_MINUTE": "60", "MATILLION_AUDIENCE_URL": "https://audience",
		"MATILLION_TOKEN_URL": "https://example.com/token",
	}
	for name, value := range environment {
		t.Setenv(name, value)
	}
	got, diags := resolveSettings(unset())
	if diags.HasError() {
		t.Fatal(diags)
	}
	if !got.known || got.client.BaseURL != "https://au1.api.matillion.com/dpc" || got.client.ClientID != "id" ||
		got.client.ClientSecret != "secret" || got.client.AccountID != "account" || got.client.RequestsPerMinute != 60 ||
		got.client.Audience != "https://audience" || got.client.TokenURL != "https://example.com/token" ||
		got.planChecks != "error" || got.projectID.ValueString() != testProject {
		t.Errorf("settings %+v do not say what the environment says", got)
	}
	config := unset()
	config.Region = types.StringValue("us")
	config.Token = types.StringValue("token")
	if got, diags = resolveSettings(config); diags.HasError() {
		t.Fatal(diags)
	}
	if got.client.BaseURL != "https://us1.api.matillion.com/dpc" || got.client.Token != "token" ||
		got.client.ClientID != "" || got.client.ClientSecret != "" {
		t.Errorf("settings %+v: the block does not win over the environment", got)
	}
}

func TestResolveSettings_refusesMistakesInTheEnvironment(t *testing.T) {
	cases := map[string]struct{ variable, value, want string }{
		"region":            {"MATILLION_REGION", "uk", "MATILLION_REGION"},
		"project":           {"MATILLION_PROJECT_ID", "warehouse", "MATILLION_PROJECT_ID"},
		"address":           {"MATILLION_API_URL", "http://example.com", "MATILLION_API_URL"},
		"token address":     {"MATILLION_TOKEN_URL", "ftp://example.com", "MATILLION_TOKEN_URL"},
		"plan checks":       {"MATILLION_PLAN_CHECKS", "yes", "MATILLION_PLAN_CHECKS"},
		"requests, a word":  {"MATILLION_REQUESTS_PER_MINUTE", "many", "MATILLION_REQUESTS_PER_MINUTE"},
		"requests, none":    {"MATILLION_REQUESTS_PER_MINUTE", "0", "MATILLION_REQUESTS_PER_MINUTE"},
		"token and id":      {"MATILLION_TOKEN", "t", "MATILLION_CLIENT_ID"},
		"credentials, none": {"MATILLION_CLIENT_ID", "", "MATILLION_CLIENT_ID"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv("MATILLION_REGION", "eu")
			t.Setenv("MATILLION_CLIENT_ID", "id")
			t.Setenv("MATILLION_CLIENT_SECRET", "secret")
			t.Setenv(c.variable, c.value)
			_, diags := resolveSettings(unset())
			if len(diags) != 1 || !strings.Contains(diags[0].Detail(), c.want) {
				t.Errorf("diagnostics %v, want one that names %s", diags, c.want)
			}
		})
	}
}

func TestResolveSettings_unknownNeverFails(t *testing.T) {
	t.Parallel()
	unknown := types.StringUnknown()
	config := providerModel{
		Region: unknown, ClientID: unknown, ClientSecret: unknown, ProjectID: unknown, APIURL: unknown,
		TokenURL: unknown, Audience: unknown, AccountID: unknown, PlanChecks: unknown,
		RequestsPerMinute: types.Int64Unknown(),
	}
	got, diags := resolveSettings(config)
	if diags.HasError() || got.known || !got.projectID.IsUnknown() {
		t.Errorf("settings %+v with diagnostics %v, want none and nothing known", got, diags)
	}
}

func TestProvider_unknownConfigurationSkipsWhatNeedsTheAPI(t *testing.T) {
	t.Parallel()
	a := serve(t, 1, scenario(mockserver.Run{}))
	testCLI(t, resource.TestStep{Config: `
resource "terraform_data" "secret" { input = "mock-client-secret" }
resource "terraform_data" "project" { input = "` + testProject + `" }
` + block(map[string]string{
		"api_url":       fmt.Sprintf("%q", a.url+mockserver.APIPath),
		"token_url":     fmt.Sprintf("%q", a.url+mockserver.TokenPath),
		"client_id":     `"mock-client-id"`,
		"client_secret": "terraform_data.secret.output",
		"project_id":    "terraform_data.project.output",
	}) + execution(`wait_for_completion = true`)})
}
