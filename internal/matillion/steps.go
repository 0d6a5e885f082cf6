// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import "context"

// Step is one step of an execution. A step may have a final status and no times.
type Step struct {
	ID     Text `json:"id"`
	Name   Text `json:"name"`
	Result struct {
		Status     Status    `json:"status"`
		Message    Text      `json:"message" words:"server"`
		StartedAt  Timestamp `json:"startedAt"`
		FinishedAt Timestamp `json:"finishedAt"`
	} `json:"result"`
}

// Steps lists the steps of an execution that have begun, in the API's order.
//
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-steps-status
func (s *ExecutionsService) Steps(ctx context.Context, run Handle) ([]Step, error) {
	return all[Step](ctx, s.client, nil, executionPath(run, "steps")...)
}
