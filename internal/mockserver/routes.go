// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import "net/http"

// route is one call of the API.
type route struct {
	operation, method, path string
	// query holds the names of the parameters that the documentation knows.
	query  []string
	handle func(*Server, *call) answer
}

const (
	project    = APIPath + "/v1/projects/{project}"
	executions = project + "/pipeline-executions"
)

var (
	paging     = []string{"page", "size"}
	listFilter = []string{
		"projectId", "paginationToken", "limit", "pipelineName", "environmentName",
		"startedAfter", "startedBefore", "timeFrame", "status", "scheduleId",
	}
)

// routes are all that the server knows. Paths and methods are CONFIRMED by the page named, save where it says
// otherwise; pages are relative to https://docs.maia.ai.
var routes = []route{
	// Assumed from public clients; the page is /docs/api-reference/maia-api-authentication.
	{OpToken, http.MethodPost, TokenPath, nil, nil},
	// CONFIRMED: /api-reference/pipeline-execution/execute-published-pipeline.
	{OpExecute, http.MethodPost, executions, nil, (*Server).execute},
	// CONFIRMED: /api-reference/pipeline-execution/pipeline-execution-details.
	{OpDetails, http.MethodGet, executions + "/{execution}", nil, (*Server).details},
	// CONFIRMED: /api-reference/pipeline-execution/pipeline-execution-status.
	{OpStatus, http.MethodGet, executions + "/{execution}/status", nil, (*Server).status},
	// CONFIRMED: /api-reference/pipeline-execution/pipeline-steps-status.
	{OpSteps, http.MethodGet, executions + "/{execution}/steps", paging, (*Server).steps},
	// CONFIRMED: /api-reference/pipeline-execution/pipeline-executions.
	{OpList, http.MethodGet, APIPath + "/v1/pipeline-executions", listFilter, (*Server).list},
	// CONFIRMED: /api-reference/pipeline-execution/pipeline-termination.
	{OpCancel, http.MethodPatch, executions + "/{execution}", nil, (*Server).cancel},
	// CONFIRMED: /docs/api-reference/executing-and-managing-a-pipeline.
	{OpProjects, http.MethodGet, APIPath + "/v1/projects", paging, (*Server).projects},
	// CONFIRMED: /docs/api-reference/executing-and-managing-a-pipeline.
	{OpEnvironments, http.MethodGet, project + "/environments", paging, (*Server).environments},
	// CONFIRMED: /docs/api-reference/executing-and-managing-a-pipeline; assumed: its query.
	{OpPublishedPipelines, http.MethodGet, project + "/published-pipelines",
		[]string{"environmentName", "page", "size"}, (*Server).publishedPipelines},
	// Assumed from public clients; its twin is
	// /api-reference/shared-pipeline-artifacts/get-shared-pipeline-artifact-details.
	{OpArtifactDetails, http.MethodGet, project + "/artifacts/details",
		[]string{"environmentName", "versionName"}, (*Server).artifactDetails},
	// CONFIRMED: /api-reference/artifacts/promotes-artifact.
	{OpPromote, http.MethodPost, project + "/artifacts/promotions", nil, (*Server).promote},
}
