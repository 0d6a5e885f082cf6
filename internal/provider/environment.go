// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"cmp"
	"slices"
	"strings"
)

// infoIsRead reports whether somebody reads what the provider logs at INFO. The logger itself cannot be asked.
//
// Terraform drops what TF_LOG_PROVIDER, or else TF_LOG, does not ask for, and takes a level that it does not know for
// the lowest: https://developer.hashicorp.com/terraform/internals/debugging. The logger in this process drops what
// TF_LOG_PROVIDER_MATILLION does not ask for.
func infoIsRead() bool {
	level := cmp.Or(fromEnvironment("TF_LOG_PROVIDER"), fromEnvironment("TF_LOG"))
	return level != "" && !isAboveInfo(level) && !isAboveInfo(fromEnvironment("TF_LOG_PROVIDER_MATILLION"))
}

func isAboveInfo(level string) bool {
	return slices.Contains([]string{"WARN", "ERROR", "OFF"}, strings.ToUpper(level))
}
