// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"net/url"
)

// PipelinesService looks up what is published.
type PipelinesService service

// PublishedPipeline is a pipeline that is published to an environment.
type PublishedPipeline struct {
	Name          string    `json:"name"`
	PublishedTime Timestamp `json:"publishedTime"`
}

// Published lists the pipelines that are published to an environment.
//
// https://docs.maia.ai/docs/api-reference/executing-and-managing-a-pipeline; the filter by environment is what public
// clients send.
func (s *PipelinesService) Published(
	ctx context.Context, projectID, environmentName string,
) ([]PublishedPipeline, error) {
	query := url.Values{"environmentName": {environmentName}}
	return all[PublishedPipeline](ctx, s.client, query, "projects", projectID, "published-pipelines")
}
