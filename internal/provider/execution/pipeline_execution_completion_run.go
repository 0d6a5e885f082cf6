// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package execution

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/matillion-community/terraform-provider-matillion/internal/matillion"
)

// stepsOfAtMost is of how many executions at once the log names the steps. Those of more would take the rate limit from
// the wait.
const stepsOfAtMost = 10

// endAttributes are the results of an execution in a list. Plan modifiers would compare elements by their places.
func endAttributes() map[string]schema.Attribute { return bareAttributes(judgedResultAttributes()) }

func endType() attr.Type { return schema.NestedAttributeObject{Attributes: endAttributes()}.Type() }

// endedResults returns the results of the executions that have ended in a state, by their ids in lower case.
func (m pipelineExecutionCompletionModel) endedResults(
	ctx context.Context,
) (map[string]judgedResultModel, diag.Diagnostics) {
	var results []judgedResultModel
	diags := m.Executions.ElementsAs(ctx, &results, false)
	ended := map[string]judgedResultModel{}
	for _, result := range results {
		if result.status().Ended() {
			ended[result.key()] = result
		}
	}
	return ended, diags
}

// results returns the results of all executions, in the order of their ids: what is known, and nulls otherwise.
func (m pipelineExecutionCompletionModel) results(
	ctx context.Context, known map[string]judgedResultModel,
) ([]judgedResultModel, diag.Diagnostics) {
	var ids []types.String
	diags := m.ExecutionIDs.ElementsAs(ctx, &ids, false)
	results := make([]judgedResultModel, len(ids))
	for i, id := range ids {
		results[i].setResult(matillion.Execution{ID: id.ValueString()}, nil)
		if result, isKnown := known[results[i].key()]; isKnown {
			results[i] = result
		}
		results[i].ID = id
	}
	return results, diags
}

func (m *pipelineExecutionCompletionModel) setExecutions(
	ctx context.Context, results []judgedResultModel,
) (diags diag.Diagnostics) {
	m.Executions, diags = types.ListValueFrom(ctx, endType(), results)
	return diags
}

// ended returns the results that a state has of all the executions in a plan. If some have not ended in it, or are
// not known, the result is unknown.
func (m pipelineExecutionCompletionModel) ended(
	ctx context.Context, state pipelineExecutionCompletionModel,
) (types.List, diag.Diagnostics) {
	unknown := types.ListUnknown(endType())
	if m.ExecutionIDs.IsUnknown() {
		return unknown, nil
	}
	known, diags := state.endedResults(ctx)
	results, more := m.results(ctx, known)
	diags.Append(more...)
	if slices.ContainsFunc(results, func(result judgedResultModel) bool { return !result.status().Ended() }) {
		return unknown, diags
	}
	diags.Append(m.setExecutions(ctx, results)...)
	return m.Executions, diags
}

// await waits for the executions that have not ended in the results, and fills in what it has seen of them. It
// returns what became of each of those.
func (r *pipelineExecutionCompletionResource) await(
	ctx context.Context, timeout time.Duration, plan pipelineExecutionCompletionModel, results []judgedResultModel,
) outcomes {
	var awaited []matillion.Execution
	places := map[string]int{}
	for _, result := range results {
		if _, has := places[result.key()]; !has && !result.status().Ended() {
			places[result.key()] = len(awaited)
			awaited = append(awaited, result.lastKnown(plan.ProjectID))
		}
	}
	found := r.followAll(ctx, timeout, awaited)
	for i := range results {
		place, waited := places[results[i].key()]
		if id := results[i].ID; waited && found[place].observed {
			results[i].setResult(found[place].run, found[place].failedStep)
			results[i].ID = id
		}
	}
	return found
}

// followAll waits until all executions have ended or the timeout has come. The client asks for them together.
func (r *pipelineExecutionCompletionResource) followAll(
	ctx context.Context, timeout time.Duration, runs []matillion.Execution,
) outcomes {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	found := make(outcomes, len(runs))
	var all sync.WaitGroup
	for i, run := range runs {
		f := follower{client: r.Client, progress: loggedProgress(ctx, r.Session)}
		if len(runs) > stepsOfAtMost && f.progress != nil {
			f.progress.withoutSteps = true
		}
		all.Go(func() { found[i] = f.followSafely(limited, run) })
	}
	all.Wait()
	return found
}

// followSafely follows a run in a goroutine of its own, where a panic would end the process, with the runs of all other
// instances. Nothing cancels the run: somebody else has started it.
func (f follower) followSafely(ctx context.Context, run matillion.Execution) (o outcome) {
	defer func() {
		if failure := recover(); failure != nil {
			o = outcome{run: run, why: followBroken, err: fmt.Errorf("%v", failure)}
		}
	}()
	f.progress.begin("Waiting for", run)
	return f.follow(ctx, run.Handle(), run, policies{})
}

// outcomes are what became of executions that were waited for together.
type outcomes []outcome

// explain says what the outcomes mean: one diagnostic for each thing to do about them. Executions that ended badly
// are an error or a warning as on_failure says; what was not followed to its end is an error, so that the next apply
// waits again.
func (o outcomes) explain(onFailure failurePolicy) (diags diag.Diagnostics) {
	bad := o.which(func(one outcome) bool {
		return one.why == followedToEnd && onFailure.verdict(one.run.Status) != verdictSucceeded
	})
	if len(bad) > 0 {
		severity := onFailure.verdict(bad[0].run.Status).severity()
		diags.Append(endedBadlyTogether(bad, len(o), onFailure, severity))
	}
	for _, why := range []followEnd{followTimedOut, followInterrupted, followBroken, followLost} {
		for rest := o.which(func(one outcome) bool { return one.why == why }); len(rest) > 0; {
			first := rest[0]
			alike := func(one outcome) bool {
				return why != followLost || matillion.KindOf(one.err) == matillion.KindOf(first.err)
			}
			diags.Append(unfollowedTogether(rest.which(alike), len(o)))
			rest = slices.DeleteFunc(rest, alike)
		}
	}
	return diags
}

func (o outcomes) which(wanted func(outcome) bool) outcomes {
	return slices.DeleteFunc(slices.Clone(o), func(one outcome) bool { return !wanted(one) })
}
