// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import "testing"

func TestInfoIsRead_asTerraformFilters(t *testing.T) {
	for name, test := range map[string]struct {
		all, providers, own string
		want                bool
	}{
		"nothing is set":             {"", "", "", false},
		"everything":                 {"TRACE", "", "", true},
		"as JSON":                    {"JSON", "", "", true},
		"a level that is none":       {"yes", "", "", true},
		"in lower case":              {"info", "", "", true},
		"too high":                   {"warn", "", "", false},
		"the providers'":             {"", " INFO\r", "", true},
		"the providers' comes first": {"ERROR", "DEBUG", "", true},
		"and may be off":             {"TRACE", "OFF", "", false},
		"the provider's own":         {"TRACE", "", "ERROR", false},
		"is not enough":              {"", "", "TRACE", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TF_LOG", test.all)
			t.Setenv("TF_LOG_PROVIDER", test.providers)
			t.Setenv("TF_LOG_PROVIDER_MATILLION", test.own)
			if got := infoIsRead(); got != test.want {
				t.Errorf("infoIsRead() = %t, want %t", got, test.want)
			}
		})
	}
}

func TestUserAgent_namesTheClientAndWhatIsAppended(t *testing.T) {
	const providers = "/w/.terraform/providers/"
	for name, test := range map[string]struct {
		version  string
		paths    []string
		appended string
		want     string
	}{
		"Terraform":          {"1.11.4", []string{providers + "registry.terraform.io/x", "/bin/terraform"}, "", "Terraform/1.11.4"},
		"nobody knows":       {"1.11.4", nil, "", "Terraform/1.11.4"},
		"no version":         {"", nil, "", ""},
		"OpenTofu":           {"1.13.0", []string{"/usr/bin/tofu"}, "", "OpenTofu"},
		"by another name":    {"1.13.0", []string{"/opt/opentofu_1.12.6"}, "", "OpenTofu"},
		"Windows":            {"1.13.0", []string{`C:\w\registry.opentofu.org\matillion-community\x.exe`}, "", "OpenTofu"},
		"by its registry":    {"1.13.0", []string{providers + "registry.opentofu.org/x"}, "", "OpenTofu"},
		"a folder like it":   {"1.11.4", []string{"/home/tofu/bin/terraform"}, "", "Terraform/1.11.4"},
		"appended":           {"1.11.4", nil, " pipeline/7 (orders) ", "Terraform/1.11.4 pipeline/7 (orders)"},
		"not to be sent":     {"1.11.4", nil, "a\r\nX-Other: b\x1b[0m", "Terraform/1.11.4 a X-Other: b [0m"},
		"nothing to append":  {"1.11.4", nil, " \n", "Terraform/1.11.4"},
		"appended to nobody": {"", nil, "a", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TF_APPEND_USER_AGENT", test.appended)
			want := "terraform-provider-matillion/1.2.3"
			if test.want != "" {
				want += " " + test.want
			}
			if got := userAgent("1.2.3", clientName(test.version, test.paths...)); got != want {
				t.Errorf("user agent %q, want %q", got, want)
			}
		})
	}
}
