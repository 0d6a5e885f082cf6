// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// tryExecute sends an execute call that may fail.
func (c *client) tryExecute() (reply, error) {
	c.t.Helper()
	return c.send(c.request(c.t.Context(), http.MethodPost, testExecutions, executeJSON("")))
}

func TestFault_kinds(t *testing.T) {
	t.Parallel()
	problem := func(r reply) bool { return r.body["detail"] == "Injected by the mock server." }
	for name, test := range map[string]struct {
		fault   Fault
		want    func(r reply, err error) bool
		status  int
		started int
	}{
		"status": {
			Fault{Kind: FaultStatus, Status: 503, RetryAfter: "7"},
			func(r reply, err error) bool {
				return err == nil && r.status == 503 && r.header.Get("Retry-After") == "7" && problem(r)
			}, 503, 0,
		},
		"status with a body": {
			Fault{
				Kind: FaultStatus, Status: 502, Body: "<html>", ContentType: "text/html", Headers: map[string]string{"X-A": "b"},
			},
			func(r reply, err error) bool {
				return err == nil && r.text == "<html>" && r.header.Get("Content-Type") == "text/html" && r.header.Get("X-A") == "b"
			}, 502, 0,
		},
		"status without a body": {
			Fault{Kind: FaultStatus, Status: 204},
			func(r reply, err error) bool { return err == nil && r.status == 204 && r.text == "" }, 204, 0,
		},
		"status after": {
			Fault{Kind: FaultStatusAfter},
			func(r reply, err error) bool { return err == nil && r.status == 500 && problem(r) }, 500, 1,
		},
		"drop":       {Fault{Kind: FaultDrop}, broken, 0, 0},
		"drop after": {Fault{Kind: FaultDropAfter}, broken, 0, 1},
		"truncate": {
			Fault{Kind: FaultTruncate},
			func(r reply, err error) bool {
				return errors.Is(err, io.ErrUnexpectedEOF) && r.status == 201 && strings.HasPrefix(r.text, `{"pipelineExec`)
			}, 201, 1,
		},
		"no id": {
			Fault{Kind: FaultNoID},
			func(r reply, err error) bool { return err == nil && r.status == 201 && r.text == "{}" }, 201, 1,
		},
		"body": {
			Fault{Kind: FaultBody, Body: "\x00not json"},
			func(r reply, err error) bool { return err == nil && r.status == 201 && r.text == "\x00not json" }, 201, 1,
		},
		"empty body": {
			Fault{Kind: FaultBody, Status: 200},
			func(r reply, err error) bool { return err == nil && r.status == 200 && r.text == "" }, 200, 1,
		},
		"delay": {
			Fault{Kind: FaultDelay, Delay: Duration(time.Millisecond)},
			func(r reply, err error) bool { return err == nil && r.status == 201 }, 201, 1,
		},
		"drip": {
			Fault{Kind: FaultDrip, Delay: Duration(10 * time.Microsecond)},
			func(r reply, err error) bool { return err == nil && r.body["pipelineExecutionId"] != nil }, 201, 1,
		},
		"redirect after": {
			Fault{Kind: FaultStatusAfter, Status: 303, Headers: map[string]string{"Location": "/elsewhere"}},
			func(r reply, err error) bool {
				return err == nil && r.status == 303 && r.header.Get("Location") == "/elsewhere"
			},
			303, 1,
		},
		"permanent redirect": {
			Fault{Kind: FaultStatus, Status: 308, Headers: map[string]string{"Location": "/elsewhere"}},
			func(r reply, err error) bool {
				return err == nil && r.status == 308 && r.header.Get("Location") == "/elsewhere"
			},
			308, 0,
		},
		"a status of nginx": {
			Fault{Kind: FaultStatusAfter, Status: 499},
			func(r reply, err error) bool {
				return err == nil && r.status == 499 && r.body["title"] == "Unknown status"
			},
			499, 1,
		},
		"a success that is none": {
			Fault{Kind: FaultStatus, Status: 200, Body: `{"error":{"runningExecution":{"pipelineExecutionId":"X"}}}`},
			func(r reply, err error) bool { return err == nil && r.status == 200 && r.body["error"] != nil }, 200, 0,
		},
		"the id in another place": {
			Fault{Kind: FaultBody, Body: `{"result":{"pipelineExecutionId":"EXECUTION_ID"}}`},
			func(r reply, err error) bool {
				result, _ := r.body["result"].(map[string]any)
				id, _ := result["pipelineExecutionId"].(string)
				return err == nil && r.status == 201 && len(id) == 36
			}, 201, 1,
		},
		"delay after": {
			Fault{Kind: FaultDelayAfter, Delay: Duration(time.Millisecond)},
			func(r reply, err error) bool { return err == nil && r.status == 201 }, 201, 1,
		},
		"forget token": {
			Fault{Kind: FaultForgetToken},
			func(r reply, err error) bool { return err == nil && r.status == 401 }, 401, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testScenario(Run{})
			s.Faults = []Fault{test.fault}
			bothWays(t, s, func(t *testing.T, c *client) {
				r, err := c.tryExecute()
				if !test.want(r, err) {
					t.Errorf("answered %d %q, error %v", r.status, r.text, err)
				}
				c.wantStarted(test.started)
				logged := c.server.Requests()[0]
				wantEqual(t, []any{logged.Status, logged.Fault, logged.Unexpected}, []any{test.status, test.fault.Kind, false})
			})
		})
	}
}

func broken(_ reply, err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
}

func TestFault_hangsUntilTheClientLeaves(t *testing.T) {
	t.Parallel()
	s := testScenario(Run{})
	s.Faults = []Fault{{Kind: FaultHang}}
	c := overSocket(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := c.send(c.request(ctx, http.MethodPost, testExecutions, executeJSON("")))
		left <- err
	}()
	if err := c.server.WaitForCalls(t.Context(), OpExecute, 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
	c.settle()
	c.wantStarted(1)
	wantEqual(t, c.server.Requests()[0].Status, 0)
}

func TestFault_dial(t *testing.T) {
	t.Parallel()
	s := testScenario(Run{})
	s.Faults = []Fault{{Kind: FaultDial, Times: 1}}
	t.Run("transport", func(t *testing.T) {
		t.Parallel()
		c := inProcess(t, s)
		_, err := c.tryExecute()
		var dial *net.OpError
		if !errors.As(err, &dial) || dial.Op != "dial" || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("error = %v", err)
		}
		wantEqual(t, c.server.Calls(""), 0)
		c.start()
	})
	t.Run("socket", func(t *testing.T) {
		t.Parallel()
		c := overSocket(t, s)
		if r, err := c.tryExecute(); !broken(r, err) {
			t.Errorf("error = %v", err)
		}
		c.wantStarted(0)
		c.start()
	})
}

func TestFault_delayInVirtualTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testScenario(Run{})
		s.Latency = second
		s.Faults = []Fault{{Kind: FaultDelay, Delay: 9 * second, Times: 2}}
		c := inProcess(t, s)
		begin := time.Now()
		c.start()
		wantEqual(t, time.Since(begin), 10*time.Second)

		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		begin = time.Now()
		_, err := c.send(c.request(ctx, http.MethodPost, testExecutions, executeJSON("")))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
		wantEqual(t, time.Since(begin), 4*time.Second)
		synctest.Wait()
		c.wantStarted(2)
	})
}

func TestFault_skipAndTimes(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	c.server.Inject(Fault{On: OpDetails, Kind: FaultStatus, Status: 500, Skip: 1, Times: 2})
	c.server.Inject(Fault{On: OpDetails, Kind: FaultStatus, Status: 502, Times: 3})
	id := c.start()
	var got []int
	for range 6 {
		got = append(got, c.details(id).status)
	}
	wantEqual(t, got, []int{502, 500, 500, 502, 502, 200})
	c.server.Inject(Fault{Kind: FaultStatus})
	wantEqual(t, c.details(id).status, 500)
	wantEqual(t, c.askToken(grant(defaultClientID, defaultClientSecret)).status, 200)
	c.server.ClearFaults()
	wantEqual(t, c.details(id).status, 200)
}

func TestFault_onAnOperation(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	c.server.Inject(Fault{On: OpToken, Kind: FaultStatus, Status: 503})
	c.start()
	r := c.askToken(grant(defaultClientID, defaultClientSecret))
	wantEqual(t, r.status, 503)
	wantEqual(t, r.text, `{"error":"server_error"}`)
}

func TestFault_onAPipeline(t *testing.T) {
	t.Parallel()
	c := inProcess(t, SampleScenario())
	c.server.Inject(Fault{Pipeline: "Nightly load.orch.yaml", Kind: FaultStatus, Status: 503})
	execute := func(pipeline string) int {
		return c.execute(`{"environmentName":"Production","pipelineName":"` + pipeline + `"}`).status
	}
	wantEqual(t, execute("Nightly load"), 503)
	wantEqual(t, execute("ingest/orders.orch.yaml"), 201)
	hit := c.server.StartElsewhere(Execution{PipelineName: "Nightly load.orch.yaml"})
	wantEqual(t, c.details(hit).status, 503)
	wantEqual(t, c.details(c.server.Started()[0].ID).status, 200)
	wantEqual(t, c.list(nil).status, 200)
}

func TestFault_percent(t *testing.T) {
	t.Parallel()
	count := func(seed uint64) (pattern string) {
		s := testScenario(Run{})
		s.Seed = seed
		s.Faults = []Fault{{Kind: FaultStatus, Percent: 25}}
		c := inProcess(t, s)
		for range 200 {
			if c.get(APIPath+"/v1/projects").status == 200 {
				pattern += "."
			} else {
				pattern += "x"
			}
		}
		return pattern
	}
	first := count(0)
	if hits := strings.Count(first, "x"); hits < 30 || hits > 70 {
		t.Errorf("%d of 200 requests hit, want about 50", hits)
	}
	wantEqual(t, count(1), first)
	if count(2) == first {
		t.Error("another seed hits the same requests")
	}
}

func TestFault_retryAfterDate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testScenario(Run{})
		s.ClockSkew = Duration(time.Hour)
		s.Faults = []Fault{{Kind: FaultStatus, Status: 429, RetryAfter: "date:90"}}
		r := inProcess(t, s).get(APIPath + "/v1/projects")
		wantEqual(t, r.header.Get("Retry-After"), "Sat, 01 Jan 2000 01:01:30 GMT")
		wantEqual(t, r.header.Get("Date"), "Sat, 01 Jan 2000 01:00:00 GMT")
	})
}

func TestInject_refusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, f := range []Fault{
		{}, {Kind: "explode"}, {Kind: FaultDrop, On: "delete"}, {Kind: FaultStatus, Status: 99},
		{Kind: FaultDrop, Percent: 101}, {Kind: FaultDrop, Skip: -1},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v was accepted", f)
				}
			}()
			New(Scenario{}).Inject(f)
		}()
	}
}
