// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

// Package execution is the run of a pipeline in every form: the resource that keeps it, the resource that waits for it,
// the resource that starts it when it is destroyed, the data source and the action that run and forget, the list
// resource and the data source that find runs. One apply, one run, never lost.
//
// Four words have one meaning each:
//
//   - A run is adopted if it was found in the API's list and is kept as if the call had started it: because the answer
//     to the call was lost, or because it holds the tag. The second is what on_conflict = "attach" asks for. No policy
//     cancels an adopted run. Users read "taken over".
//   - A run is handed over if the Delete of a tainted instance leaves it to the Create of the replacement, which
//     resumes it: nothing is started.
//   - A run is claimed when the client enters it in its ledger as started or adopted by this process. Nothing claims a
//     run twice.
//   - A verdict is what the end of a run means for its instance. It is due until the run has ended, if it was waited
//     for.
//
// A reader finds
//
//   - what one says about a run, and what the API says: request.go, secrets.go, policies.go, result.go. Which changes
//     make it another run: replace.go. How the attributes become those of a data source or an action: forms.go
//   - how a run is started, followed and judged, in every form: launch.go, follow.go, verdict.go
//   - what the resource does from plan to destroy: pipeline_execution_resource.go, _plan.go and _run.go. How it
//     writes its state: state_writer.go. What it remembers beside it: private_state.go. How it hands a run over to its
//     replacement: handover.go
//   - how executions are waited for that another resource has started: pipeline_execution_completion_resource.go and
//     _run.go
//   - what runs when it is destroyed: pipeline_execution_on_destroy_*.go, and what it keeps: unfinished_run.go
//   - which runs are listed: filters.go
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
