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
	// The defaults are in the state, so that Terraform proposes what there is.
	for b.Loop() {
		c.plan(b.Context(), instance, awaited())
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
