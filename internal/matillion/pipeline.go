package matillion

import (
	"context"
	"net/url"
	"path"
	"strings"
)

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

// SamePipeline reports whether a published name is what a caller may mean by another: the name itself, or the last
// part of its path with or without the extension.
//
// Documentation uses bare names ("My pipeline") where real answers carry a path in the project
// ("folder/My pipeline.orch.yaml"). Whether execute takes the short form is not documented.
func SamePipeline(published, meant string) bool {
	if published == meant {
		return true
	}
	last := path.Base(published)
	return last == meant || trimPipelineExtension(last) == meant
}

func trimPipelineExtension(name string) string {
	for _, extension := range []string{".orch.yaml", ".tran.yaml"} {
		if trimmed, ok := strings.CutSuffix(name, extension); ok {
			return trimmed
		}
	}
	return name
}
