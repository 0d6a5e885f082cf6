package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// The framework takes a state apart by reflection, which costs more than everything else that is done for a run that
// has ended. What is asked of each instance in each plan is therefore asked of the state as it comes.

// textOf returns a string attribute of a state; "" for null and unknown.
func textOf(state tftypes.Value, name string) string {
	var attributes map[string]tftypes.Value
	var value *string
	if state.IsNull() || state.As(&attributes) != nil {
		return ""
	}
	if attribute := attributes[name]; !attribute.IsKnown() || attribute.As(&value) != nil || value == nil {
		return ""
	}
	return *value
}

// ended reports whether a state is that of a run which has ended.
func ended(state tftypes.Value) bool { return matillion.Status(textOf(state, "status")).Ended() }

// identify gives an instance the identity that its state says.
func identify(ctx context.Context, state tftypes.Value, identity *tfsdk.ResourceIdentity) {
	var attributes map[string]tftypes.Value
	if state.As(&attributes) != nil {
		return
	}
	identity.Raw = tftypes.NewValue(identity.Schema.Type().TerraformType(ctx), map[string]tftypes.Value{
		"project_id": attributes["project_id"], "id": attributes["id"],
	})
}
