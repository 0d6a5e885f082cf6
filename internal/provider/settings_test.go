package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

// testProject is a project's id.
const testProject = "5a3f9a52-8a1e-4c0f-9d7b-0c1d2e3f4a5b"

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
