package provider

import (
	"fmt"

	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	datasourceschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// resourceAttributes renders the fields of an execution for the resource.
func resourceAttributes() map[string]schema.Attribute {
	return render(formResource, field.resourceAttribute)
}

// dataSourceAttributes renders the fields of an execution for the data source.
func dataSourceAttributes() map[string]datasourceschema.Attribute {
	return render(formDataSource, field.dataSourceAttribute)
}

// actionAttributes renders the fields of an execution for the action.
func actionAttributes() map[string]actionschema.Attribute {
	return render(formAction, field.actionAttribute)
}

func render[A any](f form, attribute func(field) A) map[string]A {
	attributes := map[string]A{}
	for _, field := range fieldsOf(f) {
		attributes[field.name] = attribute(field)
	}
	return attributes
}

func (f field) optional() bool { return !f.required && f.role != roleResult }

func (f field) isComputed() bool { return f.computed || f.role == roleResult }

// elementType is the type of a map's values.
func (f field) elementType() attr.Type {
	mapType, ok := f.kind.(types.MapType)
	if !ok {
		panic(fmt.Sprintf("field %s is of the unexpected type %s", f.name, f.kind))
	}
	return mapType.ElemType
}

func (f field) resourceAttribute() schema.Attribute {
	switch f.kind {
	case types.StringType:
		attribute := schema.StringAttribute{
			MarkdownDescription: f.text, Required: f.required, Optional: f.optional(), Computed: f.isComputed(),
			Validators: f.strings,
		}
		if f.isComputed() {
			attribute.PlanModifiers = []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
		}
		if fallback, ok := f.fallback.(types.String); ok {
			attribute.Computed, attribute.Default = true, stringdefault.StaticString(fallback.ValueString())
		}
		return attribute
	case types.BoolType:
		attribute := schema.BoolAttribute{
			MarkdownDescription: f.text, Required: f.required, Optional: f.optional(), Computed: f.isComputed(),
		}
		if fallback, ok := f.fallback.(types.Bool); ok {
			attribute.Computed, attribute.Default = true, booldefault.StaticBool(fallback.ValueBool())
		}
		return attribute
	case types.Int64Type:
		return schema.Int64Attribute{
			MarkdownDescription: f.text, Required: f.required, Optional: f.optional(), Computed: f.isComputed(),
			Validators: f.numbers,
		}
	default:
		return schema.MapAttribute{
			MarkdownDescription: f.text, Required: f.required, Optional: f.optional(), Computed: f.isComputed(),
			// Not sensitive on top of it: there is nothing to hide where there is no value, and Terraform would note the
			// attribute's path in the state of every instance, which it writes whole whenever one instance changes.
			ElementType: f.elementType(), Validators: f.maps, WriteOnly: f.secret,
		}
	}
}

func (f field) dataSourceAttribute() datasourceschema.Attribute {
	switch f.kind {
	case types.StringType:
		return datasourceschema.StringAttribute{
			MarkdownDescription: f.text, Required: f.required, Optional: f.optional(), Computed: f.isComputed(),
			Validators: f.strings,
		}
	case types.BoolType:
		return datasourceschema.BoolAttribute{
			MarkdownDescription: f.text, Required: f.required, Optional: f.optional(), Computed: f.isComputed(),
		}
	case types.Int64Type:
		return datasourceschema.Int64Attribute{
			MarkdownDescription: f.text, Required: f.required, Optional: f.optional(), Computed: f.isComputed(),
			Validators: f.numbers,
		}
	default:
		return datasourceschema.MapAttribute{
			MarkdownDescription: f.text, Required: f.required, Optional: f.optional(), Computed: f.isComputed(),
			ElementType: f.elementType(), Validators: f.maps,
		}
	}
}

func (f field) actionAttribute() actionschema.Attribute {
	switch f.kind {
	case types.StringType:
		return actionschema.StringAttribute{
			MarkdownDescription: f.text, Required: f.required, Optional: f.optional(), Validators: f.strings,
		}
	case types.BoolType:
		return actionschema.BoolAttribute{
			MarkdownDescription: f.text, Required: f.required, Optional: f.optional(),
		}
	case types.Int64Type:
		return actionschema.Int64Attribute{
			MarkdownDescription: f.text, Required: f.required, Optional: f.optional(), Validators: f.numbers,
		}
	default:
		return actionschema.MapAttribute{
			MarkdownDescription: f.text, Required: f.required, Optional: f.optional(),
			ElementType: f.elementType(), Validators: f.maps,
		}
	}
}
