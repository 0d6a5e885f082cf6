// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package serve

import (
	"os"
	"strings"
)

// logVariables set the level of each part of a provider that logs: the SDK, its parts, and the provider itself, which
// takes that of its own name only. A part without a level prepares each line before it is dropped.
func logVariables() []string {
	return []string{"TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_PROVIDER_MATILLION"}
}

// DropUnreadLogs turns the logs off when none of Terraform's variables asks for them. Half of a provider's time goes
// into trace lines that Terraform drops.
func DropUnreadLogs() error {
	if logsAreRead() {
		return nil
	}
	for _, variable := range logVariables() {
		if err := os.Setenv(variable, "OFF"); err != nil {
			return err
		}
	}
	return nil
}

// logsAreRead reports whether any of Terraform's variables asks for logs.
func logsAreRead() bool {
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if value != "" && (name == "TF_LOG" || strings.HasPrefix(name, "TF_LOG_")) && name != "TF_LOG_PATH" {
			return true
		}
	}
	return false
}
