// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package lookup

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/nullable"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// newPublishedPipelinesDataSource lists the pipelines that are published to an environment.
func newPublishedPipelinesDataSource() datasource.DataSource {
	return &lookup[publishedPipelinesModel]{
		name: "published_pipelines", schema: publishedPipelinesSchema, complete: completePublishedPipelines,
		project: func(m *publishedPipelinesModel) *types.String { return &m.ProjectID },
	}
}

type publishedPipelinesModel struct {
	ProjectID          types.String             `tfsdk:"project_id"`
	EnvironmentName    types.String             `tfsdk:"environment_name"`
	Name               types.String             `tfsdk:"name"`
	PublishedPipelines []publishedPipelineModel `tfsdk:"published_pipelines"`
}

type publishedPipelineModel struct {
	Name          types.String `tfsdk:"name"`
	PublishedTime types.String `tfsdk:"published_time"`
}

func publishedPipelinesSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Lists the pipelines that are published to an environment. With `published_time` among the " +
			"`triggers` of a `matillion_pipeline_execution`, the pipeline runs again when it has been published again, and " +
			"not with every apply.",
		Attributes: map[string]schema.Attribute{
			"project_id": projectID(),
			"environment_name": schema.StringAttribute{
				Required: true, Validators: []validator.String{validate.EnvironmentName()},
				MarkdownDescription: "Name of the environment. 1 to 255 characters.",
			},
			"name": schema.StringAttribute{
				Optional: true, Validators: []validator.String{validate.NotEmpty()},
				MarkdownDescription: "Only pipelines that match this name: the whole name, or the last part of its path with " +
					"or without the extension. Several may match: then `one()` fails.",
			},
			"published_pipelines": computedObjects("The pipelines.", map[string]schema.Attribute{
				"name": computedString("Name of the pipeline: what `pipeline_name` takes. Often a path with an extension, such " +
					"as `ingest/orders.orch.yaml`."),
				"published_time": computedString("When the pipeline was published, as an RFC 3339 time in UTC."),
			}),
		},
	}
}

var publishedPipelinesSubject = diagnose.Subject{
	matillion.KindNotFound: {
		Summary: "Project or environment not found",
		Advice: "Check environment_name and project_id, and that the credentials have access to both." +
			diagnose.CheckAddress,
	},
}

func listingFailed(projectID, environmentName string, err error) diag.Diagnostic {
	return publishedPipelinesSubject.Failed(fmt.Sprintf(
		"Listing the pipelines that are published to the environment %q of the project %s", environmentName, projectID), err)
}

func completePublishedPipelines(
	ctx context.Context, s *session.Session, config *publishedPipelinesModel,
) diag.Diagnostics {
	project, environment := config.ProjectID.ValueString(), config.EnvironmentName.ValueString()
	pipelines, err := s.Client.Pipelines.Published(ctx, project, environment)
	if err != nil {
		return diag.Diagnostics{listingFailed(project, environment, err)}
	}
	pipelines = slices.DeleteFunc(pipelines, func(p matillion.PublishedPipeline) bool {
		return !config.Name.IsNull() && matillion.CompareNames(p.Name, config.Name.ValueString()) != matillion.NamesSame
	})
	config.PublishedPipelines = modelsOf(pipelines, func(p matillion.PublishedPipeline) publishedPipelineModel {
		return publishedPipelineModel{
			Name: nullable.String(p.Name), PublishedTime: nullable.Time(p.PublishedTime.Time),
		}
	})
	return nil
}
