// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
)

// What is tested here are the differences between servers: what the field has reported, or what a server may do.

func TestIDs_tellTheStart(t *testing.T) {
	t.Parallel()
	for _, random := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := testScenario(Run{})
			s.RandomIDs, s.ClockSkew, s.StartedAtOffset = random, 3600*second, -2*second
			c := inProcess(t, s)
			advance(1234 * time.Millisecond)
			id, err := uuid.Parse(c.start())
			if err != nil {
				t.Fatal(err)
			}
			if random {
				wantEqual(t, id.Version(), uuid.Version(4))
				return
			}
			wantEqual(t, id.Version(), uuid.Version(7))
			wantEqual(t, id.Variant(), uuid.RFC4122)
			seconds, nanoseconds := id.Time().UnixTime()
			wantEqual(t, time.Unix(seconds, nanoseconds).UTC(), time.Date(2000, 1, 1, 0, 59, 59, 234e6, time.UTC))
			elsewhere := c.server.StartElsewhere(Execution{StartedAt: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)})
			seconds, nanoseconds = uuid.MustParse(elsewhere).Time().UnixTime()
			wantEqual(t, time.Unix(seconds, nanoseconds).UTC(), time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC))
		})
	}
}

func TestIDs_differ(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, testScenario(Run{}))
		seen := map[string]bool{}
		for range 100 {
			seen[c.start()] = true
		}
		wantEqual(t, len(seen), 100)
	})
}

func TestTimes_ofRunsAgainstTheDate(t *testing.T) {
	t.Parallel()
	for _, offset := range []Duration{-5 * second, 3 * second} {
		synctest.Test(t, func(t *testing.T) {
			s := testScenario(Run{Duration: second})
			s.StartedAtOffset = offset
			c := inProcess(t, s)
			id := c.start()
			advance(2 * time.Second)
			r := c.details(id)
			wantEqual(t, r.header.Get("Date"), "Sat, 01 Jan 2000 00:00:02 GMT")
			start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(offset))
			wantEqual(t, r.body["startedAt"], any(start.Format(layouts[0])))
			wantEqual(t, r.body["finishedAt"], any(start.Add(time.Second).Format(layouts[0])))
			e := c.server.Started()[0]
			wantEqual(t, []time.Time{e.StartedAt, e.FinishedAt}, []time.Time{start, start.Add(time.Second)})
			after := func(at time.Time) int {
				return len(c.list(url.Values{"startedAfter": {at.Format(time.RFC3339Nano)}}).values("status"))
			}
			wantEqual(t, []int{after(start), after(start.Add(1))}, []int{1, 0})
			c.server.StartElsewhere(Execution{ID: "e", StartedAt: start})
			wantEqual(t, c.server.Executions()[1].StartedAt, start)
		})
	}
}

func TestTrigger_asReported(t *testing.T) {
	t.Parallel()
	for reported, want := range map[string]any{"": "API", "UNKNOWN": "UNKNOWN", TriggerAbsent: nil} {
		s := testScenario(Run{})
		s.ReportedTrigger = reported
		c := inProcess(t, s)
		id := c.start()
		wantEqual(t, c.details(id).body["trigger"], want)
		c.server.StartElsewhere(Execution{ScheduleID: "s"})
		wantEqual(t, c.list(nil).values("trigger"), []any{"SCHEDULE", want})
		wantEqual(t, c.server.Started()[0].Trigger, "API")
	}
}

func TestList_lateRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testScenario(Run{Forever: true})
		s.ListedAfter = 40 * second
		c := inProcess(t, s)
		id := c.start()
		advance(40*time.Second - 1)
		wantEqual(t, c.list(nil).values("status"), []any{})
		c.wantStatus(id, statusRunning)
		advance(1)
		wantEqual(t, c.list(nil).values("status"), []any{statusRunning})
	})
}

func TestList_ignoredFilters(t *testing.T) {
	t.Parallel()
	filters := url.Values{
		"status": {statusFailed}, "environmentName": {"x"}, "pipelineName": {"x"}, "startedAfter": {"2100-01-01T00:00:00Z"},
	}
	s := testScenario(Run{})
	c := inProcess(t, s)
	c.start()
	for name, values := range filters {
		only := url.Values{name: values}
		wantEqual(t, len(c.list(only).values("status")), 0)
		c.server.Update(func(s *Scenario) { s.IgnoredFilters = []string{name} })
		wantEqual(t, len(c.list(only).values("status")), 1)
		wantEqual(t, len(c.list(filters).values("status")), 0)
		c.server.Update(func(s *Scenario) { s.IgnoredFilters = nil })
	}
	wantEqual(t, len(c.server.Unexpected()), 0)
}

func TestList_singleStatus(t *testing.T) {
	t.Parallel()
	s := testScenario(Run{})
	s.SingleStatus = true
	c := inProcess(t, s)
	for query, want := range map[string]int{
		"":                             http.StatusOK,
		"status=RUNNING":               http.StatusOK,
		"status=RUNNING&status=FAILED": http.StatusUnprocessableEntity,
		"status=RUNNING,FAILED":        http.StatusUnprocessableEntity,
		"status=nonsense":              http.StatusBadRequest,
	} {
		wantEqual(t, c.get(APIPath+"/v1/pipeline-executions?"+query).status, want)
	}
}

func TestPages_nullWithoutResults(t *testing.T) {
	t.Parallel()
	for _, null := range []bool{false, true} {
		results := `"results":[]`
		if null {
			results = `"results":null`
		}
		s := testScenario(Run{})
		s.NullResults = null
		c := inProcess(t, s)
		wantEqual(t, c.list(nil).text, "{"+results+"}")
		wantEqual(t, c.get(APIPath+"/v1/projects?page=7").text, `{"page":7,"size":25,"total":1,`+results+"}")
		id := c.start()
		wantEqual(t, c.get(testExecutions+"/"+id+"/steps").text, `{"page":0,"size":25,"total":0,`+results+"}")
		wantEqual(t, len(c.list(nil).values("status")), 1)
	}
}

func TestList_endlessPages(t *testing.T) {
	t.Parallel()
	for _, runs := range []int{0, 1, 5} {
		s := testScenario(Run{})
		s.EndlessPages = true
		c := inProcess(t, s)
		var ids []any
		for range runs {
			ids = append([]any{c.start()}, ids...)
		}
		tokens, seen, query := map[string]bool{}, []any{}, url.Values{"limit": {"2"}}
		for range 20 {
			r := c.list(query)
			seen = append(seen, r.values("pipelineExecutionId")...)
			more, _ := r.body["more"].(string)
			tokens[more] = true
			query.Set("paginationToken", more)
		}
		wantEqual(t, len(tokens), 20)
		for i, id := range seen {
			wantEqual(t, id, ids[i%runs])
		}
		wantEqual(t, len(seen) >= min(20, runs*20), true)
	}
}

func TestPosition_roundTrips(t *testing.T) {
	t.Parallel()
	for _, want := range []position{{}, {Began: math.MaxInt64, Round: 3}, {Began: -5, Number: 7}} {
		got, ok := decodePosition(encodePosition(want))
		wantEqual(t, ok, true)
		wantEqual(t, got, want)
	}
}

func TestRefusals_sayThingsOnce(t *testing.T) {
	t.Parallel()
	s := testScenario(Run{})
	s.Projects[0].Environments[0].Pipelines[0].Variables = []string{"schema"}
	c := inProcess(t, s)
	for _, body := range []string{executeJSON(`,"scalarVariables":{"shema":"x"}`), executeJSON(`,"shema":"x"`)} {
		if r := c.execute(body); r.status != http.StatusBadRequest || strings.Count(r.text, "shema") != 1 {
			t.Errorf("answered %d %s", r.status, r.text)
		}
	}
	c.wantStarted(0)
}

// The run starts at once, whatever the answer is and however late.
func TestFault_lateAnswersInVirtualTime(t *testing.T) {
	t.Parallel()
	for kind, started := range map[string]int{
		FaultDelayAfter: 1, FaultStatusAfter: 1, FaultDropAfter: 1, FaultTruncate: 1, FaultNoID: 1, FaultBody: 1,
		FaultStatus: 0, FaultDrop: 0, FaultDelay: 0,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := inProcess(t, testScenario(Run{Duration: second}))
				c.server.Inject(Fault{Kind: kind, Status: 504, Delay: 8 * second, DateOffset: 5 * second})
				answered := make(chan reply, 1)
				begin := time.Now()
				go func() {
					r, _ := c.tryExecute()
					answered <- r
				}()
				synctest.Wait()
				c.wantStarted(started)
				r := <-answered
				wantEqual(t, time.Since(begin), 8*time.Second)
				if r.status != 0 {
					wantEqual(t, r.header.Get("Date"), "Sat, 01 Jan 2000 00:00:13 GMT")
				}
			})
		})
	}
}

func TestFault_staleReadsOfInterventions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, testScenario(Run{Forever: true}))
		for _, test := range []struct {
			intervene func(id string)
			want      string
		}{
			{func(id string) { c.cancel(id, false) }, statusCancelled},
			{func(id string) { c.cancel(id, true) }, statusCancelled},
			{func(id string) { c.server.Finish(id, statusFailed, "") }, statusFailed},
		} {
			id := c.start()
			advance(5 * time.Second)
			test.intervene(id)
			c.wantStatus(id, test.want)
			c.server.Inject(Fault{Kind: FaultStale, Delay: second})
			c.wantStatus(id, statusRunning)
			c.server.ClearFaults()
		}
	})
}

func TestFault_staleReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, testScenario(Run{Duration: 10 * second, Steps: []Step{{Name: "one"}, {Name: "two",
			After: 9 * second}}}))
		ended := c.start()
		cancelled := c.start()
		advance(8 * time.Second)
		c.cancel(cancelled, true)
		advance(4 * time.Second)
		started := c.start()
		now := []any{statusRunning, statusCancelled, statusSuccess}
		wantEqual(t, c.list(nil).values("status"), now)
		c.server.Inject(Fault{Kind: FaultStale, Delay: 5 * second, Times: 5})
		begin := time.Now()
		wantEqual(t, c.list(nil).values("status"), []any{statusRunning, statusRunning})
		wantEqual(t, len(c.list(url.Values{"status": {statusSuccess}}).values("status")), 0)
		c.wantStatus(ended, statusRunning)
		wantEqual(t, c.details(started).status, http.StatusNotFound)
		wantEqual(t, c.get(testExecutions+"/"+ended+"/steps").values("name"), []any{"one"})
		wantEqual(t, c.list(nil).values("status"), now)
		wantEqual(t, time.Since(begin), time.Duration(0))
		c.wantStarted(3)
	})
}
