// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// timeoutTypes are the types of the times that an attribute timeouts has.
func timeoutTypes(texts map[string]string) types.ObjectType {
	kinds := map[string]attr.Type{}
	for name := range texts {
		kinds[name] = types.StringType
	}
	return types.ObjectType{AttrTypes: kinds}
}

// timeoutsAttribute returns the attribute timeouts of any form: of the type of its library, with a text for each time,
// and with one validator for all. The library's own validators report paths that Terraform cannot point at.
func timeoutsAttribute(kind basetypes.ObjectTypable, texts map[string]string) schema.Attribute {
	times := map[string]schema.Attribute{}
	for name, text := range texts {
		times[name] = schema.StringAttribute{Optional: true, MarkdownDescription: text}
	}
	return schema.SingleNestedAttribute{
		Optional: true, Attributes: times, CustomType: kind, Validators: []validator.Object{validate.Timeouts()},
		MarkdownDescription: "Longest times to wait. Each is a duration with a unit, such as `45s`, `90m` or `1h30m`.",
	}
}
