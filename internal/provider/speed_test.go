package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// endedRun returns a process of the provider and an instance of a run that has ended.
func endedRun(b *testing.B) (*core, held) {
	b.Helper()
	c := newCore(b, mockserver.New(scenario(mockserver.Run{})))
	instance, said := c.apply(b.Context(), held{}, awaited())
	if said.failed() {
		b.Fatal(said)
	}
	return c, instance
}

// awaited is the least configuration of a run that is waited for.
func awaited() map[string]tftypes.Value {
	config := requestOnly()
	config["wait_for_completion"] = yes()
	return config
}

func BenchmarkPlan_runThatHasEnded(b *testing.B) {
	c, instance := endedRun(b)
	for b.Loop() {
		c.plan(b.Context(), instance, awaited())
	}
}

func BenchmarkPlan_newRun(b *testing.B) {
	c, _ := endedRun(b)
	for b.Loop() {
		c.plan(b.Context(), held{}, awaited())
	}
}

// BenchmarkPlan_changedRun is left to the framework.
func BenchmarkPlan_changedRun(b *testing.B) {
	c, instance := endedRun(b)
	config := awaited()
	config["triggers"] = stringMap("again", "yes")
	for b.Loop() {
		c.plan(b.Context(), instance, config)
	}
}

// BenchmarkCreate starts a run and follows it to its end, which is there at the first look.
func BenchmarkCreate(b *testing.B) {
	b.Setenv("MATILLION_REQUESTS_PER_MINUTE", "100000")
	c, _ := endedRun(b)
	planned := c.plan(b.Context(), held{}, awaited())
	for b.Loop() {
		c.change(b.Context(), held{}, awaited(), planned, nil)
	}
}

func BenchmarkRead_runThatHasEnded(b *testing.B) {
	c, instance := endedRun(b)
	for b.Loop() {
		c.refresh(b.Context(), instance)
	}
}

func BenchmarkValidate(b *testing.B) {
	c, _ := endedRun(b)
	config := c.encode(c.object(c.resource(), awaited()))
	for b.Loop() {
		_, err := c.provider.ValidateResourceConfig(b.Context(), &tfprotov6.ValidateResourceConfigRequest{
			TypeName: "matillion_pipeline_execution", Config: config,
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStart is what every process of the provider does before it can do anything else.
func BenchmarkStart(b *testing.B) {
	server := mockserver.New(scenario(mockserver.Run{}))
	for b.Loop() {
		newCore(b, server)
	}
}
