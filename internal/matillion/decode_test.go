// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTimestamp_readsOddForms(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`"2026-01-02T03:04:05Z"`:                    at,
		`"2026-01-02T03:04:05+00:00"`:               at,
		`"2026-01-02T03:04:05-00:00"`:               at,
		`"2026-01-02T04:04:05+01:00"`:               at,
		`"2026-01-01T22:04:05-05:00"`:               at,
		`"2026-01-02T08:34:05+05:30"`:               at,
		`"2026-01-02T03:04:05+0000"`:                at,
		`"2026-01-02T04:04:05.5+0100"`:              at.Add(time.Second / 2),
		`"2026-01-02T03:04:05"`:                     at,
		`"2026-01-02T03:04:05.123"`:                 at.Add(123 * time.Millisecond),
		`"2026-01-02T03:04:05.1Z"`:                  at.Add(100 * time.Millisecond),
		`"2026-01-02T03:04:05.123456Z"`:             at.Add(123456 * time.Microsecond),
		`"2026-01-02T03:04:05.123456789+00:00"`:     at.Add(123456789),
		`"2026-01-02T03:04:05.1234567891234Z"`:      at.Add(123456789),
		`" 2026-01-02T03:04:05Z\n"`:                 at,
		`"\u0032026-01-02T03:04:05Z"`:               at,
		`"9999-12-31T23:59:59Z"`:                    time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		`null`:                                      {},
		`""`:                                        {},
		`"yesterday"`:                               {},
		`"2026-01-02"`:                              {},
		`"2026-01-02 03:04:05"`:                     {},
		`"2026-13-02T03:04:05Z"`:                    {},
		`"2026-02-30T03:04:05Z"`:                    {},
		`"2026-01-02T25:04:05Z"`:                    {},
		`"12026-01-02T03:04:05Z"`:                   {},
		`"2026-01-02T03:04:05Z2026-01-02T03:04:05"`: {},
		`1767322800`:                                {},
		`1.5e300`:                                   {},
		`true`:                                      {},
		`[]`:                                        {},
		`{"seconds":1767322800}`:                    {},
		`"` + strings.Repeat("9", 100_000) + `"`:    {},
	} {
		got := Timestamp{time.Now()}
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Errorf("%.60s: %v", text, err)
		}
		wantEqual(t, text[:min(len(text), 60)], got.Time, want)
		if got.Location() != time.UTC {
			t.Errorf("%.60s: in %s", text, got.Location())
		}
	}
}

// oddValues are JSON that no text should be.
func oddValues() []string {
	return []string{`7`, `-1.5e300`, `true`, `null`, `[]`, `["a"]`, `{}`, `{"text":["a",{"b":null}]}`}
}

func TestText_readsWhatIsAString(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Text{`"a"`: "a", `""`: "", `"\u0061\n"`: "a\n", `"\ud800"`: "\ufffd"} {
		got := Text("before")
		wantEqual(t, text, json.Unmarshal([]byte(text), &got), error(nil))
		wantEqual(t, text, got, want)
	}
	for _, text := range append(oddValues(), strings.Repeat("[", 9_000)+strings.Repeat("]", 9_000)) {
		got := Text("before")
		wantEqual(t, text, json.Unmarshal([]byte(text), &got), error(nil))
		wantEqual(t, text, got, Text(""))
	}
}

// withField is the object with one more field, which comes last.
func withField(object, field, value string) string {
	return strings.TrimSuffix(object, "}") + `,"` + field + `":` + value + `}`
}

// A text of an odd type, by which nothing is decided, made the whole run unreadable.
func TestDecode_oddTextsHideNothing(t *testing.T) {
	t.Parallel()
	ref := Handle{ProjectID: testProject, ID: testID}
	const run = `{"pipelineExecutionId":"` + testID + `","projectId":"` + testProject + `","status":"SUCCESS"}`
	for _, field := range []string{"pipelineType", "message", "scheduleId", "user"} {
		for _, value := range oddValues() {
			body := withField(run, field, value)
			got, err := answering(t, http.StatusOK, body).Executions.executionOnce(t.Context(), ref)
			wantEqual(t, body, err, error(nil))
			wantEqual(t, body, got, Execution{ID: testID, ProjectID: testProject, Status: StatusSuccess})
			listed, err := answering(t, http.StatusOK, `{"results":[`+body+`]}`).Executions.List(
				t.Context(), ExecutionsQuery{}, nil)
			wantEqual(t, body, err, error(nil))
			wantEqual(t, body, listed, []Execution{got})
		}
	}
	for _, value := range oddValues() {
		client := answering(t, http.StatusOK, `{"results":[`+
			`{"id":`+value+`,"name":`+value+`,"result":{"status":"FAILED","message":`+value+`}}]}`)
		steps, err := client.Executions.Steps(t.Context(), ref)
		if err != nil || len(steps) != 1 || steps[0].Result.Status != StatusFailed {
			t.Errorf("%s: steps %+v and error %v", value, steps, err)
		}
		client = answering(t, http.StatusOK, `{"results":[`+
			`{"name":"n","id":"i","description":`+value+`,"defaultAgentId":`+value+`,"defaultAgentName":`+value+`}]}`)
		environments, err := client.Environments.List(t.Context(), testProject)
		wantEqual(t, value, err, error(nil))
		wantEqual(t, value, environments, []Environment{{Name: "n"}})
		projects, err := client.Projects.List(t.Context())
		wantEqual(t, value, err, error(nil))
		wantEqual(t, value, projects, []Project{{ID: "i", Name: "n"}})
	}
}

// Which run it is, and what became of it, is not guessed.
func TestDecode_whatDecidesIsNotGuessed(t *testing.T) {
	t.Parallel()
	ref := Handle{ProjectID: testProject, ID: testID}
	const run = `{"pipelineExecutionId":"` + testID + `","status":"SUCCESS"}`
	for _, field := range []string{
		"pipelineExecutionId", "projectId", "environmentName", "pipelineName", "status", "trigger",
	} {
		for _, value := range oddValues() {
			if value == "null" {
				continue // It is as if there were none.
			}
			body := withField(run, field, value)
			_, err := answering(t, http.StatusOK, body).Executions.executionOnce(t.Context(), ref)
			wantKind(t, err, KindUnreadable)
			_, err = answering(t, http.StatusOK, `{"results":[`+body+`]}`).Executions.List(
				t.Context(), ExecutionsQuery{}, nil)
			wantKind(t, err, KindUnreadable)
		}
	}
}

// Each of the lists, wrapped or not.
func TestDecode_understandsEveryAnswerWrapped(t *testing.T) {
	t.Parallel()
	for _, format := range []string{`%s`, `{"result":%s}`, `{"result": %s, "status":"OK"}`} {
		client := answering(t, http.StatusOK, fmt.Sprintf(format, `{"results":[{"name":"x"}],"total":1}`))
		environments, err := client.Environments.List(t.Context(), testProject)
		if err != nil || len(environments) != 1 || environments[0].Name != "x" {
			t.Errorf("Environments = %+v, %v", environments, err)
		}
		client = answering(t, http.StatusOK, fmt.Sprintf(format, `{"assets":["a"],"details":{"versionName":"v","enabled":false}}`))
		artifact, err := client.Artifacts.Details(t.Context(), testProject, testEnvironment, "")
		if err != nil || artifact.Details.VersionName != "v" || artifact.Details.Enabled == nil || *artifact.Details.Enabled {
			t.Errorf("Artifact = %+v, %v", artifact, err)
		}
		client = answering(t, http.StatusOK, fmt.Sprintf(format, `{"results":[{"pipelineExecutionId":"x"}]}`))
		executions, err := client.Executions.List(t.Context(), ExecutionsQuery{ProjectID: "p"}, nil)
		if err != nil || len(executions) != 1 || executions[0].Handle().key() != (Handle{ProjectID: "p", ID: "x"}) {
			t.Errorf("Executions = %+v, %v", executions, err)
		}
	}
}

func TestDecode_saysWhatIsWrongWithoutQuotingIt(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                                    "the answer is empty",
		" \r\n\t":                             "the answer is empty",
		"canary":                              "the answer is not JSON",
		`{"results":[`:                        "the answer is not JSON",
		`{"results":[]}{}`:                    "the answer is not JSON",
		`[]`:                                  "the answer is JSON of an unexpected type",
		`"canary"`:                            "the answer is JSON of an unexpected type",
		`17`:                                  "the answer is JSON of an unexpected type",
		`null`:                                "the answer has no results",
		`{}`:                                  "the answer has no results",
		`{"result":[]}`:                       "the answer has no results",
		`{"results":{}}`:                      "the answer has a value of an unexpected type in the field results",
		`{"results":["canary"]}`:              "the answer has a value of an unexpected type in the field results",
		`{"results":[{"name":7}]}`:            "the answer has a value of an unexpected type in the field results.name",
		`{"results":[],"total":"7"}`:          "the answer has a value of an unexpected type in the field total",
		`{"results":[],"total":1e99}`:         "the answer has a value of an unexpected type in the field total",
		strings.Repeat("[", 100_000):          "the answer is not JSON",
		strings.Repeat(`{"result":`, 100_000): "the answer is not JSON",
		`{"result":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`: "the answer is not JSON",
		`{"results":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + `}`:    "the answer has a value of an unexpected type in the field results",
	} {
		_, err := answering(t, http.StatusOK, body).Projects.List(t.Context())
		answerErr := wantError[*AnswerError](t, err)
		wantEqual(t, body[:min(len(body), 40)], answerErr.Problem, want)
		wantEqual(t, "error", err.Error(), "GET /v1/projects: 200 OK: "+want)
	}
}

func TestDecode_ignoresWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	const body = `{"page":0,"size":100,"total":1,"next":{"a":[1,2]},"results":[
		{"id":"i","name":"n","description":null,"owner":{"x":1},"tags":["a"]}]}`
	projects, err := answering(t, http.StatusOK, body).Projects.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "projects", projects, []Project{{ID: "i", Name: "n"}})
}

// The id counts where the API puts it, even in a body that is cut off. An id anywhere else is nobody's.
func TestExecuteAnswer_takesTheIDFromItsPlaceAlone(t *testing.T) {
	t.Parallel()
	const id, other = `"pipelineExecutionId":"` + testID + `"`, `"pipelineExecutionId":"` + testProject + `"`
	for body, want := range map[string]string{
		`{` + id + `}`:            testID,
		`{"result":{` + id + `}}`: testID,
		`{"result":{"a":[{` + other + `}],` + id + `},"b":1}`:  testID,
		`{"result":null,` + id + `}`:                           testID,
		`{` + id + `,"result":{` + id + `}}`:                   testID,
		`{` + id + `,"error":{` + other + `}}`:                 testID,
		`{"pipelineExecutionId":"my-own-id"}`:                  "my-own-id",
		`{` + id:                                               testID,
		`{` + id + `,`:                                         testID,
		`{"result":{` + id + `,"x`:                             testID,
		`{"pipelineExecutionId":` + "\n\t\"" + testID + `"`:    testID,
		`{"pipelineExecutionId":"` + testID:                    "",
		`{` + id + `,"result":{` + other + `}}`:                "",
		`{"error":{"runningExecution":{` + id + `}}}`:          "",
		`{"result":{"runningExecution":{` + id + `}}}`:         "",
		`{"result":{"result":{` + id + `}}}`:                   "",
		`{"result":[{` + id + `}]}`:                            "",
		`[{` + id + `}]`:                                       "",
		`{"a":{` + id:                                          "",
		`{"executionId":"` + testID + `"}`:                     "",
		`{"pipelineExecutionId":""}`:                           "",
		`{"pipelineExecutionId":42}`:                           "",
		`{"pipelineExecutionId":"a\u0000b"}`:                   "",
		`{"pipelineExecutionId":"` + strings.Repeat("a", 1001): "",
		`pipelineExecutionId=` + testID:                        "",
		testID:                                                 "",
		``:                                                     "",
	} {
		var answer executeAnswer
		problem := answer.readPartial([]byte(body))
		wantEqual(t, "id of "+body, answer.ID, want)
		wantEqual(t, "problem with "+body, problem != "", want == "")
	}
}
