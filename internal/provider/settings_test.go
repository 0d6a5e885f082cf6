// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
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
		"read-only":         {"MATILLION_READ_ONLY", "sometimes", "read_only"},
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

// A file of variables may have a line end, or blanks, behind each.
func TestResolveSettings_ignoresWhiteSpaceAroundVariables(t *testing.T) {
	for name, around := range map[string][2]string{
		"Windows line ends": {"", "\r\n"}, "a line end": {"", "\r"}, "blanks": {"  ", "\t "},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range map[string]string{
				"MATILLION_REGION": "au", "MATILLION_CLIENT_ID": "id", "MATILLION_CLIENT_SECRET": "secret",
				"MATILLION_ACCOUNT_ID": "account", "MATILLION_PROJECT_ID": testProject, "MATILLION_PLAN_CHECKS": "error",
				"MATILLION_REQUESTS_PER_MINUTE": "60", "MATILLION_AUDIENCE_URL": "https://audience", "MATILLION_TOKEN": "",
				"MATILLION_TOKEN_URL": "https://example.com/token", "MATILLION_API_URL": "",
			} {
				t.Setenv(variable, around[0]+value+around[1])
			}
			got, diags := resolveSettings(unset())
			if diags.HasError() {
				t.Fatal(diags)
			}
			if got.client.BaseURL != "https://au1.api.matillion.com/dpc" || got.client.ClientID != "id" ||
				got.client.ClientSecret != "secret" || got.client.AccountID != "account" || got.client.Token != "" ||
				got.client.RequestsPerMinute != 60 || got.client.Audience != "https://audience" ||
				got.client.TokenURL != "https://example.com/token" || got.planChecks != "error" ||
				got.projectID.ValueString() != testProject {
				t.Errorf("settings %+v do not say what the environment says", got)
			}
		})
	}
}

func TestResolveSettings_refusesCredentialsThatNoHeaderCarries(t *testing.T) {
	for argument, variable := range map[string]string{
		"client_id": "MATILLION_CLIENT_ID", "client_secret": "MATILLION_CLIENT_SECRET", "token": "MATILLION_TOKEN",
		"account_id": "MATILLION_ACCOUNT_ID",
	} {
		for name, value := range map[string]string{
			"line end": "s3cret\nvalue", "carriage return": "s3cret\rvalue", "blank": "s3cret value", "NUL": "s3cret\x00",
			"escape": "s3cret\x1b[31m", "no-break space": "s3cret\u00a0value",
		} {
			t.Run(argument+", "+name, func(t *testing.T) {
				t.Setenv("MATILLION_REGION", "eu")
				if argument != "token" {
					t.Setenv("MATILLION_CLIENT_ID", "id")
					t.Setenv("MATILLION_CLIENT_SECRET", "secret")
				}
				config := unset()
				switch argument { // a variable cannot hold every byte
				case "client_id":
					config.ClientID, config.ClientSecret = types.StringValue(value), types.StringValue("secret")
				case "client_secret":
					config.ClientID, config.ClientSecret = types.StringValue("id"), types.StringValue(value)
				case "token":
					config.Token = types.StringValue(value)
				case "account_id":
					config.AccountID = types.StringValue(value)
				}
				_, diags := resolveSettings(config)
				if len(diags) != 1 || !strings.Contains(diags[0].Detail(), argument) ||
					!strings.Contains(diags[0].Detail(), variable) || strings.Contains(diags[0].Detail(), "s3cret") {
					t.Errorf("diagnostics %v, want one that names %s and %s, and not the value", diags, argument, variable)
				}
			})
		}
	}
}

// What is wrong with an address is said without what may be secret in it.
func TestResolveSettings_showsNoPasswordOfAnAddress(t *testing.T) {
	addresses := map[string]string{
		"user info":       "https://svc:S3cret@eu1.api.matillion.com/dpc",
		"query":           "https://eu1.api.matillion.com/dpc?key=S3cret",
		"fragment":        "https://eu1.api.matillion.com/dpc#S3cret",
		"not parsed":      "https://svc:S3cret%zz@eu1.api.matillion.com/dpc",
		"a port, no port": "https://svc:S3cret@eu1.api.matillion.com:port/dpc",
		"http":            "http://svc:S3cret@eu1.api.matillion.com/dpc",
		"no scheme":       "svc:S3cret@eu1.api.matillion.com/dpc",
		"opaque":          "https:svc:S3cret@eu1.api.matillion.com",
	}
	for name, address := range addresses {
		for argument, variable := range map[string]string{
			"api_url": "MATILLION_API_URL", "token_url": "MATILLION_TOKEN_URL", "region": "MATILLION_REGION",
			"project_id": "MATILLION_PROJECT_ID", "plan_checks": "MATILLION_PLAN_CHECKS",
			"requests_per_minute": "MATILLION_REQUESTS_PER_MINUTE",
		} {
			t.Run(argument+", "+name, func(t *testing.T) {
				t.Setenv("MATILLION_REGION", "eu")
				t.Setenv("MATILLION_TOKEN", "token")
				t.Setenv(variable, address)
				_, diags := resolveSettings(unset())
				if len(diags) != 1 || !strings.Contains(diags[0].Detail(), argument) ||
					!strings.Contains(diags[0].Detail(), variable) || strings.Contains(diags[0].Detail(), "S3cret") ||
					strings.Contains(diags[0].Detail(), "svc") {
					t.Errorf("diagnostics %v, want one that names %s and %s, without the secret", diags, argument, variable)
				}
			})
		}
		resp := validator.StringResponse{}
		validate.Address().ValidateString(t.Context(), validator.StringRequest{
			Path: path.Root("api_url"), ConfigValue: types.StringValue(address),
		}, &resp)
		if len(resp.Diagnostics) != 1 || strings.Contains(resp.Diagnostics[0].Detail(), "S3cret") ||
			!strings.Contains(resp.Diagnostics[0].Detail(), "api_url") {
			t.Errorf("%s: the block says %v, want one error that names api_url, without the secret", name, resp.Diagnostics)
		}
	}
}

func TestResolveSettings_readOnly(t *testing.T) {
	for name, test := range map[string]struct {
		variable string
		argument types.Bool
		want     bool
	}{
		"nothing is set":          {"", types.BoolNull(), false},
		"the variable":            {" true\n", types.BoolNull(), true},
		"the argument":            {"", types.BoolValue(true), true},
		"the argument wins":       {"true", types.BoolValue(false), false},
		"the argument is unknown": {"true", types.BoolUnknown(), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("MATILLION_READ_ONLY", test.variable)
			config := unset()
			config.Region, config.Token = types.StringValue("us"), types.StringValue("token")
			config.ReadOnly = test.argument
			got, diags := resolveSettings(config)
			if diags.HasError() || got.client.ReadOnly != test.want || got.known == test.argument.IsUnknown() {
				t.Errorf("read-only is %t, known is %t, with %s", got.client.ReadOnly, got.known, diags)
			}
		})
	}
}
