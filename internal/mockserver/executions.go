// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The triggers of DETAILS that the server gives by itself.
const (
	triggerAPI      = "API"
	triggerDesigner = "DESIGNER"
	triggerSchedule = "SCHEDULE"
)

// TriggerAbsent is for [Scenario.ReportedTrigger]: no trigger at all.
const TriggerAbsent = "absent"

// Execution is one run. Times are by the server's clock, as it answers them.
type Execution struct {
	ID, ProjectID, EnvironmentName string
	// PipelineName is as published, whatever form of it an execute call or an answer has.
	PipelineName, PipelineType string
	// VersionName, AgentID and ExecutionTag are as the execute call gave them.
	VersionName, AgentID, ExecutionTag string
	// Trigger is API, DESIGNER, SCHEDULE, SCHEDULE_RUN_NOW or UNKNOWN.
	Trigger, User, ScheduleID string
	// ScalarVariables and GridVariables are as encoding/json decodes them.
	ScalarVariables map[string]any
	GridVariables   map[string]any
	// Body is the execute call's, byte for byte.
	Body            []byte
	StartedAt       time.Time
	FinishedAt      time.Time
	Status, Message string
	// CancelRequests counts the cancel calls that were accepted; Forced says that one of them was forced.
	CancelRequests int
	Forced         bool
}

// execution is a run as the server keeps it.
type execution struct {
	Execution
	course
	// asked is the name of the pipeline as the execute call gave it.
	asked string
	// number makes the forms of times differ from run to run.
	number int
	// began is the exact start, by our clock.
	began     time.Time
	elsewhere bool
	forgotten bool
}

func (e *execution) elapsed() time.Duration { return time.Since(e.began) }

func (e *execution) standing() standing { return e.at(e.elapsed()) }

// elapsed is how old the run is for the call: with [FaultStale], how old it was.
func (c *call) elapsed(e *execution) time.Duration { return e.elapsed() - c.fault.staleness() }

func (c *call) standing(e *execution) standing { return e.at(c.elapsed(e)) }

// start adds a run that begins now.
func (s *Server) start(e Execution, asked string, pipeline Pipeline) *execution {
	return s.add(&execution{Execution: e, asked: asked, course: course{run: pipeline.Run}, began: time.Now()}, pipeline)
}

func (s *Server) add(e *execution, pipeline Pipeline) *execution {
	started := s.runTime(e.began)
	e.number = len(s.executions)
	e.ID = cmp.Or(e.ID, s.newID(started))
	e.PipelineType = cmp.Or(e.PipelineType, pipeline.Type, defaultPipelineType)
	e.StartedAt = e.shown(started)
	s.executions = append(s.executions, e)
	return e
}

// newID returns the id of a run. One real id is known: it is of version 7.
func (s *Server) newID(started time.Time) string {
	id := uuid.New()
	if !s.scenario.RandomIDs {
		var milliseconds [8]byte
		binary.BigEndian.PutUint64(milliseconds[:], uint64(started.UnixMilli()))
		copy(id[:6], milliseconds[2:])
		id[6] = 0x70 | id[6]&0x0f // the version, in the place of that of uuid.New
	}
	return id.String()
}

// runTime turns a time of ours into one of the server's runs.
func (s *Server) runTime(t time.Time) time.Time {
	return s.toServer(t).Add(time.Duration(s.scenario.StartedAtOffset))
}

// layouts are the forms of times: fractional digits vary, and so does UTC (second-hand, from public clients).
var layouts = []string{
	"2006-01-02T15:04:05.000Z",
	"2006-01-02T15:04:05.000000+00:00",
	"2006-01-02T15:04:05Z",
	"2006-01-02T15:04:05.000000000+00:00",
	"2006-01-02T15:04:05.0Z",
	"2006-01-02T15:04:05+00:00",
}

func (e *execution) format(t time.Time) string {
	return t.UTC().Format(layouts[e.number%len(layouts)])
}

// shown is the time as far as its written form tells it, so that what a client reads is what the filters compare.
func (e *execution) shown(t time.Time) time.Time {
	parsed, err := time.Parse(time.RFC3339Nano, e.format(t))
	if err != nil {
		return t
	}
	return parsed.UTC()
}

// after formats the time this long after the start of the run.
func (s *Server) after(e *execution, d time.Duration) string {
	return e.format(s.runTime(e.began.Add(d)))
}

// Started returns the runs that execute calls started, in order: what tests count.
func (s *Server) Started() []Execution {
	return s.snapshots(func(e *execution) bool { return !e.elsewhere })
}

// Executions returns all runs in order, also those started elsewhere and those forgotten.
func (s *Server) Executions() []Execution {
	return s.snapshots(func(*execution) bool { return true })
}

func (s *Server) snapshots(wanted func(*execution) bool) []Execution {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Execution
	for _, e := range s.executions {
		if wanted(e) {
			found = append(found, s.snapshot(e))
		}
	}
	return found
}

func (s *Server) snapshot(e *execution) Execution {
	copied, now := e.Execution, e.standing()
	copied.ScalarVariables, copied.GridVariables = maps.Clone(e.ScalarVariables), maps.Clone(e.GridVariables)
	copied.Body = slices.Clone(e.Body)
	copied.Status, copied.Message = now.status, now.message
	if now.ended {
		copied.FinishedAt = e.shown(s.runTime(e.began.Add(now.endedAfter)))
	}
	return copied
}

// find returns a run by id, whether or not it can be seen.
func (s *Server) find(id string) *execution {
	for _, e := range s.executions {
		if strings.EqualFold(e.ID, id) {
			return e
		}
	}
	return nil
}

// visible says whether the call knows the run. That a new run may be missing for a while is assumed.
func (s *Server) visible(c *call, e *execution) bool {
	unknown := s.scenario.VisibleAfter
	if c.operation == OpList {
		unknown = max(unknown, s.scenario.ListedAfter)
	}
	return !e.forgotten && c.elapsed(e) >= time.Duration(unknown)
}

// executionOf returns the run that the path of the call names.
func (s *Server) executionOf(c *call) *execution {
	e := s.find(c.params["execution"])
	if e == nil || !s.visible(c, e) || !strings.EqualFold(e.ProjectID, c.params["project"]) {
		return nil
	}
	return e
}

// pipelineOf returns the pipeline that the call is about, if any: as published, or as the call names it if that is
// none.
func (s *Server) pipelineOf(c *call) string {
	if c.operation == OpExecute {
		var body struct{ PipelineName, EnvironmentName string }
		_ = json.Unmarshal(c.body, &body)
		p, _ := s.project(c.params["project"])
		env, _ := p.environment(body.EnvironmentName)
		pipeline, _ := named(env.Pipelines, body.PipelineName, s.scenario.AcceptedNames)
		return cmp.Or(pipeline.Name, body.PipelineName)
	}
	if e := s.find(c.params["execution"]); e != nil {
		return e.PipelineName
	}
	return ""
}

// tagHolder returns the run that holds the tag in the environment. That CANCELLING holds it too, and that runs started
// elsewhere count, is assumed.
func (s *Server) tagHolder(projectID, environment, tag string) *execution {
	for _, e := range s.executions {
		if tag == "" || e.ExecutionTag != tag || e.ProjectID != projectID || e.EnvironmentName != environment {
			continue
		}
		if status := e.standing().status; status == statusRunning || status == statusCancelling {
			return e
		}
	}
	return nil
}

// Forget makes a run look expired: 404, and missing from lists.
func (s *Server) Forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.find(id); e != nil {
		e.forgotten = true
	}
}

// Finish ends a run now, as if somebody else had. A run that has ended stays as it is.
func (s *Server) Finish(id, status, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.find(id)
	if e == nil || e.standing().ended {
		return
	}
	e.finish, e.finishAfter = true, e.elapsed()
	e.finishStatus, e.finishMessage = status, message
}

// StartElsewhere adds a run that no execute call started and returns its id. An empty field gets a value: the first
// project, environment and pipeline; the trigger that fits ScheduleID or User, else API; now. With a Status that ends a
// run, it ended at FinishedAt (StartedAt by default); with another one, it stays so; with none, it unfolds as its
// pipeline says.
func (s *Server) StartElsewhere(e Execution) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	pipeline := s.fillElsewhere(&e)
	began := time.Now()
	if !e.StartedAt.IsZero() {
		began = e.StartedAt.Add(-time.Duration(s.scenario.ClockSkew + s.scenario.StartedAtOffset))
	}
	added := &execution{
		Execution: e, asked: e.PipelineName, course: course{run: pipeline.Run}, began: began, elsewhere: true,
	}
	if e.Status != "" {
		after := time.Duration(0)
		if !e.FinishedAt.IsZero() {
			after = e.FinishedAt.Sub(e.StartedAt)
		}
		added.run.Phases = []Phase{{After: Duration(after), Status: e.Status, Message: e.Message}}
	}
	return s.add(added, pipeline).ID
}

// fillElsewhere sets the defaults of StartElsewhere and returns the pipeline, which may be one that the scenario does
// not know.
func (s *Server) fillElsewhere(e *Execution) Pipeline {
	switch {
	case e.Trigger != "":
	case e.ScheduleID != "":
		e.Trigger = triggerSchedule
	case e.User != "":
		e.Trigger = triggerDesigner
	default:
		e.Trigger = triggerAPI
	}
	p, ok := s.project(e.ProjectID)
	if !ok && e.ProjectID == "" && len(s.scenario.Projects) > 0 {
		p = s.scenario.Projects[0]
	}
	e.ProjectID = cmp.Or(e.ProjectID, p.ID)
	env, ok := p.environment(e.EnvironmentName)
	if !ok && e.EnvironmentName == "" && len(p.Environments) > 0 {
		env = p.Environments[0]
	}
	e.EnvironmentName = cmp.Or(e.EnvironmentName, env.Name)
	for _, pipeline := range env.Pipelines {
		if e.PipelineName == "" || e.PipelineName == pipeline.Name {
			e.PipelineName = pipeline.Name
			return pipeline
		}
	}
	return Pipeline{}
}
