// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"net/http"
	"net/url"
)

// Artifact is a published version: what one act of publishing put into an environment.
type Artifact struct {
	Assets  []string `json:"assets"`
	Details struct {
		VersionName string `json:"versionName"`
		// Enabled is nil where the API does not tell.
		Enabled *bool `json:"enabled"`
		// CreatedAt is when the version was created, and zero where the API does not tell.
		CreatedAt Timestamp `json:"createdAt"`
	} `json:"details"`
}

// Details describes a version in an environment; without a name, the latest: the one that was deployed or promoted there
// last. A version that is not there is an error of [IsNotFound].
//
// The endpoint is known from public clients; its twin for shared pipelines is documented at
// https://docs.maia.ai/api-reference/shared-pipeline-artifacts/get-shared-pipeline-artifact-details.
func (s *ArtifactsService) Details(
	ctx context.Context, projectID, environmentName, versionName string,
) (Artifact, error) {
	return s.details(ctx, projectID, environmentName, versionName, request{again: whileItMayPass})
}

// details is [ArtifactsService.Details] with the patience of a request.
func (s *ArtifactsService) details(
	ctx context.Context, projectID, environmentName, versionName string, req request,
) (Artifact, error) {
	req.method, req.elements = http.MethodGet, []string{"projects", projectID, "artifacts", "details"}
	req.query = url.Values{"environmentName": {environmentName}}
	if versionName != "" {
		req.query.Set("versionName", versionName)
	}
	var artifact Artifact
	err := s.client.do(ctx, req, &artifact)
	return artifact, err
}

// IsUnreadable reports whether an API does not have the details of a version (404), or refuses them (403).
func IsUnreadable(err error) bool {
	return err != nil && (IsNotFound(err) || KindOf(err) == KindForbidden)
}
