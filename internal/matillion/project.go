// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import "context"

// ProjectsService looks up projects.
type ProjectsService service

// Project is a project of the account.
type Project struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description Text   `json:"description"`
}

// List lists the projects that the credentials may see. Credentials without a role in any project see none.
//
// https://docs.maia.ai/docs/api-reference/executing-and-managing-a-pipeline
func (s *ProjectsService) List(ctx context.Context) ([]Project, error) {
	return all[Project](ctx, s.client, nil, "projects")
}
