// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import "net/http"

// cancel ends a run, at once when forced.
//
// CONFIRMED: both fields required, the answer's id. Assumed: 200, and 400 for a run that has ended.
// https://docs.maia.ai/api-reference/pipeline-execution/pipeline-termination
func (s *Server) cancel(c *call) answer {
	force, violations := readCancelBody(c)
	if len(violations) > 0 {
		return c.malformed(violations...)
	}
	e := s.executionOf(c)
	if e == nil {
		return c.notFound("Pipeline execution not found.")
	}
	if e.standing().ended {
		return c.problem(http.StatusBadRequest, "The pipeline execution has already ended.")
	}
	e.CancelRequests++
	e.stop(force)
	return jsonAnswer(http.StatusOK, idWire{PipelineExecutionID: e.ID})
}

func (e *execution) stop(force bool) {
	switch {
	case force:
		e.Forced = true
		e.forcedCancel, e.forcedAfter = true, e.elapsed()
	case !e.softCancel:
		e.softCancel, e.softAfter = true, e.elapsed()
	}
}

func readCancelBody(c *call) (force bool, violations []string) {
	object, violation := c.object()
	if violation != "" {
		return false, []string{violation}
	}
	fields := fieldReader{object: object}
	if status, _ := fields.take("status"); status != statusCancelled {
		fields.refuse("status", `must be "CANCELLED"`)
	}
	value, _ := fields.take("forceUpdate")
	force, ok := value.(bool)
	if !ok {
		fields.refuse("forceUpdate", "must be a boolean")
	}
	fields.refuseOthers()
	return force, fields.violations
}
