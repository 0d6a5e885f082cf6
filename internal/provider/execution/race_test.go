// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

//go:build race

package execution_test

// underRaceDetector is whether the tests run with the race detector.
const underRaceDetector = true
