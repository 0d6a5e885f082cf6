// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/acctest"
)

// endedRun returns a process of the provider and an instance of a run that has ended.
func endedRun(b *testing.B) (*acctest.Resource, acctest.Instance) {
	b.Helper()
	c := newCore(b, mockserver.New(acctest.Scenario(mockserver.Run{})))
	instance, said := c.Apply(b.Context(), acctest.Instance{}, acctest.AwaitedRequest())
	if said.Failed() {
		b.Fatal(said)
	}
	return c, instance
}

func BenchmarkPlan_runThatHasEnded(b *testing.B) {
	c, instance := endedRun(b)
	for b.Loop() {
		c.Plan(b.Context(), instance, acctest.AwaitedRequest())
	}
}

func BenchmarkPlan_newRun(b *testing.B) {
	c, _ := endedRun(b)
	for b.Loop() {
		c.Plan(b.Context(), acctest.Instance{}, acctest.AwaitedRequest())
	}
}

// BenchmarkPlan_changedRun is left to the framework.
func BenchmarkPlan_changedRun(b *testing.B) {
	c, instance := endedRun(b)
	config := acctest.AwaitedRequest()
	config["triggers"] = acctest.StringMap("again", "yes")
	for b.Loop() {
		c.Plan(b.Context(), instance, config)
	}
}

// BenchmarkCreate starts a run and follows it to its end, which is there at the first look.
func BenchmarkCreate(b *testing.B) {
	b.Setenv("MATILLION_REQUESTS_PER_MINUTE", "100000")
	c, _ := endedRun(b)
	planned := c.Plan(b.Context(), acctest.Instance{}, acctest.AwaitedRequest())
	for b.Loop() {
		c.Change(b.Context(), acctest.Instance{}, acctest.AwaitedRequest(), planned, nil)
	}
}

func BenchmarkRead_runThatHasEnded(b *testing.B) {
	c, instance := endedRun(b)
	for b.Loop() {
		c.Refresh(b.Context(), instance)
	}
}

func BenchmarkValidate(b *testing.B) {
	c, _ := endedRun(b)
	config := c.Encode(c.Object(c.Schema(), acctest.AwaitedRequest()))
	for b.Loop() {
		_, err := c.Provider.ValidateResourceConfig(b.Context(), &tfprotov6.ValidateResourceConfigRequest{
			TypeName: "matillion_pipeline_execution", Config: config,
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStart is what every process of the provider does before it can do anything else.
func BenchmarkStart(b *testing.B) {
	server := mockserver.New(acctest.Scenario(mockserver.Run{}))
	for b.Loop() {
		newCore(b, server)
	}
}
