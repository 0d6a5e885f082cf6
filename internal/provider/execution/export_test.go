// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

// What tests of package execution_test need of the package's inside.

const (
	CourtesyTimeout = courtesyTimeout
	TargetNotFound  = targetNotFound
)

type RequestModel = requestModel

// CheckPlan returns what a plan says of a run that it would start.
func CheckPlan(
	ctx context.Context, catalog *session.Catalog, level session.CheckLevel, plan RequestModel,
) diag.Diagnostics {
	return preflight{&session.Session{PlanChecks: level, Catalog: catalog}}.check(ctx, plan)
}

// RequestNames returns the resource's arguments whose change is another run and which a state holds.
func RequestNames() []string {
	names := slices.Collect(maps.Keys(union(requestAttributes(), secretAttributes())))
	return slices.DeleteFunc(names, func(name string) bool { return name == "scalar_variables_wo" })
}

// PolicyNames returns the resource's arguments whose change starts nothing.
func PolicyNames() []string {
	return slices.Collect(maps.Keys(union(policyAttributes(), statefulPolicyAttributes())))
}
