// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// executionWire is a run in details and lists.
//
// CONFIRMED: https://docs.maia.ai/api-reference/pipeline-execution/pipeline-execution-details Assumed: fields without a
// value are left out.
type executionWire struct {
	EnvironmentName     string `json:"environmentName"`
	FinishedAt          string `json:"finishedAt,omitempty"`
	Message             string `json:"message,omitempty"`
	PipelineExecutionID string `json:"pipelineExecutionId"`
	PipelineName        string `json:"pipelineName"`
	PipelineType        string `json:"pipelineType"`
	ProjectID           string `json:"projectId,omitempty"`
	ScheduleID          string `json:"scheduleId,omitempty"`
	StartedAt           string `json:"startedAt"`
	Status              string `json:"status"`
	Trigger             string `json:"trigger,omitempty"`
	User                string `json:"user,omitempty"`
}

// wire is the run as the call sees it.
func (s *Server) wire(c *call, e *execution) executionWire {
	now := c.standing(e)
	w := executionWire{
		EnvironmentName:     e.EnvironmentName,
		Message:             now.message,
		PipelineExecutionID: e.ID,
		PipelineName:        s.answeredName(e),
		PipelineType:        e.PipelineType,
		ProjectID:           e.ProjectID,
		ScheduleID:          e.ScheduleID,
		StartedAt:           s.after(e, 0),
		Status:              now.status,
		Trigger:             s.answeredTrigger(e),
		User:                e.User,
	}
	if now.ended {
		w.FinishedAt = s.after(e, now.endedAfter)
	}
	return w
}

func (s *Server) answeredTrigger(e *execution) string {
	switch {
	case e.Trigger != triggerAPI:
		return e.Trigger
	case s.scenario.ReportedTrigger == TriggerAbsent:
		return ""
	default:
		return s.scenario.ReportedTrigger
	}
}

// details answers wrapped, as clients have met it, or flat, as the page shows.
func (s *Server) details(c *call) answer {
	e := s.executionOf(c)
	if e == nil {
		return c.notFound("Pipeline execution not found.")
	}
	w := s.wire(c, e)
	if s.scenario.FlatDetails {
		return jsonAnswer(http.StatusOK, w)
	}
	w.ProjectID = ""
	return jsonAnswer(http.StatusOK, map[string]executionWire{"result": w})
}

// status has an assumed body; that of streaming pipelines is the model.
func (s *Server) status(c *call) answer {
	e := s.executionOf(c)
	if e == nil {
		return c.notFound("Pipeline execution not found.")
	}
	return jsonAnswer(http.StatusOK, map[string]string{"status": c.standing(e).status})
}

type stepWire struct {
	ID     string         `json:"id"`
	Name   string         `json:"name"`
	Result stepResultWire `json:"result"`
}

type stepResultWire struct {
	Status     string `json:"status"`
	StartedAt  string `json:"startedAt,omitempty"`
	FinishedAt string `json:"finishedAt,omitempty"`
	Message    string `json:"message,omitempty"`
}

// steps lists the steps reached so far. Fields are assumed from public clients; childPipeline is left out, as its
// fields are not known.
//
// CONFIRMED to exist: https://docs.maia.ai/api-reference/pipeline-execution/pipeline-steps-status
func (s *Server) steps(c *call) answer {
	e := s.executionOf(c)
	if e == nil {
		return c.notFound("Pipeline execution not found.")
	}
	var all []stepWire
	for i, step := range e.stepsAt(c.elapsed(e)) {
		all = append(all, stepWire{
			ID:   uuid.NewSHA1(uuid.NameSpaceOID, []byte(e.ID+strconv.Itoa(i))).String(),
			Name: step.Name,
			Result: stepResultWire{
				Status:     step.status,
				StartedAt:  s.stepTime(e, step.startedAt),
				FinishedAt: s.stepTime(e, step.finishedAt),
				Message:    step.Message,
			},
		})
	}
	return paged(s, c, all)
}

func (s *Server) stepTime(e *execution, after *time.Duration) string {
	if after == nil {
		return ""
	}
	return s.after(e, *after)
}
