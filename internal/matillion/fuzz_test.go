// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// problemBodies are what a server may say when it refuses, and what a decoder may stumble over.
func problemBodies() []string {
	return []string{
		``, ` `, `null`, `{}`, `[]`, `""`, `0`, `true`,
		`{"type":"https://api.matillion.com/problems/bad-request","title":"Bad Request","status":400,"detail":"No.","instance":"/v1/p"}`,
		`{"title":"Bad Request","detail":null,"violations":["a","b",""]}`,
		`{"title":["no text"],"detail":7}`,
		`{"message":"Forbidden"}`,
		"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n</html>",
		"\x00\x1b[31m\u202e\u2028\xff\xfe\xc3", "\xef\xbb\xbf{}", `{"title":"\ud800"}`,
		strings.Repeat("[", 50), strings.Repeat(`{"result":`, 50), strings.Repeat("é", 501),
	}
}

func executionBodies() []string {
	const flat = `{"pipelineExecutionId":"` + testID + `","projectId":"` + testProject + `","environmentName":"Production",
		"pipelineName":"load/seed.orch.yaml","pipelineType":"ORCHESTRATION","status":"RUNNING","message":"\"Load\": Success",
		"trigger":"API","startedAt":"2026-01-02T03:04:05.678Z","finishedAt":null}`
	return []string{
		flat, `{"result":` + flat + `}`, `{"Result":` + flat + `,"result":null}`, `{"result":[` + flat + `]}`, flat[:len(flat)/2],
		`{"status":"QUEUED"}`, `{"status":"SUCCESS","pipelineExecutionId":"other"}`, `{"STATUS":"SUCCESS"}`, `{"status":7}`,
		`{"status":"SUCCESS","message":{"a":[1]},"user":7,"pipelineType":[],"scheduleId":true}`,
		`{"status":"RUNNING","status":"SUCCESS"}`, `{"status":"SUCCESS","startedAt":1767322800,"finishedAt":{}}`,
	}
}

func FuzzExecution(f *testing.F) {
	for _, body := range append(executionBodies(), problemBodies()...) {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		ref := Handle{ProjectID: testProject, ID: testID}
		execution, err := answering(t, http.StatusOK, string(body)).Executions.executionOnce(t.Context(), ref)
		if err != nil {
			wantKind(t, err, KindUnreadable)
			wantPrintable(t, err.Error())
			return
		}
		wantEqual(t, "handle", execution.Handle().key(), ref)
		wantEqual(t, "has a status", execution.Status != "", true)
		wantPrintable(t, execution.Message)
		if len(execution.Message)+len(execution.PipelineName)+len(execution.Status) > 3*len(body)+3 {
			t.Errorf("%d bytes came out of %d", len(execution.Message), len(body))
		}

		if string(unwrap(body)) != string(body) {
			return // it is wrapped
		}
		wrapped, err := answering(t, http.StatusOK, `{"result":`+string(body)+`}`).Executions.executionOnce(t.Context(), ref)
		if err != nil {
			t.Errorf("flat it is understood, wrapped: %v", err)
		}
		wantEqual(t, "wrapped", wrapped, execution)
	})
}

func FuzzExecutions(f *testing.F) {
	for _, body := range append(executionBodies(), problemBodies()...) {
		f.Add([]byte(body))
		f.Add([]byte(`{"results":[` + body + `]}`))
		f.Add([]byte(`{"results":[` + body + `,` + body + `],"more":"next"}`))
	}
	f.Add([]byte(`{"results":[],"more":""}`))
	f.Add([]byte(`{"results":null,"more":7}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		// Every page is the same: one that has a next page never ends.
		executions, err := answering(t, http.StatusOK, string(body)).Executions.List(t.Context(), ExecutionsQuery{ProjectID: "p"}, nil)
		if err != nil {
			wantKind(t, err, KindUnreadable)
			wantPrintable(t, err.Error())
		}
		for _, e := range executions {
			wantPrintable(t, e.Message)
			wantEqual(t, "has a project", e.ProjectID != "", true)
		}
		if len(executions) > len(body) {
			t.Errorf("%d executions came out of %d bytes", len(executions), len(body))
		}
	})
}

func FuzzPage(f *testing.F) {
	for _, body := range problemBodies() {
		f.Add([]byte(body))
		f.Add([]byte(`{"results":[` + body + `],"total":1}`))
	}
	f.Add([]byte(`{"page":0,"size":25,"total":2,"results":[{"id":"a","name":"b","result":{"status":"FAILED","message":"m"}}]}`))
	f.Add([]byte(`{"results":[{"id":7,"name":{},"description":[],"result":{"status":"FAILED","message":["m"]}}],"total":1}`))
	f.Add([]byte(`{"results":[{"name":"x","publishedTime":"2026-01-02T03:04:05Z"}],"total":-1}`))
	f.Add([]byte(`{"results":[{}],"total":9e99}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		client := answering(t, http.StatusOK, string(body))
		steps, err := client.Executions.Steps(t.Context(), Handle{ProjectID: "p", ID: "e"})
		if err != nil {
			wantKind(t, err, KindUnreadable)
			wantPrintable(t, err.Error())
		}
		for _, step := range steps {
			wantPrintable(t, step.Result.Message)
		}
		if _, err := client.Pipelines.Published(t.Context(), "p", "e"); err != nil {
			wantKind(t, err, KindUnreadable)
		}
		if _, err := client.Artifacts.Details(t.Context(), "p", "e", ""); err != nil {
			wantKind(t, err, KindUnreadable)
		}
	})
}

func FuzzProblem(f *testing.F) {
	for _, body := range problemBodies() {
		f.Add([]byte(body), "s3cret")
		f.Add([]byte(`{"title":"s3cret","detail":"it is s3cret","violations":["s3cret"]}`+body), "s3cret")
	}
	f.Fuzz(func(t *testing.T, body []byte, secret string) {
		client := answering(t, http.StatusForbidden, string(body))
		client.KeepSecret(secret)
		_, err := client.Projects.List(t.Context())
		apiErr := wantError[*Error](t, err)
		for _, text := range slices.Concat([]string{apiErr.Title, apiErr.Detail, apiErr.Text}, apiErr.Violations) {
			wantPrintable(t, text)
			// What is left of a text must not be a part of what stands instead of secrets.
			if len(secret) >= shortestSecret && isPlain(secret) && !strings.Contains(redacted, secret) &&
				strings.Contains(strings.ReplaceAll(text, redacted, "\x00"), secret) {
				t.Errorf("%q is in %q", secret, text)
			}
		}
		if len(err.Error()) > 15*(maxErrorText+len("...")) {
			t.Errorf("the message has %d bytes", len(err.Error()))
		}
	})
}

// isPlain reports whether clipping leaves a text as it is, whatever stands around it.
func isPlain(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || r == '(' || r == ')' || r == '.' })
}

func FuzzStarted(f *testing.F) {
	const id = `"pipelineExecutionId":"` + testID + `"`
	for _, body := range append(problemBodies(),
		`{`+id+`}`, `{"result":{`+id+`}}`, `{"data":[{`+id+`}]}`, `{`+id, `{"x":1,`+id+`,`, `<pre>{`+id+`}</pre>`,
		`{"pipelineExecutionId":"own-id"}`, `{"pipelineExecutionId":42}`, `{"pipelineExecutionId":""}`, `{"PIPELINEEXECUTIONID":"x"}`,
		`{"pipelineExecutionId":"\u0031\u0031"}`, `{"pipelineExecutionId":"a","pipelineExecutionId":"b"}`,
		`{"pipelineExecutionId":"a b"}`, `{"pipelineExecutionId":" a"}`, `{"pipelineExecutionId":"`+strings.Repeat("a", 1001)+`"}`,
		`{"pipelineExecutionId":"`+testID+`x"}`, `{"result":{},`+id+`}`,
	) {
		f.Add([]byte(body), false)
		f.Add([]byte(body), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, breaksOff bool) {
		client := talkingTo(t, func(req *http.Request) (*http.Response, error) {
			end := io.EOF
			if breaksOff {
				end = io.ErrUnexpectedEOF
			}
			return answerTo(req, http.StatusCreated, io.MultiReader(strings.NewReader(string(body)), failingReader{end})), nil
		})
		answer, _, err := client.Executions.execute(t.Context(), testRequest())
		id := answer.ID
		if err != nil {
			wantEqual(t, "may have started", mayHaveActed(err), true)
			return
		}
		wantPrintable(t, id)
		if id == "" || (!strings.Contains(string(body), id) && !slices.Contains(textsIn(body), id)) {
			t.Errorf("the id %q does not stand in %q", id, body)
		}
	})
}

// textsIn returns every string in a JSON document.
func textsIn(body []byte) []string {
	var texts []string
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	for {
		token, err := decoder.Token()
		if err != nil {
			return texts
		}
		if text, ok := token.(string); ok {
			texts = append(texts, text)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"", "0", "7", " 7\t", "-1", "1.5", "1e3", "0x10", "99999999999999999999", "2147483648", "soon",
		"Fri, 02 Jan 2026 03:04:05 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Friday, 02-Jan-26 03:04:35 GMT", "Fri Jan  2 03:04:35 2026",
	} {
		f.Add(value, "Fri, 02 Jan 2026 03:04:05 GMT")
		f.Add(value, "")
		f.Add("7", value)
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		header := http.Header{"Retry-After": {value}, "Date": {date}}
		after := retryAfter(header)
		if after < 0 {
			t.Errorf("%s is in the past", after)
		}
		if strings.Trim(value, "0123456789") == "" && value != "" && len(value) < 10 {
			wantEqual(t, "seconds", after%time.Second, time.Duration(0))
			wantEqual(t, "whatever the date", after, retryAfter(http.Header{"Retry-After": {value}}))
		}
		pause := backoff(&Error{RetryAfter: after}, 0)
		if pause <= 0 {
			t.Errorf("the pause is %s", pause)
		}
	})
}

func FuzzTimestamp(f *testing.F) {
	for _, text := range []string{
		"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678+01:00", "2026-01-02T03:04:05.123456789-0930", "2026-01-02T03:04:05",
		" 2026-01-02T03:04:05,5Z ", "2026-01-02", "", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999-23:59", "\x00", "1767322800",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var got Timestamp
		if err := json.Unmarshal(quoted, &got); err != nil {
			t.Fatalf("%s: %v", quoted, err)
		}
		if got.Location() != time.UTC {
			t.Errorf("%s is in %s", got, got.Location())
		}
		if want, err := time.Parse(time.RFC3339Nano, text); err == nil && !got.Equal(want) {
			t.Errorf("%s is read as %s", text, got)
		}
		if got.IsZero() || got.Year() < 0 || got.Year() > 9999 {
			return // there is none, or it cannot be written in this form
		}
		again := Timestamp{}
		if err := again.UnmarshalJSON([]byte(got.Format(`"` + time.RFC3339Nano + `"`))); err != nil || !again.Equal(got.Time) {
			t.Errorf("%s is read as %s, and that as %s (%v)", text, got, again, err)
		}
		// Not JSON at all.
		if err := got.UnmarshalJSON([]byte(text)); err != nil {
			t.Error(err)
		}
	})
}
