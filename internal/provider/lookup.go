package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// lookup is a data source that lists what there is to run, or what has run. It only reads. M is its model.
type lookup[M any] struct {
	configuredDataSource

	// name follows the provider's in the name of the type.
	name   string
	schema func() schema.Schema
	// complete fills in what the API tells about what is configured. The session has a client.
	complete func(context.Context, *session, *M) diag.Diagnostics
}

func (l *lookup[M]) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + l.name
}

func (l *lookup[M]) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = l.schema()
}

func (l *lookup[M]) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var config M
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if l.client == nil {
		resp.Diagnostics.Append(providerUnknown())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(l.complete(ctx, l.session, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, config)...)
}

// each returns what becomes of the items: an empty list of none, which is not null in a state.
func each[T, M any](items []T, become func(T) M) []M {
	models := make([]M, 0, len(items))
	for _, item := range items {
		models = append(models, become(item))
	}
	return models
}

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
