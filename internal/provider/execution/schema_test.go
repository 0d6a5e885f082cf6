// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// roles are what the resource's attributes are to a run.
func roles() map[string]map[string]schema.Attribute {
	return map[string]map[string]schema.Attribute{
		"request": union(requestAttributes(), secretAttributes()),
		"policy":  union(policyAttributes(), statefulPolicyAttributes()),
		"result":  judgedResultAttributes(),
		"origin":  originAttributes(),
		"own":     {"triggers": nil, "timeouts": nil},
	}
}

func TestSchema_everyAttributeHasOneRole(t *testing.T) {
	t.Parallel()
	resp := resource.SchemaResponse{}
	(&pipelineExecutionResource{}).Schema(t.Context(), resource.SchemaRequest{}, &resp)
	if diags := resp.Schema.ValidateImplementation(t.Context()); diags.HasError() {
		t.Fatal(diags)
	}
	for name := range resp.Schema.Attributes {
		var found []string
		for role, attributes := range roles() {
			if _, has := attributes[name]; has {
				found = append(found, role)
			}
		}
		if len(found) != 1 {
			t.Errorf("%s has the roles %q, want one", name, found)
		}
	}
}

// replaces reports whether a change of an attribute is another run, as the schema says.
func replaces(ctx context.Context, attribute schema.Attribute) bool {
	var described []string
	switch a := attribute.(type) {
	case schema.StringAttribute:
		for _, modifier := range a.PlanModifiers {
			described = append(described, modifier.Description(ctx))
		}
	case schema.MapAttribute:
		for _, modifier := range a.PlanModifiers {
			described = append(described, modifier.Description(ctx))
		}
	case schema.Int64Attribute:
		for _, modifier := range a.PlanModifiers {
			described = append(described, modifier.Description(ctx))
		}
	case schema.BoolAttribute, schema.SingleNestedAttribute: // Nothing makes a change of these another run.
	default:
		panic(fmt.Sprintf("no attribute of a run has been a %T yet: add a case here", attribute))
	}
	return slices.Contains(described, anotherRunText)
}

func TestSchema_theRequestReplacesAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	for role, attributes := range roles() {
		for name, attribute := range attributes {
			// The project is ModifyPlan's to compare, and no plan has a write-only value.
			exempt := role == "own" || name == "project_id" || name == "scalar_variables_wo"
			if want := role == "request"; !exempt && replaces(t.Context(), attribute) != want {
				t.Errorf("%s: a change of it is another run: %t, want %t", name, !want, want)
			}
		}
	}
}

func TestForms_haveNoDefaultsAndSayTheSame(t *testing.T) {
	t.Parallel()
	arguments := union(requestAttributes(), policyAttributes())
	for name, attribute := range actionAttributes(arguments) {
		if attribute.IsComputed() {
			t.Errorf("the action computes %s", name)
		}
		if attribute.GetMarkdownDescription() != arguments[name].GetMarkdownDescription() {
			t.Errorf("the action has a text of its own for %s", name)
		}
	}
	for name, attribute := range dataSourceAttributes(arguments) {
		if attribute.IsComputed() && name != "project_id" {
			t.Errorf("the data source computes %s", name)
		}
	}
	for name, attribute := range dataSourceAttributes(resultAttributes()) {
		if !attribute.IsComputed() || attribute.IsOptional() {
			t.Errorf("the data source does not compute %s", name)
		}
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	awaited := privateState{VerdictDue: true}
	for _, c := range []struct {
		private   privateState
		status    matillion.Status
		onFailure failurePolicy
		want      verdict
	}{
		{awaited, matillion.StatusSuccess, failureError, verdictSucceeded},
		{awaited, matillion.StatusFailed, failureError, verdictFailed},
		{awaited, matillion.StatusSkipped, failureError, verdictFailed},
		{awaited, matillion.StatusFailed, failureWarn, verdictAccepted},
		{awaited, matillion.StatusFailed, "", verdictPending}, // on_failure is not known yet
		{awaited, matillion.StatusRunning, failureError, verdictPending},
		{awaited, "", failureError, verdictPending},
		{awaited, "STRANGE", failureWarn, verdictPending},
		{privateState{VerdictDue: true, Cancelled: true}, matillion.StatusCancelled, failureWarn, verdictFailed},
		{privateState{VerdictDue: true, Cancelled: true}, matillion.StatusCancelled, "", verdictFailed},
		{privateState{}, matillion.StatusFailed, failureError, verdictKept},
		{privateState{}, matillion.StatusSuccess, failureError, verdictSucceeded},
		{privateState{Imported: true}, matillion.StatusFailed, failureError, verdictKept},
		{privateState{Imported: true, VerdictDue: true}, matillion.StatusFailed, failureError, verdictKept},
	} {
		if got := c.private.judge(c.status, c.onFailure); got != c.want {
			t.Errorf("%+v, %q, on_failure %q: verdict %d, want %d", c.private, c.status, c.onFailure, got, c.want)
		}
	}
}
