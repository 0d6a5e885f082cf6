// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

// launcherThatPanics returns a launcher whose progress has a bug.
func launcherThatPanics(t *testing.T, server *mockserver.Server) launcher {
	t.Helper()
	client, err := matillion.New(matillion.Config{
		BaseURL: "https://matillion.test" + mockserver.APIPath, Token: "mock-token",
		Transport: server.Transport(t, matillion.NewTransport()),
	})
	if err != nil {
		t.Fatal(err)
	}
	return launcher{
		runSpec: runSpec{
			policies: policies{onConflict: conflictFail, onFailure: failureError},
			request: matillion.ExecuteRequest{
				ProjectID: mockserver.SampleProjectID, EnvironmentName: "Production", PipelineName: "Nightly load",
			},
		},
		follower: follower{
			client: client, progress: &progress{client: client, send: func(string, string) { panic("a bug") }},
		},
	}
}

// wantPanicNamed checks that one run was started, and that the one error names it. It returns the run's id.
func wantPanicNamed(t *testing.T, server *mockserver.Server, diags diag.Diagnostics) string {
	t.Helper()
	runs := server.Started()
	if len(runs) != 1 || len(diags) != 1 || !diags.HasError() {
		t.Fatalf("%d runs and the diagnostics %s, want one run and one error", len(runs), diags)
	}
	for _, want := range []string{runs[0].ID, "import {", "a bug"} {
		if !strings.Contains(diags[0].Detail(), want) {
			t.Errorf("%s does not say %q:\n%s", diags[0].Summary(), want, diags[0].Detail())
		}
	}
	return runs[0].ID
}

// From the start on, a panic is an error that names the run.
func TestLauncher_aPanicNamesTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := mockserver.New(mockserver.Scenario{})
		_, diags := launcherThatPanics(t, server).complete(t.Context(), true)
		wantPanicNamed(t, server, diags)
	})
}

// The state comes first, so that a panic does not leave the run out of it.
func TestLauncher_aPanicKeepsTheState(t *testing.T) {
	t.Parallel()
	r, described, identified := &pipelineExecutionResource{}, resource.SchemaResponse{}, resource.IdentitySchemaResponse{}
	r.Schema(t.Context(), resource.SchemaRequest{}, &described)
	r.IdentitySchema(t.Context(), resource.IdentitySchemaRequest{}, &identified)
	nulls := map[string]tftypes.Value{}
	for name, attribute := range described.Schema.Attributes {
		nulls[name] = tftypes.NewValue(attribute.GetType().TerraformType(t.Context()), nil)
	}
	synctest.Test(t, func(t *testing.T) {
		kind := described.Schema.Type().TerraformType(t.Context())
		state := tfsdk.State{Schema: described.Schema, Raw: tftypes.NewValue(kind, nulls)}
		kind = identified.IdentitySchema.Type().TerraformType(t.Context())
		identity := tfsdk.ResourceIdentity{Schema: identified.IdentitySchema, Raw: tftypes.NewValue(kind, nil)}
		var instance pipelineExecutionModel
		if diags := state.Get(t.Context(), &instance); diags.HasError() {
			t.Fatal(diags)
		}
		server := mockserver.New(mockserver.Scenario{})
		l := launcherThatPanics(t, server)
		started, ok, _ := l.start(t.Context())
		if !ok {
			t.Fatal("the run was not started")
		}
		diags := l.keep(t.Context(), started, instance, stateWriter{&state, &identity, kept{}})
		id := wantPanicNamed(t, server, diags)
		if state.Get(t.Context(), &instance).HasError() || instance.ID.ValueString() != id {
			t.Errorf("the state has the run %s, want %s", instance.ID, id)
		}
	})
}

// A panic in a goroutine would end the process, with the runs of all other instances.
func TestCompletion_aPanicIsAnErrorThatNamesTheExecutions(t *testing.T) {
	t.Parallel()
	r := &pipelineExecutionCompletionResource{}
	r.Session = &session.Session{Client: &matillion.Client{}} // without its services, so that every call panics
	found := r.followAll(t.Context(), time.Minute, []matillion.Execution{{ID: "one"}, {ID: "two"}})
	diags := found.explain(failureWarn)
	if len(diags) != 1 || !diags.HasError() || diags[0].Summary() != "Provider failed" {
		t.Fatalf("it says %s, want one error", diags)
	}
	for _, want := range []string{"one", "two", "bug", "nil pointer", "waits again"} {
		if !strings.Contains(diags[0].Detail(), want) {
			t.Errorf("it does not say %q:\n%s", want, diags[0].Detail())
		}
	}
}
