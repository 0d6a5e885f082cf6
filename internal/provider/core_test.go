package provider

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
)

// core stands in for Terraform: it speaks the plugin protocol with a provider in this process, whose API is a mock
// server in this process. There is no socket in between, so that it works in a bubble of virtual time.
type core struct {
	t        testing.TB
	provider tfprotov6.ProviderServer
	schema   *tfprotov6.GetProviderSchemaResponse
}

// coreAddress is where the mock server would be, if there were a network.
const coreAddress = "https://matillion.test"

// newCore starts a process of the provider.
func newCore(t testing.TB, server *mockserver.Server) *core {
	t.Helper()
	return newCoreWith(t, server, nil)
}

// newCoreWith starts a process of a provider that is configured with more, or otherwise.
func newCoreWith(t testing.TB, server *mockserver.Server, more map[string]tftypes.Value) *core {
	t.Helper()
	transport := server.Transport(t, matillion.NewTransport())
	provider := &matillionProvider{version: "test", adjust: func(c *matillion.Config) { c.Transport = transport }}
	protocol := newServer(provider)
	c := &core{t: t, provider: protocol}
	var err error
	if c.schema, err = protocol.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	arguments := map[string]tftypes.Value{
		"api_url": text(coreAddress + mockserver.APIPath), "token_url": text(coreAddress + mockserver.TokenPath),
		"client_id": text("mock-client-id"), "client_secret": text("mock-client-secret"), "project_id": text(testProject),
		"plan_checks": text("off"),
	}
	maps.Copy(arguments, more)
	config := c.object(c.schema.Provider, arguments)
	configured, err := protocol.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.11.4", Config: c.encode(config),
	})
	if err != nil || len(configured.Diagnostics) > 0 {
		t.Fatal(err, configured.Diagnostics)
	}
	return c
}

func text(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

func yes() tftypes.Value { return tftypes.NewValue(tftypes.Bool, true) }

// object returns a value of a schema, null but for the given attributes.
func (c *core) object(schema *tfprotov6.Schema, values map[string]tftypes.Value) tftypes.Value {
	attributes := map[string]tftypes.Value{}
	for _, attribute := range schema.Block.Attributes {
		attributes[attribute.Name] = tftypes.NewValue(attribute.ValueType(), nil)
	}
	maps.Copy(attributes, values)
	return tftypes.NewValue(schema.ValueType(), attributes)
}

func (c *core) encode(value tftypes.Value) *tfprotov6.DynamicValue {
	c.t.Helper()
	encoded, err := tfprotov6.NewDynamicValue(value.Type(), value)
	if err != nil {
		c.t.Fatal(err)
	}
	return &encoded
}

func (c *core) resource() *tfprotov6.Schema {
	return c.schema.ResourceSchemas["matillion_pipeline_execution"]
}

// held is an instance of the resource as Terraform holds it between two applies. The zero value is none.
type held struct {
	value   tftypes.Value
	private []byte
	tainted bool
}

func (h held) exists() bool { return h.value.Type() != nil && !h.value.IsNull() }

// attribute returns a string of the instance; "" for null.
func (h held) attribute(name string) string {
	var attributes map[string]tftypes.Value
	var value *string
	if h.value.As(&attributes) != nil || attributes[name].As(&value) != nil || value == nil {
		return ""
	}
	return *value
}

// diagnosed is what an apply said.
type diagnosed []*tfprotov6.Diagnostic

func (d diagnosed) failed() bool {
	for _, diagnostic := range d {
		if diagnostic.Severity == tfprotov6.DiagnosticSeverityError {
			return true
		}
	}
	return false
}

func (d diagnosed) String() string {
	var lines []string
	for _, diagnostic := range d {
		lines = append(lines, diagnostic.Severity.String()+": "+diagnostic.Summary+"\n"+diagnostic.Detail)
	}
	return strings.Join(lines, "\n\n")
}

// apply brings an instance to its configuration as Terraform does: refresh, plan, and then nothing, an update, or a
// creation, before which the instance that is replaced is deleted, with the private data that the last plan returned: none
// if it is tainted, because that plan is made as if there were no instance.
func (c *core) apply(ctx context.Context, prior held, config map[string]tftypes.Value) (held, diagnosed) {
	c.t.Helper()
	var said diagnosed
	if prior.exists() {
		prior, said = c.refresh(ctx, prior)
		if said.failed() {
			return prior, said
		}
	}
	known := prior
	if prior.tainted {
		known = held{}
	}
	planned := c.plan(ctx, known, config)
	said = append(said, planned.Diagnostics...)
	if said.failed() {
		return prior, said
	}
	if known.exists() && len(planned.RequiresReplace) > 0 {
		known = held{private: planned.PlannedPrivate}
		planned = c.plan(ctx, known, config)
	}
	if prior.exists() && !known.exists() { // It is replaced. What is deleted has the private data of the plan.
		prior.private = planned.PlannedPrivate
		said = append(said, c.delete(ctx, prior)...)
	}
	if known.exists() && c.decode(planned.PlannedState).Equal(known.value) {
		return known, said
	}
	return c.change(ctx, known, config, planned, said)
}

func (c *core) change(
	ctx context.Context, prior held, config map[string]tftypes.Value, planned *tfprotov6.PlanResourceChangeResponse,
	said diagnosed,
) (held, diagnosed) {
	c.t.Helper()
	applied, err := c.provider.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: "matillion_pipeline_execution", Config: c.encode(c.object(c.resource(), config)),
		PriorState: c.encode(c.valueOf(prior)), PlannedState: planned.PlannedState, PlannedPrivate: planned.PlannedPrivate,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	said = append(said, applied.Diagnostics...)
	next := held{value: c.decode(applied.NewState), private: applied.Private}
	if next.exists() && !next.value.IsFullyKnown() {
		c.t.Errorf("the state that was saved is not known: %s", next.value)
	}
	next.tainted = !prior.exists() && next.exists() && said.failed()
	return next, said
}

func (c *core) refresh(ctx context.Context, prior held) (held, diagnosed) {
	c.t.Helper()
	read, err := c.provider.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: "matillion_pipeline_execution", CurrentState: c.encode(prior.value), Private: prior.private,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	if diagnosed(read.Diagnostics).failed() {
		return prior, read.Diagnostics
	}
	return held{value: c.decode(read.NewState), private: read.Private, tainted: prior.tainted}, read.Diagnostics
}

func (c *core) plan(
	ctx context.Context, prior held, config map[string]tftypes.Value,
) *tfprotov6.PlanResourceChangeResponse {
	c.t.Helper()
	planned, err := c.provider.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: "matillion_pipeline_execution", Config: c.encode(c.object(c.resource(), config)),
		PriorState: c.encode(c.valueOf(prior)), PriorPrivate: prior.private,
		ProposedNewState: c.encode(c.proposed(prior, config)),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return planned
}

func (c *core) delete(ctx context.Context, prior held) diagnosed {
	c.t.Helper()
	gone := tftypes.NewValue(c.resource().ValueType(), nil)
	applied, err := c.provider.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: "matillion_pipeline_execution", Config: c.encode(gone), PriorState: c.encode(prior.value),
		PlannedState: c.encode(gone), PlannedPrivate: prior.private,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return applied.Diagnostics
}

// proposed merges configuration and prior state as Terraform does: what is not configured and computed keeps its value.
func (c *core) proposed(prior held, config map[string]tftypes.Value) tftypes.Value {
	values := maps.Clone(config)
	var before map[string]tftypes.Value
	if prior.exists() {
		if err := prior.value.As(&before); err != nil {
			c.t.Fatal(err)
		}
	}
	for _, attribute := range c.resource().Block.Attributes {
		if _, configured := config[attribute.Name]; configured || !attribute.Computed {
			continue
		}
		values[attribute.Name] = tftypes.NewValue(attribute.Type, tftypes.UnknownValue)
		if before != nil {
			values[attribute.Name] = before[attribute.Name]
		}
	}
	return c.object(c.resource(), values)
}

func (c *core) valueOf(h held) tftypes.Value {
	if !h.exists() {
		return tftypes.NewValue(c.resource().ValueType(), nil)
	}
	return h.value
}

func (c *core) decode(encoded *tfprotov6.DynamicValue) tftypes.Value {
	c.t.Helper()
	value, err := encoded.Unmarshal(c.resource().ValueType())
	if err != nil {
		c.t.Fatal(err)
	}
	return value
}
