// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/action"
	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	datasourceschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// nestedValidators returns the attributes of an attribute that have validators. They would report paths that go deeper
// than Terraform can point at, which then shows the first line of the block.
func nestedValidators(of string, attribute any) (found []string) {
	nested := map[string]any{}
	switch a := attribute.(type) {
	case schema.SingleNestedAttribute:
		for name, inner := range a.Attributes {
			nested[name] = inner
		}
	case datasourceschema.SingleNestedAttribute:
		for name, inner := range a.Attributes {
			nested[name] = inner
		}
	case actionschema.SingleNestedAttribute:
		for name, inner := range a.Attributes {
			nested[name] = inner
		}
	}
	for name, inner := range nested {
		if s, ok := inner.(interface{ StringValidators() []validator.String }); ok && len(s.StringValidators()) > 0 {
			found = append(found, of+"."+name)
		}
		found = append(found, nestedValidators(of+"."+name, inner)...)
	}
	return found
}

func TestSchemas_validateNothingBelowAnAttribute(t *testing.T) {
	t.Parallel()
	p := &matillionProvider{}
	attributes := map[string]any{}
	for _, construct := range p.Resources(t.Context()) {
		thing := construct()
		resp := resource.SchemaResponse{}
		thing.Schema(t.Context(), resource.SchemaRequest{}, &resp)
		for name, attribute := range resp.Schema.Attributes {
			attributes[fmt.Sprintf("%T: %s", thing, name)] = attribute
		}
	}
	for _, construct := range p.DataSources(t.Context()) {
		thing := construct()
		resp := datasource.SchemaResponse{}
		thing.Schema(t.Context(), datasource.SchemaRequest{}, &resp)
		for name, attribute := range resp.Schema.Attributes {
			attributes[fmt.Sprintf("%T: %s", thing, name)] = attribute
		}
	}
	for _, construct := range p.Actions(t.Context()) {
		thing := construct()
		resp := action.SchemaResponse{}
		thing.Schema(t.Context(), action.SchemaRequest{}, &resp)
		for name, attribute := range resp.Schema.Attributes {
			attributes[fmt.Sprintf("%T: %s", thing, name)] = attribute
		}
	}
	if len(attributes) < 50 {
		t.Errorf("only %d attributes were found", len(attributes))
	}
	for name, attribute := range attributes {
		if found := nestedValidators(name, attribute); len(found) > 0 {
			t.Errorf("%q have validators, want one on the attribute that they belong to", found)
		}
	}
}
