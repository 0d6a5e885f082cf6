package main

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// formatVersion is the version of the JSON that the types below describe.
// Terraform documents the format at
// https://developer.hashicorp.com/terraform/cli/commands/providers/schema.
const formatVersion = "1.0"

type providerSchemas struct {
	FormatVersion string                    `json:"format_version"`
	Providers     map[string]providerSchema `json:"provider_schemas"`
}

type providerSchema struct {
	Provider           schema                    `json:"provider"`
	Resources          map[string]schema         `json:"resource_schemas,omitempty"`
	DataSources        map[string]schema         `json:"data_source_schemas,omitempty"`
	EphemeralResources map[string]schema         `json:"ephemeral_resource_schemas,omitempty"`
	ListResources      map[string]schema         `json:"list_resource_schemas,omitempty"`
	Functions          map[string]function       `json:"functions,omitempty"`
	ResourceIdentities map[string]identitySchema `json:"resource_identity_schemas,omitempty"`
	Actions            map[string]actionSchema   `json:"action_schemas,omitempty"`
}

func newProviderSchema(s *tfprotov6.GetProviderSchemaResponse, i *tfprotov6.GetResourceIdentitySchemasResponse) providerSchema {
	return providerSchema{
		Provider:           newSchema(s.Provider),
		Resources:          convert(s.ResourceSchemas, newSchema),
		DataSources:        convert(s.DataSourceSchemas, newSchema),
		EphemeralResources: convert(s.EphemeralResourceSchemas, newSchema),
		ListResources:      convert(s.ListResourceSchemas, newSchema),
		Functions:          convert(s.Functions, newFunction),
		ResourceIdentities: convert(i.IdentitySchemas, newIdentitySchema),
		Actions:            convert(s.ActionSchemas, newActionSchema),
	}
}

func convert[A, B any](from map[string]A, f func(A) B) map[string]B {
	to := make(map[string]B, len(from))
	for name, value := range from {
		to[name] = f(value)
	}
	return to
}

type schema struct {
	Version int64  `json:"version"`
	Block   *block `json:"block,omitempty"`
}

func newSchema(s *tfprotov6.Schema) schema {
	if s == nil {
		return schema{}
	}
	return schema{Version: s.Version, Block: newBlock(s.Block)}
}

// An actionSchema has no version, because an action leaves nothing in state
// that a later version would have to upgrade.
type actionSchema struct {
	Block *block `json:"block,omitempty"`
}

func newActionSchema(a *tfprotov6.ActionSchema) actionSchema {
	return actionSchema{Block: newSchema(a.Schema).Block}
}

type block struct {
	Attributes map[string]attribute   `json:"attributes,omitempty"`
	BlockTypes map[string]nestedBlock `json:"block_types,omitempty"`
	description
}

func newBlock(b *tfprotov6.SchemaBlock) *block {
	if b == nil {
		return nil
	}
	blockTypes := make(map[string]nestedBlock, len(b.BlockTypes))
	for _, nested := range b.BlockTypes {
		blockTypes[nested.TypeName] = nestedBlock{
			NestingMode: strings.ToLower(nested.Nesting.String()),
			Block:       newBlock(nested.Block),
			MinItems:    nested.MinItems,
			MaxItems:    nested.MaxItems,
		}
	}
	return &block{
		Attributes: newAttributes(b.Attributes),
		BlockTypes: blockTypes,
		description: description{
			Text:               b.Description,
			Kind:               strings.ToLower(b.DescriptionKind.String()),
			Deprecated:         b.Deprecated,
			DeprecationMessage: b.DeprecationMessage,
		},
	}
}

type nestedBlock struct {
	NestingMode string `json:"nesting_mode"`
	Block       *block `json:"block,omitempty"`
	MinItems    int64  `json:"min_items,omitempty"`
	MaxItems    int64  `json:"max_items,omitempty"`
}

type description struct {
	Text               string `json:"description,omitempty"`
	Kind               string `json:"description_kind,omitempty"`
	Deprecated         bool   `json:"deprecated,omitempty"`
	DeprecationMessage string `json:"deprecation_message,omitempty"`
}

// An attribute has a Type or a NestedType, never both. A [tftypes.Type] writes
// itself in the form the format wants.
type attribute struct {
	Type       tftypes.Type `json:"type,omitempty"`
	NestedType *nestedType  `json:"nested_type,omitempty"`
	description
	Required  bool `json:"required,omitempty"`
	Optional  bool `json:"optional,omitempty"`
	Computed  bool `json:"computed,omitempty"`
	Sensitive bool `json:"sensitive,omitempty"`
	WriteOnly bool `json:"write_only,omitempty"`
}

func newAttributes(from []*tfprotov6.SchemaAttribute) map[string]attribute {
	attributes := make(map[string]attribute, len(from))
	for _, a := range from {
		attributes[a.Name] = newAttribute(a)
	}
	return attributes
}

func newAttribute(a *tfprotov6.SchemaAttribute) attribute {
	return attribute{
		Type:       a.Type,
		NestedType: newNestedType(a.NestedType),
		description: description{
			Text:               a.Description,
			Kind:               strings.ToLower(a.DescriptionKind.String()),
			Deprecated:         a.Deprecated,
			DeprecationMessage: a.DeprecationMessage,
		},
		Required:  a.Required,
		Optional:  a.Optional,
		Computed:  a.Computed,
		Sensitive: a.Sensitive,
		WriteOnly: a.WriteOnly,
	}
}

type nestedType struct {
	Attributes  map[string]attribute `json:"attributes,omitempty"`
	NestingMode string               `json:"nesting_mode"`
}

func newNestedType(o *tfprotov6.SchemaObject) *nestedType {
	if o == nil {
		return nil
	}
	return &nestedType{
		Attributes:  newAttributes(o.Attributes),
		NestingMode: strings.ToLower(o.Nesting.String()),
	}
}

type identitySchema struct {
	Version    int64                        `json:"version"`
	Attributes map[string]identityAttribute `json:"attributes,omitempty"`
}

type identityAttribute struct {
	Type              tftypes.Type `json:"type"`
	Description       string       `json:"description,omitempty"`
	RequiredForImport bool         `json:"required_for_import,omitempty"`
	OptionalForImport bool         `json:"optional_for_import,omitempty"`
}

func newIdentitySchema(s *tfprotov6.ResourceIdentitySchema) identitySchema {
	attributes := make(map[string]identityAttribute, len(s.IdentityAttributes))
	for _, a := range s.IdentityAttributes {
		attributes[a.Name] = identityAttribute{
			Type:              a.Type,
			Description:       a.Description,
			RequiredForImport: a.RequiredForImport,
			OptionalForImport: a.OptionalForImport,
		}
	}
	return identitySchema{Version: s.Version, Attributes: attributes}
}

type function struct {
	Description        string       `json:"description,omitempty"`
	Summary            string       `json:"summary,omitempty"`
	DeprecationMessage string       `json:"deprecation_message,omitempty"`
	ReturnType         tftypes.Type `json:"return_type"`
	Parameters         []parameter  `json:"parameters,omitempty"`
	VariadicParameter  *parameter   `json:"variadic_parameter,omitempty"`
}

type parameter struct {
	Name        string       `json:"name,omitempty"`
	Description string       `json:"description,omitempty"`
	IsNullable  bool         `json:"is_nullable,omitempty"`
	Type        tftypes.Type `json:"type"`
}

func newFunction(f *tfprotov6.Function) function {
	parameters := make([]parameter, len(f.Parameters))
	for i, p := range f.Parameters {
		parameters[i] = *newParameter(p)
	}
	return function{
		Description:        f.Description,
		Summary:            f.Summary,
		DeprecationMessage: f.DeprecationMessage,
		ReturnType:         f.Return.Type,
		Parameters:         parameters,
		VariadicParameter:  newParameter(f.VariadicParameter),
	}
}

func newParameter(p *tfprotov6.FunctionParameter) *parameter {
	if p == nil {
		return nil
	}
	return &parameter{
		Name:        p.Name,
		Description: p.Description,
		IsNullable:  p.AllowNullValue,
		Type:        p.Type,
	}
}
