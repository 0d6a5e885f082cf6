// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"strings"
	"testing"
	"time"
)

// A lost call adopts what no other call can have started. Each row is one fact that decides.
func TestCall_adoptsWhatNoOtherCallCanHaveStarted(t *testing.T) {
	t.Parallel()
	sent := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	looksEnded := sent.Add(searchFor)
	rival := func(change func(*ExecuteRequest), written time.Time, settle func(*call)) func(*ledger) {
		return func(l *ledger) {
			req := testRequest()
			change(&req)
			other := l.write(req)
			other.writtenAt = written
			settle(other)
		}
	}
	same, waits := func(*ExecuteRequest) {}, func(*call) {}
	for name, test := range map[string]struct {
		before func(*ledger)
		want   bool
	}{
		"alone":                       {func(*ledger) {}, true},
		"known as read":               {func(l *ledger) { l.note(testID, originRead) }, false},
		"known in capitals":           {func(l *ledger) { l.note(strings.ToUpper(testID), originStarted) }, false},
		"rival without an answer":     {rival(same, sent, waits), false},
		"rival at the last moment":    {rival(same, looksEnded, waits), false},
		"rival written after":         {rival(same, looksEnded.Add(1), waits), true},
		"lost rival":                  {rival(same, sent, (*call).recordLoss), false},
		"lost rival written after":    {rival(same, looksEnded.Add(1), (*call).recordLoss), true},
		"rival that was refused":      {rival(same, sent, (*call).recordRefusal), true},
		"rival in another project":    {rival(func(r *ExecuteRequest) { r.ProjectID = testID }, sent, waits), true},
		"rival elsewhere":             {rival(func(r *ExecuteRequest) { r.EnvironmentName = "Development" }, sent, waits), true},
		"rival of another pipeline":   {rival(func(r *ExecuteRequest) { r.PipelineName = "other" }, sent, waits), true},
		"rival without the extension": {rival(func(r *ExecuteRequest) { r.PipelineName = "load/seed" }, sent, waits), false},
	} {
		books := &ledger{}
		lost := books.write(testRequest())
		lost.recordLoss()
		test.before(books)
		wantEqual(t, name, lost.adopt(Execution{ID: testID, PipelineName: testPipeline}, looksEnded), test.want)
		wantEqual(t, name+": still lost", books.calls[lost], !test.want)
	}
}

// A name that the list shows may be that of two pipelines, which differ by their extensions alone: either's call may
// have started it, whatever the lost call asked for.
func TestCall_mayHaveStartedWhatTheListNames(t *testing.T) {
	t.Parallel()
	transformation := testRequest()
	transformation.PipelineName = strings.Replace(testPipeline, ".orch.", ".tran.", 1)
	other := (&ledger{}).write(transformation)
	for listed, want := range map[string]bool{
		testPipeline: false, transformation.PipelineName: true, strings.TrimSuffix(testPipeline, ".orch.yaml"): true,
	} {
		wantEqual(t, listed, other.mayHaveStarted(testRequest(), Execution{PipelineName: listed}), want)
	}
	wantEqual(t, "nothing listed", other.mayHaveStarted(testRequest()), false)
}
