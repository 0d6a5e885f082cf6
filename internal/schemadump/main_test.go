// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider"
)

// stubServer answers with the given schemas. Any other call panics.
type stubServer struct {
	tfprotov6.ProviderServer

	schemas    tfprotov6.GetProviderSchemaResponse
	identities tfprotov6.GetResourceIdentitySchemasResponse
	err        error
}

func (s *stubServer) GetProviderSchema(
	context.Context, *tfprotov6.GetProviderSchemaRequest,
) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &s.schemas, s.err
}

func (s *stubServer) GetResourceIdentitySchemas(
	context.Context, *tfprotov6.GetResourceIdentitySchemasRequest,
) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &s.identities, nil
}

// everything has one of each thing that the format can say.
func everything() *stubServer {
	widget := &tfprotov6.Schema{
		Version: 2,
		Block: &tfprotov6.SchemaBlock{
			Description:     "A *widget*.",
			DescriptionKind: tfprotov6.StringKindMarkdown,
			Attributes: []*tfprotov6.SchemaAttribute{
				{Name: "name", Type: tftypes.String, Required: true, Description: "Its name."},
				{
					Name: "grid", Type: tftypes.Map{ElementType: tftypes.List{ElementType: tftypes.String}},
					Optional: true, Computed: true,
				},
				{Name: "secret", Type: tftypes.String, Optional: true, Sensitive: true, WriteOnly: true},
				{Name: "old", Type: tftypes.Number, Optional: true, Deprecated: true, DeprecationMessage: "Use name."},
				{Name: "parts", Computed: true, NestedType: &tfprotov6.SchemaObject{
					Nesting:    tfprotov6.SchemaObjectNestingModeList,
					Attributes: []*tfprotov6.SchemaAttribute{{Name: "id", Type: tftypes.String, Computed: true}},
				}},
			},
			BlockTypes: []*tfprotov6.SchemaNestedBlock{{
				TypeName: "timeouts",
				Nesting:  tfprotov6.SchemaNestedBlockNestingModeSingle,
				Block: &tfprotov6.SchemaBlock{
					Attributes: []*tfprotov6.SchemaAttribute{{Name: "create", Type: tftypes.String, Optional: true}},
				},
			}},
		},
	}
	small := func(text string) *tfprotov6.Schema {
		return &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Description: text}}
	}
	return &stubServer{
		schemas: tfprotov6.GetProviderSchemaResponse{
			Provider:                 small("The provider."),
			ResourceSchemas:          map[string]*tfprotov6.Schema{"x_widget": widget},
			DataSourceSchemas:        map[string]*tfprotov6.Schema{"x_widgets": small("Widgets.")},
			EphemeralResourceSchemas: map[string]*tfprotov6.Schema{"x_token": small("A token.")},
			ListResourceSchemas:      map[string]*tfprotov6.Schema{"x_widget": small("Lists widgets.")},
			ActionSchemas:            map[string]*tfprotov6.ActionSchema{"x_turn": {Schema: small("Turns a widget.")}},
			Functions: map[string]*tfprotov6.Function{"join": {
				Summary:     "Joins.",
				Description: "Joins <things>.",
				Parameters: []*tfprotov6.FunctionParameter{
					{Name: "by", Type: tftypes.String, AllowNullValue: true},
				},
				VariadicParameter: &tfprotov6.FunctionParameter{Name: "things", Type: tftypes.DynamicPseudoType},
				Return:            &tfprotov6.FunctionReturn{Type: tftypes.String},
			}},
		},
		identities: tfprotov6.GetResourceIdentitySchemasResponse{
			IdentitySchemas: map[string]*tfprotov6.ResourceIdentitySchema{"x_widget": {
				Version: 1,
				IdentityAttributes: []*tfprotov6.ResourceIdentitySchemaAttribute{
					{Name: "id", Type: tftypes.String, RequiredForImport: true, Description: "Its id."},
					{Name: "project_id", Type: tftypes.String, OptionalForImport: true},
				},
			}},
		},
	}
}

func TestDump_format(t *testing.T) {
	t.Parallel()

	want, err := os.ReadFile("testdata/everything.json")
	if err != nil {
		t.Fatal(err)
	}

	var got bytes.Buffer
	if err := json.Indent(&got, dumped(t, everything()), "", "  "); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("unexpected output (-want +got):\n%s", diff)
	}
}

func TestDump_failures(t *testing.T) {
	t.Parallel()

	diagnostics := []*tfprotov6.Diagnostic{
		{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "Old name", Detail: "Still works."},
		{Severity: tfprotov6.DiagnosticSeverityError, Summary: "Invalid schema", Detail: "No type."},
	}
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		spoil func(*stubServer)
		want  string
	}{
		"call":     {func(s *stubServer) { s.err = broken }, "asking for the schemas: broken"},
		"schema":   {func(s *stubServer) { s.schemas.Diagnostics = diagnostics }, "Invalid schema: No type."},
		"identity": {func(s *stubServer) { s.identities.Diagnostics = diagnostics }, "Invalid schema: No type."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			server := everything()
			test.spoil(server)
			var out bytes.Buffer
			err := dump(t.Context(), &out, server, "x")
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if out.Len() > 0 {
				t.Errorf("wrote %s despite the error", out.String())
			}
		})
	}
}

func TestDump_theProvider(t *testing.T) {
	t.Parallel()

	server := provider.NewServer("test")()
	first := dumped(t, server)
	if second := dumped(t, server); !bytes.Equal(first, second) {
		t.Error("the same schemas gave different bytes")
	}

	var out struct {
		Providers map[string]map[string]json.RawMessage `json:"provider_schemas"`
	}
	if err := json.Unmarshal(first, &out); err != nil {
		t.Fatal(err)
	}
	for kind, name := range map[string]string{
		"provider":                  "client_secret",
		"resource_schemas":          "matillion_pipeline_execution",
		"data_source_schemas":       "matillion_pipeline_execution",
		"list_resource_schemas":     "matillion_pipeline_execution",
		"action_schemas":            "matillion_pipeline_execute",
		"resource_identity_schemas": "matillion_pipeline_execution",
		"functions":                 "grid",
	} {
		if got := string(out.Providers["x"][kind]); !strings.Contains(got, `"`+name+`"`) {
			t.Errorf("%s lacks %s: %.200s", kind, name, got)
		}
	}
}

// dumped returns what dump writes.
func dumped(t *testing.T, server tfprotov6.ProviderServer) []byte {
	t.Helper()

	var out bytes.Buffer
	if err := dump(t.Context(), &out, server, "x"); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
