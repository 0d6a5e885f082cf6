// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package execution is the run of a pipeline in every form: the resource that keeps it, the resource that waits for it,
// the data source and the action that run and forget, the list resource and the data source that find runs. One apply,
// one run, never lost.
//
// A reader finds
//
//   - what one says about a run, and what the API says: request.go, policies.go, result.go
//   - how a run is started, followed and judged, in every form: launch.go, follow.go, verdict.go
//   - what the resource does from plan to destroy: pipeline_execution_resource.go and _plan.go, and what it remembers
//     beside its state: private_state.go, handover.go
//   - how executions are waited for that another resource has started: pipeline_execution_completion_resource.go and
//     _run.go
//   - what runs when it is destroyed: pipeline_execution_on_destroy_*.go, and what it keeps: unfinished_run.go
//   - what a plan says to Delete: plan_mark.go
//   - what a plan asks the API: preflight.go
//   - every word about a run: words_*.go
//   - what is answered without the framework: fastpath.go
//
// The package knows the session and the API. It does not know the provider block, other kinds of things, or HTTP.
package execution

import (
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Resources returns the constructors of the package's resources.
func Resources() []func() resource.Resource {
	return []func() resource.Resource{
		newPipelineExecutionResource, newPipelineExecutionCompletionResource, newPipelineExecutionOnDestroyResource,
	}
}

// DataSources returns the constructors of the package's data sources.
func DataSources() []func() datasource.DataSource {
	return []func() datasource.DataSource{newPipelineExecutionDataSource, newPipelineExecutionsDataSource}
}

// Actions returns the constructors of the package's actions.
func Actions() []func() action.Action {
	return []func() action.Action{newPipelineExecuteAction}
}

// ListResources returns the constructors of the package's list resources.
func ListResources() []func() list.ListResource {
	return []func() list.ListResource{newPipelineExecutionListResource}
}
