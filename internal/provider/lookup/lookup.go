// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package lookup has the data sources that only read: projects, environments, published pipelines, the steps of an
// execution. The list of executions is in package execution, with which it shares its attributes.
//
// A lookup is a model, a schema, a subject (what a 404 means, in arguments that the lookup has) and a function that
// completes the model: see environments_data_source.go for the shortest in a project, and projects_data_source.go for
// one of the whole account. The package knows the session and the API, and nothing of how pipelines are run.
package lookup

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// DataSources returns the constructors of the package's data sources.
func DataSources() []func() datasource.DataSource {
	return []func() datasource.DataSource{
		newProjectDataSource, newProjectsDataSource, newEnvironmentsDataSource, newPublishedPipelineDataSource,
		newPublishedPipelinesDataSource, newPipelineExecutionStepsDataSource,
	}
}

var _ datasource.DataSourceWithConfigure = &lookup[any]{}

// lookup is a data source that only reads. M is its model.
type lookup[M any] struct {
	session.ConfiguredDataSource

	// name follows the provider's in the name of the type.
	name   string
	schema func() schema.Schema
	// project is the project to look in, in a model. It is nil where nothing is looked for in a project.
	project func(*M) *types.String
	// complete fills in what the API returns about what is configured. The session has a client, and the project is known.
	complete func(context.Context, *session.Session, *M) diag.Diagnostics
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
	resp.Diagnostics.Append(l.Ready()...)
	if l.project != nil && !resp.Diagnostics.HasError() {
		project, diags := l.ReadyIn(*l.project(&config))
		resp.Diagnostics.Append(diags...)
		*l.project(&config) = project
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(l.complete(ctx, l.Session, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, config)...)
}

// modelsOf returns a model of each item. Without items the list is empty, which is not null in a state.
func modelsOf[T, M any](items []T, newModel func(T) M) []M {
	models := make([]M, 0, len(items))
	for _, item := range items {
		models = append(models, newModel(item))
	}
	return models
}

// projectID is the argument project_id.
func projectID() schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, Validators: []validator.String{validate.UUID()},
		MarkdownDescription: session.LookupProjectText,
	}
}

// computedString is a string that the API returns.
func computedString(text string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: text}
}

// computedObjects is a list of objects that the API returns.
func computedObjects(text string, attributes map[string]schema.Attribute) schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: text, NestedObject: schema.NestedAttributeObject{Attributes: attributes},
	}
}
