// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode"
)

// fromEnvironment returns a variable without the white space around it: a file of variables may have other line ends
// than the shell that reads it.
func fromEnvironment(variable string) string { return strings.TrimSpace(os.Getenv(variable)) }

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

// userAgent says who sends a request: the provider, its client, and what TF_APPEND_USER_AGENT adds to that, as in
// Terraform's own requests. What no header can carry is left out.
func userAgent(version, client string) string {
	words := []string{"terraform-provider-matillion/" + version}
	if client != "" {
		words = append(words, client)
	}
	cannotBeSent := func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }
	return strings.Join(append(words, strings.FieldsFunc(os.Getenv("TF_APPEND_USER_AGENT"), cannotBeSent)...), " ")
}

// clientName names the client for the user agent. It is given the version that the client says it has, and the paths of
// processes that may tell that the client is OpenTofu. The protocol does not tell: OpenTofu 1.12 says that it is
// Terraform 1.13, so that its version means nothing.
func clientName(version string, paths ...string) string {
	switch {
	case slices.ContainsFunc(paths, isOpenTofus):
		return "OpenTofu"
	case version == "":
		return ""
	default:
		return "Terraform/" + version
	}
}

// isOpenTofus reports whether a program is OpenTofu, or a provider that it has installed.
func isOpenTofus(path string) bool {
	folders := strings.Split(strings.ReplaceAll(path, `\`, "/"), "/")
	return slices.Contains(folders, "registry.opentofu.org") || strings.Contains(folders[len(folders)-1], "tofu")
}

// processPaths returns the paths of this program and of the one that has started it, as far as they can be known. That
// of the other one is known on Linux.
func processPaths() (paths []string) {
	if own, err := os.Executable(); err == nil {
		paths = append(paths, own)
	}
	if parent, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", os.Getppid())); err == nil {
		paths = append(paths, parent)
	}
	return paths
}
