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
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// newProjectsDataSource lists the projects of the account.
func newProjectsDataSource() datasource.DataSource {
	return &lookup[projectsModel]{name: "projects", schema: projectsSchema, complete: completeProjects}
}

type projectsModel struct {
	Name     types.String   `tfsdk:"name"`
	Projects []projectModel `tfsdk:"projects"`
}

type projectModel struct {
	ID          types.String `tfsdk:"id"`
	Name        types.String `tfsdk:"name"`
	Description types.String `tfsdk:"description"`
}

func projectsSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Lists the projects of the account. Credentials see only the projects that they have a role " +
			"in, which may be none.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Optional: true, Validators: []validator.String{validate.NotEmpty()},
				MarkdownDescription: "Only projects of exactly this name.",
			},
			"projects": computedObjects("The projects.", map[string]schema.Attribute{
				"id":          computedString("Id of the project, as a UUID: what `project_id` takes."),
				"name":        computedString("Name of the project."),
				"description": computedString("Description of the project."),
			}),
		},
	}
}

// projectsSubject has no argument that could name something that is missing.
var projectsSubject = diagnose.Subject{
	matillion.KindNotFound: {
		Summary: "Unexpected answer from Matillion",
		Advice:  "The API does not know its list of projects." + diagnose.CheckAddress,
	},
}

func completeProjects(ctx context.Context, s *session.Session, config *projectsModel) diag.Diagnostics {
	projects, err := s.Client.Projects.List(ctx)
	if err != nil {
		return diag.Diagnostics{projectsSubject.Failed("Listing the projects", err)}
	}
	projects = slices.DeleteFunc(projects, func(p matillion.Project) bool {
		return !config.Name.IsNull() && p.Name != config.Name.ValueString()
	})
	config.Projects = modelsOf(projects, projectModelOf)
	return nil
}
