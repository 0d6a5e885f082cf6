// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import "context"

// EnvironmentsService looks up the environments of a project.
type EnvironmentsService service

// Environment is an environment of a project. Its name is its key.
type Environment struct {
	Name             string `json:"name"`
	DefaultAgentID   Text   `json:"defaultAgentId"`
	DefaultAgentName Text   `json:"defaultAgentName"`
}

// List lists the environments of a project.
//
// https://docs.maia.ai/docs/api-reference/executing-and-managing-a-pipeline
func (s *EnvironmentsService) List(ctx context.Context, projectID string) ([]Environment, error) {
	return all[Environment](ctx, s.client, nil, "projects", projectID, "environments")
}
