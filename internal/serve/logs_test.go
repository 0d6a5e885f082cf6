// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package serve

import (
	"os"
	"slices"
	"testing"
)

func TestLogsAreRead_whenAVariableAsksForThem(t *testing.T) {
	cases := map[string]struct {
		variable, value string
		want            bool
	}{
		"nothing":          {"MATILLION_REGION", "eu", false},
		"everything":       {"TF_LOG", "TRACE", true},
		"the provider's":   {"TF_LOG_PROVIDER", "DEBUG", true},
		"the SDK's":        {"TF_LOG_SDK", "WARN", true},
		"the core's":       {"TF_LOG_CORE", "INFO", true},
		"empty":            {"TF_LOG", "", false},
		"a path":           {"TF_LOG_PATH", "terraform.log", false},
		"something alike":  {"TF_LOGIN", "yes", false},
		"off, by the user": {"TF_LOG_SDK", "OFF", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, variable := range append(logVariables(), "TF_LOG", "TF_LOG_CORE", "TF_LOG_PATH") {
				t.Setenv(variable, "")
			}
			t.Setenv(c.variable, c.value)
			if got := logsAreRead(); got != c.want {
				t.Errorf("logsAreRead() = %t with %s=%q, want %t", got, c.variable, c.value, c.want)
			}
			before := os.Environ()
			if err := DropUnreadLogs(); err != nil {
				t.Fatal(err)
			}
			if after := os.Environ(); c.want && !slices.Equal(before, after) {
				t.Errorf("the environment was changed from %q to %q", before, after)
			}
			for _, variable := range logVariables() {
				if level := os.Getenv(variable); !c.want && level != "OFF" {
					t.Errorf("%s is %q, want OFF", variable, level)
				}
			}
		})
	}
}
