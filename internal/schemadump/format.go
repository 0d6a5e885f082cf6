// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"encoding/json"
	"fmt"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
)

// formatVersion is the version of the JSON format that the types of terraform-json describe. The format is documented
// at https://developer.hashicorp.com/terraform/cli/commands/providers/schema.
const formatVersion = "1.0"

func providerSchema(
	s *tfprotov6.GetProviderSchemaResponse, i *tfprotov6.GetResourceIdentitySchemasResponse,
) *tfjson.ProviderSchema {
	return &tfjson.ProviderSchema{
		ConfigSchema:             schema(s.Provider),
		ResourceSchemas:          mapValues(s.ResourceSchemas, schema),
		DataSourceSchemas:        mapValues(s.DataSourceSchemas, schema),
		EphemeralResourceSchemas: mapValues(s.EphemeralResourceSchemas, schema),
		ListResourceSchemas:      mapValues(s.ListResourceSchemas, schema),
		Functions:                mapValues(s.Functions, function),
		ResourceIdentitySchemas:  mapValues(i.IdentitySchemas, identitySchema),
		ActionSchemas:            mapValues(s.ActionSchemas, actionSchema),
	}
}

func mapValues[A, B any](from map[string]A, f func(A) B) map[string]B {
	to := make(map[string]B, len(from))
	for name, value := range from {
		to[name] = f(value)
	}
	return to
}

func schema(s *tfprotov6.Schema) *tfjson.Schema {
	if s == nil {
		return nil
	}
	return &tfjson.Schema{Version: uint64(s.Version), Block: block(s.Block)}
}

func actionSchema(a *tfprotov6.ActionSchema) *tfjson.ActionSchema {
	return &tfjson.ActionSchema{Block: block(a.Schema.Block)}
}

func block(b *tfprotov6.SchemaBlock) *tfjson.SchemaBlock {
	nested := make(map[string]*tfjson.SchemaBlockType, len(b.BlockTypes))
	for _, n := range b.BlockTypes {
		nested[n.TypeName] = &tfjson.SchemaBlockType{
			NestingMode: nestingMode(n.Nesting),
			Block:       block(n.Block),
			MinItems:    uint64(n.MinItems),
			MaxItems:    uint64(n.MaxItems),
		}
	}
	return &tfjson.SchemaBlock{
		Attributes:      attributes(b.Attributes),
		NestedBlocks:    nested,
		Description:     b.Description,
		DescriptionKind: descriptionKind(b.DescriptionKind),
		Deprecated:      b.Deprecated,
	}
}

func attributes(from []*tfprotov6.SchemaAttribute) map[string]*tfjson.SchemaAttribute {
	to := make(map[string]*tfjson.SchemaAttribute, len(from))
	for _, a := range from {
		to[a.Name] = &tfjson.SchemaAttribute{
			AttributeType:       ctyType(a.Type),
			AttributeNestedType: nestedType(a.NestedType),
			Description:         a.Description,
			DescriptionKind:     descriptionKind(a.DescriptionKind),
			Deprecated:          a.Deprecated,
			Required:            a.Required,
			Optional:            a.Optional,
			Computed:            a.Computed,
			Sensitive:           a.Sensitive,
			WriteOnly:           a.WriteOnly,
		}
	}
	return to
}

func nestedType(o *tfprotov6.SchemaObject) *tfjson.SchemaNestedAttributeType {
	if o == nil {
		return nil
	}
	return &tfjson.SchemaNestedAttributeType{Attributes: attributes(o.Attributes), NestingMode: nestingMode(o.Nesting)}
}

func identitySchema(s *tfprotov6.ResourceIdentitySchema) *tfjson.IdentitySchema {
	attributes := make(map[string]*tfjson.IdentityAttribute, len(s.IdentityAttributes))
	for _, a := range s.IdentityAttributes {
		attributes[a.Name] = &tfjson.IdentityAttribute{
			IdentityType:      ctyType(a.Type),
			Description:       a.Description,
			RequiredForImport: a.RequiredForImport,
			OptionalForImport: a.OptionalForImport,
		}
	}
	return &tfjson.IdentitySchema{Version: uint64(s.Version), Attributes: attributes}
}

func function(f *tfprotov6.Function) *tfjson.FunctionSignature {
	parameters := make([]*tfjson.FunctionParameter, len(f.Parameters))
	for i, p := range f.Parameters {
		parameters[i] = parameter(p)
	}
	return &tfjson.FunctionSignature{
		Description:        f.Description,
		Summary:            f.Summary,
		DeprecationMessage: f.DeprecationMessage,
		ReturnType:         ctyType(f.Return.Type),
		Parameters:         parameters,
		VariadicParameter:  parameter(f.VariadicParameter),
	}
}

func parameter(p *tfprotov6.FunctionParameter) *tfjson.FunctionParameter {
	if p == nil {
		return nil
	}
	return &tfjson.FunctionParameter{
		Name:        p.Name,
		Description: p.Description,
		IsNullable:  p.AllowNullValue,
		Type:        ctyType(p.Type),
	}
}

// nestingMode is the format's word for a mode of the protocol, whose names are the same in capitals.
func nestingMode(mode fmt.Stringer) tfjson.SchemaNestingMode {
	return tfjson.SchemaNestingMode(strings.ToLower(mode.String()))
}

func descriptionKind(kind tfprotov6.StringKind) tfjson.SchemaDescriptionKind {
	return tfjson.SchemaDescriptionKind(strings.ToLower(kind.String()))
}

// ctyType converts a type by way of its JSON form, which tftypes and cty share. It panics if they do not: a type that
// Terraform cannot read is a mistake in the provider. An attribute with a nested type has no type.
func ctyType(t tftypes.Type) cty.Type {
	if t == nil {
		return cty.NilType
	}
	data, err := json.Marshal(t)
	if err != nil {
		panic(fmt.Sprintf("writing the type %s: %s", t, err))
	}
	var typ cty.Type
	if err := json.Unmarshal(data, &typ); err != nil {
		panic(fmt.Sprintf("reading the type %s: %s", t, err))
	}
	return typ
}
