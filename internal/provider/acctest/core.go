// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package acctest

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/mockserver"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider"
)

// Core stands in for Terraform: it speaks the plugin protocol with a provider in this process, whose API is a mock
// server in this process. There is no socket in between, so that it works in a bubble of virtual time.
type Core struct {
	t        testing.TB
	Provider tfprotov6.ProviderServer
	Schemas  *tfprotov6.GetProviderSchemaResponse
	// deferral is whether this client lets the provider defer what it cannot plan yet.
	deferral bool
}

// CoreAddress is where the mock server would be, if there were a network.
const CoreAddress = "https://matillion.test"

// NewCore starts a process of the provider, which may be configured with more, or otherwise.
func NewCore(t testing.TB, server *mockserver.Server, more ...map[string]tftypes.Value) *Core {
	t.Helper()
	return newCore(t, server, false, more...)
}

// NewDeferringCore is [NewCore] for a client that lets the provider defer, as Terraform Stacks does.
func NewDeferringCore(t testing.TB, server *mockserver.Server, more ...map[string]tftypes.Value) *Core {
	t.Helper()
	return newCore(t, server, true, more...)
}

func newCore(t testing.TB, server *mockserver.Server, deferral bool, more ...map[string]tftypes.Value) *Core {
	t.Helper()
	transport := server.Transport(t, matillion.NewTransport())
	newServer := provider.NewServer("test", func(c *matillion.Config) { c.Transport = transport })
	c := &Core{t: t, Provider: newServer(), deferral: deferral}
	var err error
	if c.Schemas, err = c.Provider.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	arguments := map[string]tftypes.Value{
		"api_url": String(CoreAddress + mockserver.APIPath), "token_url": String(CoreAddress + mockserver.TokenPath),
		"client_id": String("mock-client-id"), "client_secret": String("mock-client-secret"),
		"project_id": String(ProjectID), "plan_checks": String("off"),
	}
	for _, some := range more {
		maps.Copy(arguments, some)
	}
	c.Configure(arguments)
	return c
}

// Beside returns a core that asks another server, which is configured already.
func (c *Core) Beside(server tfprotov6.ProviderServer) *Core {
	return &Core{t: c.t, Provider: server, Schemas: c.Schemas}
}

// Configure configures the provider, with nothing but the arguments.
func (c *Core) Configure(arguments map[string]tftypes.Value) {
	c.t.Helper()
	configured, err := c.Provider.ConfigureProvider(c.t.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.11.4", Config: c.Encode(c.Object(c.Schemas.Provider, arguments)),
		ClientCapabilities: &tfprotov6.ConfigureProviderClientCapabilities{DeferralAllowed: c.deferral},
	})
	if err != nil || len(configured.Diagnostics) > 0 {
		c.t.Fatal(err, configured.Diagnostics)
	}
}

// Object returns a value of a schema, null but for the given attributes.
func (c *Core) Object(schema *tfprotov6.Schema, values map[string]tftypes.Value) tftypes.Value {
	attributes := map[string]tftypes.Value{}
	for _, attribute := range schema.Block.Attributes {
		attributes[attribute.Name] = tftypes.NewValue(attribute.ValueType(), nil)
	}
	maps.Copy(attributes, values)
	return tftypes.NewValue(schema.ValueType(), attributes)
}

// Encode encodes a value for the protocol.
func (c *Core) Encode(value tftypes.Value) *tfprotov6.DynamicValue {
	c.t.Helper()
	encoded, err := tfprotov6.NewDynamicValue(value.Type(), value)
	if err != nil {
		c.t.Fatal(err)
	}
	return &encoded
}

// Decode is the reverse of [Core.Encode].
func (c *Core) Decode(encoded *tfprotov6.DynamicValue, kind tftypes.Type) tftypes.Value {
	c.t.Helper()
	value, err := encoded.Unmarshal(kind)
	if err != nil {
		c.t.Fatal(err)
	}
	return value
}

// Diagnostics are what calls of the provider said.
type Diagnostics []*tfprotov6.Diagnostic

// Failed reports whether an error is among them.
func (d Diagnostics) Failed() bool {
	for _, diagnostic := range d {
		if diagnostic.Severity == tfprotov6.DiagnosticSeverityError {
			return true
		}
	}
	return false
}

// String returns all that was said.
func (d Diagnostics) String() string {
	var lines []string
	for _, diagnostic := range d {
		lines = append(lines, diagnostic.Severity.String()+": "+diagnostic.Summary+"\n"+diagnostic.Detail)
	}
	return strings.Join(lines, "\n\n")
}

// InBubble runs a test in virtual time with a server, which must have started the given number of runs at the end.
func InBubble(t *testing.T, runs int, s mockserver.Scenario, test func(*testing.T, *mockserver.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := mockserver.New(s)
		test(t, server)
		synctest.Wait()
		if started := server.Started(); len(started) != runs {
			t.Errorf("the server started %d runs, want %d", len(started), runs)
		}
	})
}
