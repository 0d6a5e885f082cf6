// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"fmt"
	"maps"

	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	datasourceschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

// The attributes of a run are said once, as those of the resource. To the framework, attributes of resources, data
// sources and actions are the same interface, so that they serve in all three. Defaults, which other forms cannot have,
// are applied there by [policyOf].

// dataSourceAttributes returns attributes for a data source.
func dataSourceAttributes(attributes ...map[string]schema.Attribute) map[string]datasourceschema.Attribute {
	derived := map[string]datasourceschema.Attribute{}
	for name, attribute := range union(attributes...) {
		derived[name] = bare(attribute, true)
	}
	return derived
}

// actionAttributes returns attributes for an action, which computes nothing.
func actionAttributes(attributes ...map[string]schema.Attribute) map[string]actionschema.Attribute {
	derived := map[string]actionschema.Attribute{}
	for name, attribute := range union(attributes...) {
		derived[name] = bare(attribute, false)
	}
	return derived
}

// bareAttributes returns attributes for a resource in which nothing follows from a change of them.
func bareAttributes(attributes map[string]schema.Attribute) map[string]schema.Attribute {
	derived := map[string]schema.Attribute{}
	for name, attribute := range attributes {
		derived[name] = bare(attribute, true)
	}
	return derived
}

// bare returns an attribute without its plan modifiers and its default. What has a default is computed because of it.
func bare(attribute schema.Attribute, computes bool) schema.Attribute {
	switch a := attribute.(type) {
	case schema.StringAttribute:
		a.Computed = computes && a.Computed && a.Default == nil
		a.PlanModifiers, a.Default = nil, nil
		return a
	case schema.BoolAttribute:
		a.Computed = computes && a.Computed && a.Default == nil
		a.PlanModifiers, a.Default = nil, nil
		return a
	case schema.Int64Attribute:
		a.Computed = computes && a.Computed && a.Default == nil
		a.PlanModifiers, a.Default = nil, nil
		return a
	case schema.MapAttribute:
		a.Computed = computes && a.Computed && a.Default == nil
		a.PlanModifiers, a.Default = nil, nil
		return a
	case schema.SingleNestedAttribute:
		a.Computed = computes && a.Computed && a.Default == nil
		a.PlanModifiers, a.Default = nil, nil
		return a
	default:
		panic(fmt.Sprintf("no attribute of a run has been a %T yet: add a case here", attribute))
	}
}

func union(attributes ...map[string]schema.Attribute) map[string]schema.Attribute {
	all := map[string]schema.Attribute{}
	for _, some := range attributes {
		maps.Copy(all, some)
	}
	return all
}
