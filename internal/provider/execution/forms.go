// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"maps"

	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	datasourceschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

// The attributes of a run are said once, as those of a resource. To the framework, attributes of resources, data
// sources and actions are the same interface, so that they serve in all three. What only a resource has is taken off:
// defaults, which [policyModel.policies] applies in the other forms. Plan modifiers are ignored there.

// dataSourceAttributes returns attributes for a data source.
func dataSourceAttributes(attributes ...map[string]schema.Attribute) map[string]datasourceschema.Attribute {
	derived := map[string]datasourceschema.Attribute{}
	for name, attribute := range union(attributes...) {
		derived[name] = withoutDefault(attribute, true)
	}
	return derived
}

// actionAttributes returns attributes for an action, which computes nothing.
func actionAttributes(attributes ...map[string]schema.Attribute) map[string]actionschema.Attribute {
	derived := map[string]actionschema.Attribute{}
	for name, attribute := range union(attributes...) {
		derived[name] = withoutDefault(attribute, false)
	}
	return derived
}

func withoutDefault(attribute schema.Attribute, computes bool) schema.Attribute {
	switch a := attribute.(type) {
	case schema.StringAttribute:
		a.Computed = computes && a.Computed && a.Default == nil
		a.Default = nil
		return a
	case schema.BoolAttribute:
		a.Computed = computes && a.Computed && a.Default == nil
		a.Default = nil
		return a
	default:
		return attribute
	}
}

func union(attributes ...map[string]schema.Attribute) map[string]schema.Attribute {
	all := map[string]schema.Attribute{}
	for _, some := range attributes {
		maps.Copy(all, some)
	}
	return all
}
