// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package lookup

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/diagnose"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/nullable"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/session"
	"github.com/matillion-community/terraform-provider-matillion/internal/provider/validate"
)

// newProjectDataSource finds one project.
func newProjectDataSource() datasource.DataSource {
	return &lookup[projectModel]{name: "project", schema: projectSchema, complete: completeProject}
}

func projectSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Finds a project by its name or its id. It is an error if there is none.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{validate.UUID()},
				MarkdownDescription: "Id of the project, as a UUID: what `project_id` takes. Set this or `name`.",
			},
			"name": schema.StringAttribute{
				Optional: true, Computed: true,
				Validators: []validator.String{
					validate.NotEmpty(), stringvalidator.ExactlyOneOf(path.MatchRoot("id"), path.MatchRoot("name")),
				},
				MarkdownDescription: "Name of the project, exactly as it is. Set this or `id`.",
			},
			"description": computedString("Description of the project."),
		},
	}
}

func completeProject(ctx context.Context, s *session.Session, config *projectModel) diag.Diagnostics {
	all, err := s.Client.Projects.List(ctx)
	if err != nil {
		return diag.Diagnostics{projectsSubject.Failed("Listing the projects", err)}
	}
	found := slices.DeleteFunc(slices.Clone(all), func(p matillion.Project) bool {
		if config.ID.IsNull() {
			return p.Name != config.Name.ValueString()
		}
		return !strings.EqualFold(p.ID, config.ID.ValueString())
	})
	switch {
	case len(found) == 0:
		return diag.Diagnostics{projectMissing(*config, all)}
	case len(found) > 1 && config.ID.IsNull():
		return diag.Diagnostics{projectsAlike(found)}
	}
	*config = projectModelOf(found[0])
	return nil
}

func projectModelOf(p matillion.Project) projectModel {
	return projectModel{
		ID: nullable.String(p.ID), Name: nullable.String(p.Name), Description: nullable.String(p.Description),
	}
}

// projectMissing names the projects that may have been meant.
func projectMissing(config projectModel, all []matillion.Project) diag.Diagnostic {
	argument, meant, of := "name", config.Name.ValueString(), func(p matillion.Project) string { return p.Name }
	if !config.ID.IsNull() {
		argument, meant, of = "id", config.ID.ValueString(), func(p matillion.Project) string { return p.ID }
	}
	return diagnose.Say("There is no project with the %s %q, as far as the credentials can see. They see only the "+
		"projects that they have a role in.", argument, meant).
		DidYouMean(meant, modelsOf(all, of)).ErrorOn(argument, "Project not found")
}

// projectsAlike names the projects that have one name.
func projectsAlike(found []matillion.Project) diag.Diagnostic {
	m := diagnose.Say("There are %d projects of this name. Set id instead of name.", len(found))
	for _, p := range found {
		m.Fact(p.Name, p.ID)
	}
	return m.ErrorOn("name", "Several projects match")
}
