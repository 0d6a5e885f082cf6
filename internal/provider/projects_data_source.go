package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
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
				Optional: true, Validators: []validator.String{notEmpty()},
				MarkdownDescription: "Only projects of exactly this name.",
			},
			"projects": listing("The projects.", map[string]schema.Attribute{
				"id":          told("Id of the project, as a UUID: what `project_id` takes."),
				"name":        told("Name of the project."),
				"description": told("Description of the project."),
			}),
		},
	}
}

func completeProjects(ctx context.Context, s *session, config *projectsModel) diag.Diagnostics {
	projects, err := s.client.Projects.List(ctx)
	if err != nil {
		return diag.Diagnostics{readFailed("Listing the projects", err)}
	}
	projects = slices.DeleteFunc(projects, func(p matillion.Project) bool {
		return !config.Name.IsNull() && p.Name != config.Name.ValueString()
	})
	config.Projects = each(projects, func(p matillion.Project) projectModel {
		return projectModel{
			ID: stringOrNull(p.ID), Name: stringOrNull(p.Name), Description: stringOrNull(p.Description),
		}
	})
	return nil
}
