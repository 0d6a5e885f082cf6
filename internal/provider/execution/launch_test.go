// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
)

// From the start on, a panic is an error that names the run.
func TestLauncher_aPanicNamesTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := mockserver.New(mockserver.Scenario{})
		client, err := matillion.New(matillion.Config{
			BaseURL: "https://matillion.test" + mockserver.APIPath, Token: "mock-token",
			Transport: server.Transport(t, matillion.NewTransport()),
		})
		if err != nil {
			t.Fatal(err)
		}
		l := launcher{
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
		_, diags := l.complete(t.Context(), true)
		runs := server.Started()
		if len(runs) != 1 || len(diags) != 1 {
			t.Fatalf("%d runs and the diagnostics %s, want one each", len(runs), diags)
		}
		for _, want := range []string{runs[0].ID, "import {", "a bug"} {
			if !strings.Contains(diags[0].Detail(), want) {
				t.Errorf("%s does not say %q:\n%s", diags[0].Summary(), want, diags[0].Detail())
			}
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
