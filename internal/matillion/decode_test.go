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
