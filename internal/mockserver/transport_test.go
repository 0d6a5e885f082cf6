// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// traced sends a request and returns the hooks that were called.
func (c *client) traced() []string {
	var calls []string
	note := func(name string) { calls = append(calls, name) }
	ctx := httptrace.WithClientTrace(c.t.Context(), &httptrace.ClientTrace{
		GetConn:              func(hostPort string) { note("GetConn " + hostPort) },
		GotConn:              func(httptrace.GotConnInfo) { note("GotConn") },
		WroteHeaders:         func() { note("WroteHeaders") },
		WroteRequest:         func(httptrace.WroteRequestInfo) { note("WroteRequest") },
		GotFirstResponseByte: func() { note("GotFirstResponseByte") },
	})
	_, _ = c.send(c.request(ctx, http.MethodPost, testExecutions, executeJSON("")))
	return calls
}

func TestTransport_hooks(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	sent := []string{"GetConn mock.example:443", "GotConn", "WroteHeaders", "WroteRequest"}
	wantEqual(t, c.traced(), append(sent, "GotFirstResponseByte"))
	c.server.Inject(Fault{Kind: FaultDial, Times: 1})
	wantEqual(t, c.traced(), sent[:1])
	c.server.Inject(Fault{Kind: FaultDrop})
	wantEqual(t, c.traced(), sent)
}

func TestTransport_answersLikeASocket(t *testing.T) {
	t.Parallel()
	for _, noDate := range []bool{false, true} {
		s := testScenario(Run{})
		s.NoDate = noDate
		var headers []http.Header
		for _, c := range []*client{overSocket(t, s), inProcess(t, s)} {
			resp, err := c.http.Do(c.request(t.Context(), http.MethodGet, APIPath+"/v1/nothing", ""))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.Body.Close() != nil {
				t.Fatal(err)
			}
			wantEqual(t, resp.Status, "404 Not Found")
			wantEqual(t, resp.ContentLength, int64(len(body)))
			wantEqual(t, resp.Header.Get("Date") == "", noDate)
			if !noDate {
				resp.Header.Set("Date", "some")
			}
			headers = append(headers, resp.Header)
		}
		wantEqual(t, headers[1], headers[0])
	}
}

func TestTransport_logsLikeASocket(t *testing.T) {
	t.Parallel()
	var logs []Request
	for _, c := range []*client{overSocket(t, testScenario(Run{})), inProcess(t, testScenario(Run{}))} {
		req := c.request(t.Context(), http.MethodGet, APIPath+"/v1/projects/a%2Fb%20c/environments?page=0", "")
		req.Header.Set("User-Agent", "test")
		req.Header.Set("Accept-Encoding", "identity")
		if _, err := c.send(req); err != nil {
			t.Fatal(err)
		}
		logged := c.server.Requests()[0]
		logged.At = time.Time{}
		if len(logged.Body) == 0 {
			logged.Body = nil
		}
		logs = append(logs, logged)
	}
	wantEqual(t, logs[1], logs[0])
	wantEqual(t, logs[0].Path, APIPath+"/v1/projects/a/b c/environments")
}

func TestTransport_contextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, testScenario(Run{}))
		cause := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		if _, err := c.send(c.request(ctx, http.MethodPost, testExecutions, executeJSON(""))); !errors.Is(err, cause) {
			t.Errorf("error = %v", err)
		}
		wantEqual(t, c.server.Calls(""), 0)

		c.server.Inject(Fault{Kind: FaultHang})
		c.http.Timeout = 30 * time.Second
		begin := time.Now()
		_, err := c.tryExecute()
		var timeout interface{ Timeout() bool }
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("error = %v", err)
		}
		wantEqual(t, time.Since(begin), 30*time.Second)
		c.wantStarted(1)
	})
}

func TestTransport_dripsInVirtualTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, testScenario(Run{}))
		c.server.Inject(Fault{Kind: FaultDrip, Delay: second})
		begin := time.Now()
		r, err := c.tryExecute()
		if err != nil || r.status != http.StatusCreated {
			t.Fatal(r, err)
		}
		wantEqual(t, time.Since(begin), time.Duration(len(r.text))*time.Second)

		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second+1)
		defer cancel()
		r, err = c.send(c.request(ctx, http.MethodPost, testExecutions, executeJSON("")))
		if !errors.Is(err, context.DeadlineExceeded) || r.text != `{"pip` {
			t.Errorf("read %q, error %v", r.text, err)
		}

		resp, err := c.http.Do(c.request(t.Context(), http.MethodPost, testExecutions, executeJSON("")))
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

func TestTransport_unreadBodyHoldsNothingUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, testScenario(Run{}))
		resp, err := c.http.Do(c.request(t.Context(), http.MethodPost, testExecutions, executeJSON("")))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	})
}

type failingBody struct{ io.Reader }

func (failingBody) Close() error { return errors.New("closing failed") }

func TestTransport_bodyCannotBeRead(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	req := c.request(t.Context(), http.MethodPost, testExecutions, "")
	req.Body = failingBody{strings.NewReader(executeJSON(""))}
	if _, err := c.send(req); err == nil || !strings.Contains(err.Error(), "closing failed") {
		t.Errorf("error = %v", err)
	}
	c.wantStarted(0)
}

func TestTransport_keepsItsConnectionForVirtualMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, testScenario(Run{Duration: 600 * second}))
		id := c.start()
		advance(10 * time.Minute)
		c.wantStatus(id, statusSuccess)
		wantEqual(t, c.traced(), []string{
			"GetConn mock.example:443", "GotConn", "WroteHeaders", "WroteRequest", "GotFirstResponseByte",
		})
		c.wantStarted(2)
	})
}

// What still hangs when the test is over would keep its bubble from ending.
func TestTransport_cleanupEndsWhatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, testScenario(Run{}))
		c.server.Inject(Fault{Kind: FaultHang})
		req := c.request(context.WithoutCancel(t.Context()), http.MethodPost, testExecutions, executeJSON(""))
		go func() { _, _ = c.send(req) }()
		synctest.Wait()
		c.wantStarted(1)
	})
}

func TestTransport_isGoneAfterCleanup(t *testing.T) {
	t.Parallel()
	var ends cleanups
	server := New(testScenario(Run{}))
	talks := &http.Client{Transport: server.Transport(&ends, &http.Transport{})}
	c := &client{t, server, talks, "https://mock.example", defaultToken, nil}
	c.start()
	ends.run()
	wantEqual(t, c.traced(), []string{"GetConn mock.example:443"})
	c.wantStarted(1)
}

// cleanups collects what a test would do at its end.
type cleanups []func()

func (c *cleanups) Cleanup(f func()) { *c = append(*c, f) }

func (c *cleanups) run() {
	for _, f := range *c {
		f()
	}
}

func TestTransport_refusedDialsComeFirst(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	c.server.Inject(Fault{On: OpExecute, Kind: FaultStatus, Times: 1})
	c.server.Inject(Fault{On: OpExecute, Kind: FaultDial, Pipeline: "another", Times: 1})
	c.server.Inject(Fault{On: OpExecute, Kind: FaultDial, Pipeline: testPipeline, Skip: 1, Times: 1})
	wantEqual(t, c.execute(executeJSON("")).status, http.StatusInternalServerError)
	if _, err := c.tryExecute(); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error = %v", err)
	}
	c.start()
	wantEqual(t, c.server.Calls(OpExecute), 2)
	c.wantStarted(1)
}

// Each request is counted once, on its way to the connection.
func TestTransport_refusedDialsAreCountedOnce(t *testing.T) {
	t.Parallel()
	c := inProcess(t, testScenario(Run{}))
	c.server.Inject(Fault{Kind: FaultDial, Skip: 2, Times: 1})
	c.start()
	c.start()
	if _, err := c.tryExecute(); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("error = %v", err)
	}
	c.start()
	c.wantStarted(3)
}
