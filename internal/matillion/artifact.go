// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"net/url"
)

// ArtifactsService looks up published versions.
type ArtifactsService service

// Artifact is a published version: what one act of publishing put into an environment.
type Artifact struct {
	Assets  []string `json:"assets"`
	Details struct {
		VersionName string `json:"versionName"`
		// Enabled is nil where the API does not tell.
		Enabled *bool `json:"enabled"`
	} `json:"details"`
}

// Details describes a version in an environment; without a name, the latest. A version that is not there is an error
// of [IsNotFound].
//
// The endpoint is known from public clients; its twin for shared pipelines is documented at
// https://docs.maia.ai/api-reference/shared-pipeline-artifacts/get-shared-pipeline-artifact-details.
func (s *ArtifactsService) Details(
	ctx context.Context, projectID, environmentName, versionName string,
) (Artifact, error) {
	query := url.Values{"environmentName": {environmentName}}
	if versionName != "" {
		query.Set("versionName", versionName)
	}
	var artifact Artifact
	err := s.client.get(ctx, &artifact, query, "projects", projectID, "artifacts", "details")
	return artifact, err
}
