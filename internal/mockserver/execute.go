// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"unicode/utf8"
)

const maxNameLength = 255

// executeBody is the body of the execute call after all checks.
type executeBody struct {
	pipelineName, environmentName      string
	agentID, executionTag, versionName string
	scalars, grids                     map[string]any
}

// execute starts a run.
//
// CONFIRMED: body, answer, 409 and 410. Assumed: 201, 400 and 404.
// https://docs.maia.ai/api-reference/pipeline-execution/execute-published-pipeline
func (s *Server) execute(c *call) answer {
	body, violations := readExecuteBody(c)
	if len(violations) > 0 {
		return c.malformed(violations...)
	}
	target, refusal, ok := s.target(c, body)
	if !ok {
		return refusal
	}
	if holder := s.tagHolder(target.project.ID, body.environmentName, body.executionTag); holder != nil {
		return c.problem(http.StatusConflict, fmt.Sprintf(
			"An execution with the tag %q is already in progress in this environment.", body.executionTag))
	}
	e := s.start(Execution{
		ProjectID:       target.project.ID,
		EnvironmentName: body.environmentName,
		PipelineName:    target.pipeline.Name,
		VersionName:     body.versionName,
		AgentID:         body.agentID,
		ExecutionTag:    body.executionTag,
		Trigger:         triggerAPI,
		ScalarVariables: body.scalars,
		GridVariables:   body.grids,
		Body:            slices.Clone(c.body),
	}, body.pipelineName, target.pipeline)
	return jsonAnswer(s.scenario.ExecuteStatus, idWire{PipelineExecutionID: e.ID})
}

type idWire struct {
	PipelineExecutionID string `json:"pipelineExecutionId"`
}

// readExecuteBody returns what is wrong with the body, if anything. Limits on length are CONFIRMED for environmentName,
// assumed for executionTag.
func readExecuteBody(c *call) (executeBody, []string) {
	object, violation := c.object()
	if violation != "" {
		return executeBody{}, []string{violation}
	}
	fields := fieldReader{object: object}
	body := executeBody{
		pipelineName:    fields.text("pipelineName", true, 0),
		environmentName: fields.text("environmentName", true, maxNameLength),
		agentID:         fields.text("agentId", false, 0),
		executionTag:    fields.text("executionTag", false, maxNameLength),
		versionName:     fields.text("versionName", false, 0),
		scalars:         fields.variables("scalarVariables", isScalar, "a string, a number or a boolean"),
		grids:           fields.variables("gridVariables", isGrid, "rows of strings"),
	}
	fields.refuseOthers()
	return body, fields.violations
}

// object reads the body as one JSON object, keys exactly as they are.
func (c *call) object() (map[string]json.RawMessage, string) {
	mediaType, _, _ := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if mediaType != "application/json" {
		return nil, "Content-Type must be application/json"
	}
	var object map[string]json.RawMessage
	decoder := json.NewDecoder(bytes.NewReader(c.body))
	if err := decoder.Decode(&object); err != nil || object == nil || !utf8.Valid(c.body) {
		return nil, "the body must be a JSON object"
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, "the body must be one JSON object and nothing else"
	}
	return object, ""
}

// fieldReader takes the fields out of an object and notes what is wrong.
type fieldReader struct {
	object     map[string]json.RawMessage
	violations []string
}

func (f *fieldReader) refuse(name, reason string) {
	f.violations = append(f.violations, name+" "+reason)
}

// take returns a field's value and whether it is there; null counts as there.
func (f *fieldReader) take(name string) (any, bool) {
	raw, ok := f.object[name]
	delete(f.object, name)
	if !ok {
		return nil, false
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		f.refuse(name, "must be JSON")
	}
	return value, true
}

func (f *fieldReader) text(name string, required bool, maxLength int) string {
	value, given := f.take(name)
	if !given && !required {
		return ""
	}
	text, _ := value.(string)
	switch {
	case text == "":
		f.refuse(name, "must be a string that is not empty")
	case maxLength > 0 && utf8.RuneCountInString(text) > maxLength:
		f.refuse(name, fmt.Sprintf("must have at most %d characters", maxLength))
	}
	return text
}

func (f *fieldReader) variables(name string, valid func(any) bool, kind string) map[string]any {
	value, given := f.take(name)
	if !given {
		return nil
	}
	values, ok := value.(map[string]any)
	if !ok {
		f.refuse(name, "must be an object")
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if key == "" || !valid(values[key]) {
			f.refuse(name, fmt.Sprintf("must have %s for %q", kind, key))
		}
	}
	return values
}

func (f *fieldReader) refuseOthers() {
	for _, name := range slices.Sorted(maps.Keys(f.object)) {
		f.refuse(name, "is not a known field")
	}
}

func isScalar(value any) bool {
	switch value.(type) {
	case string, float64, bool:
		return true
	}
	return false
}

// isGrid takes rows of different lengths: that they are refused is not known.
func isGrid(value any) bool {
	rows, ok := value.([]any)
	for _, row := range rows {
		cells, isRow := row.([]any)
		ok = ok && isRow
		for _, cell := range cells {
			_, isText := cell.(string)
			ok = ok && isText
		}
	}
	return ok
}

// executeTarget is what an execute call names.
type executeTarget struct {
	project  Project
	pipeline Pipeline
}

// target finds what is to run. That 404 is the answer for each of these is assumed, and so is 410 for a disabled
// version.
func (s *Server) target(c *call, body executeBody) (executeTarget, answer, bool) {
	refuse := func(a answer) (executeTarget, answer, bool) { return executeTarget{}, a, false }
	p, ok := s.project(c.params["project"])
	if !ok {
		return refuse(c.notFound("Project not found."))
	}
	env, ok := p.environment(body.environmentName)
	if !ok {
		return refuse(c.notFound(fmt.Sprintf("Environment %q not found.", body.environmentName)))
	}
	version, ok := env.version(body.versionName)
	if !ok {
		return refuse(c.notFound(fmt.Sprintf("Version %q not found.", body.versionName)))
	}
	pipeline, ok := named(env.published(version), body.pipelineName, s.scenario.AcceptedNames)
	switch {
	case !ok:
		return refuse(c.notFound(fmt.Sprintf("Pipeline %q is not published to this environment.", body.pipelineName)))
	case pipeline.Disabled || version.Disabled:
		return refuse(c.problem(http.StatusGone, "The pipeline has been disabled."))
	}
	if unknown := pipeline.unknownVariables(body); len(unknown) > 0 {
		return refuse(c.problem(http.StatusBadRequest, "Unknown variables", unknown...))
	}
	return executeTarget{p, pipeline}, answer{}, true
}

// unknownVariables is assumed: what the API does about names that the pipeline does not declare is not known.
func (p Pipeline) unknownVariables(body executeBody) []string {
	if p.Variables == nil {
		return nil
	}
	var unknown []string
	for _, variables := range []map[string]any{body.scalars, body.grids} {
		for _, name := range slices.Sorted(maps.Keys(variables)) {
			if !slices.Contains(p.Variables, name) {
				unknown = append(unknown, name)
			}
		}
	}
	return unknown
}
