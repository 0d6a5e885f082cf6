package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// A lookup lists what there is to run, or what has run. It only reads.

// projectToLookIn says what project_id is to a lookup.
const projectToLookIn = "Project to look in, as a UUID. Defaults to the provider's `project_id`."

// lookIn returns the project that a lookup asks about. It is an error that the API cannot be asked yet.
func (s *session) lookIn(argument types.String) (types.String, diag.Diagnostics) {
	if s.client == nil {
		return argument, diag.Diagnostics{providerUnknown()}
	}
	project, diags := s.project(argument)
	if project.IsUnknown() {
		diags.Append(providerUnknown())
	}
	return project, diags
}

// lookupProject is the argument project_id of a data source that looks things up.
func lookupProject() schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, Validators: []validator.String{isUUID{}}, MarkdownDescription: projectToLookIn,
	}
}

// told is a text that the API tells.
func told(text string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: text}
}

// listing is a list of objects that the API tells.
func listing(text string, attributes map[string]schema.Attribute) schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: text, NestedObject: schema.NestedAttributeObject{Attributes: attributes},
	}
}
