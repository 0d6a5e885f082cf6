// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package lookup

import (
	"context"
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

// newPublishedPipelineDataSource finds one pipeline that is published to an environment.
func newPublishedPipelineDataSource() datasource.DataSource {
	return &lookup[onePublishedPipelineModel]{
		name: "published_pipeline", schema: publishedPipelineSchema, complete: completePublishedPipeline,
		project: func(m *onePublishedPipelineModel) *types.String { return &m.ProjectID },
	}
}

type onePublishedPipelineModel struct {
	ProjectID       types.String `tfsdk:"project_id"`
	EnvironmentName types.String `tfsdk:"environment_name"`
	Name            types.String `tfsdk:"name"`
	PublishedTime   types.String `tfsdk:"published_time"`
	VersionName     types.String `tfsdk:"version_name"`
}

func publishedPipelineSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Finds a pipeline that is published to an environment. It is an error if it is not. With " +
			"`published_time` among the `triggers` of a `matillion_pipeline_execution`, the pipeline runs again when it has " +
			"been published again, and not with every apply.",
		Attributes: map[string]schema.Attribute{
			"project_id": projectID(),
			"environment_name": schema.StringAttribute{
				Required: true, Validators: []validator.String{validate.EnvironmentName()},
				MarkdownDescription: "Name of the environment. 1 to 255 characters.",
			},
			"name": schema.StringAttribute{
				Required: true, Validators: []validator.String{validate.NotEmpty()},
				MarkdownDescription: "Name of the pipeline: its whole path, with or without the extension. Once it has been " +
					"found, this is the name as it is published, such as `ingest/orders.orch.yaml`.",
			},
			"published_time": computedString("When the pipeline was published, as an RFC 3339 time in UTC."),
			"version_name": computedString("Version that the environment has, the one that was deployed or promoted last. " +
				"Null where the API does not report it, or the credentials may not see it."),
		},
	}
}

func completePublishedPipeline(
	ctx context.Context, s *session.Session, config *onePublishedPipelineModel,
) diag.Diagnostics {
	project, environment := config.ProjectID.ValueString(), config.EnvironmentName.ValueString()
	all, err := s.Client.Pipelines.Published(ctx, project, environment)
	if err != nil {
		return diag.Diagnostics{listingFailed(project, environment, err)}
	}
	found := slices.DeleteFunc(slices.Clone(all), func(p matillion.PublishedPipeline) bool {
		return matillion.CompareNames(p.Name, config.Name.ValueString()) != matillion.NamesSame
	})
	if len(found) != 1 {
		return diag.Diagnostics{notOnePipeline(*config, found, all)}
	}
	latest, err := s.Client.Artifacts.Details(ctx, project, environment, "")
	if session.IsUnanswered(err) {
		return diag.Diagnostics{publishedPipelinesSubject.Failed("Reading the version of the environment", err)}
	}
	config.Name = types.StringValue(found[0].Name)
	config.PublishedTime = nullable.Time(found[0].PublishedTime.Time)
	config.VersionName = nullable.String(latest.Details.VersionName)
	return nil
}

// notOnePipeline names the pipelines that may have been meant, or those that the name means. Between those, nothing
// chooses.
func notOnePipeline(config onePublishedPipelineModel, found, all []matillion.PublishedPipeline) diag.Diagnostic {
	nameOf := func(p matillion.PublishedPipeline) string { return p.Name }
	meant := config.Name.ValueString()
	summary, m := "Several pipelines match", diagnose.Say("The name %q means more than one pipeline.", meant).
		Say("Write the whole name, with its extension.")
	for _, p := range found {
		m.Fact("Pipeline", p.Name)
	}
	if len(found) == 0 {
		summary, m = "Pipeline not found", diagnose.Say("The pipeline %q is not published to the environment, as far as the "+
			"credentials can see.", meant).DidYouMean(meant, modelsOf(all, nameOf))
	}
	return m.Fact("Project", config.ProjectID.ValueString()).Fact("Environment", config.EnvironmentName.ValueString()).
		ErrorOn("name", summary)
}
