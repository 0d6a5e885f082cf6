// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const events = `{"Action":"build-output","ImportPath":"example.org/broken","Output":"# broken\n"}
{"Action":"start","Package":"example.org/a"}
{"Time":"2026-01-01T00:00:01Z","Action":"run","Package":"example.org/a","Test":"TestPasses"}
{"Action":"output","Package":"example.org/a","Test":"TestPasses","Output":"=== RUN   TestPasses\n"}
{"Action":"output","Package":"example.org/a","Test":"TestPasses","Output":"a word too many\n"}
{"Action":"pass","Package":"example.org/a","Test":"TestPasses","Elapsed":0.5}
{"Time":"2026-01-01T00:00:02Z","Action":"run","Package":"example.org/a","Test":"TestFails"}
{"Action":"output","Package":"example.org/a","Test":"TestFails","Output":"    why it fails\n"}
{"Action":"output","Package":"example.org/a","Test":"TestFails","Output":"--- FAIL: TestFails (2.00s)\n"}
{"Action":"fail","Package":"example.org/a","Test":"TestFails","Elapsed":2}
{"Time":"2026-01-01T00:00:03Z","Action":"run","Package":"example.org/a","Test":"TestSkips"}
{"Action":"output","Package":"example.org/a","Test":"TestSkips","Output":"    why it is skipped\n"}
{"Action":"skip","Package":"example.org/a","Test":"TestSkips","Elapsed":0}
{"Time":"2026-01-01T00:00:04Z","Action":"run","Package":"example.org/a","Test":"TestWaits"}
{"Action":"pause","Package":"example.org/a","Test":"TestWaits"}
{"Time":"2026-01-01T00:00:05Z","Action":"run","Package":"example.org/a","Test":"TestRuns"}
{"Time":"2026-01-01T00:00:06Z","Action":"run","Package":"example.org/a","Test":"TestRuns/part"}
{"Action":"pass","Package":"example.org/a","Test":"TestRuns/part","Elapsed":1}
no event
{"Action":"output","Package":"example.org/a","Output":"PASS\n"}
{"Action":"output","Package":"example.org/a","Output":"ok  \texample.org/a\t2.6s\n"}
{"Action":"pass","Package":"example.org/a","Elapsed":2.6}
`

const want = `# broken
    why it fails
--- FAIL: TestFails (2.00s)
    why it is skipped
no event
ok  	example.org/a	2.6s
... 10s: 2 tests passed, 1 failed, 1 skipped, 1 running, the longest for 5s: a.TestRuns
The slowest tests:
    2.0s  a.TestFails
    1.0s  a.TestRuns/part
    0.5s  a.TestPasses
    0.0s  a.TestSkips
2 tests passed, 1 failed, 1 skipped in 11s
`

func TestReport(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	var got bytes.Buffer
	r := newReport(&got, began)
	for line := range scan(strings.NewReader(events)) {
		r.line(line)
	}
	r.tick(began.Add(10 * time.Second))
	r.end(began.Add(11 * time.Second))
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("the report differs (-want +got):\n%s", diff)
	}
}

func TestReport_saysThatItBuilds(t *testing.T) {
	t.Parallel()
	began := time.Now()
	var got bytes.Buffer
	newReport(&got, began).tick(began.Add(every))
	if want := "... 15s: building\n"; got.String() != want {
		t.Errorf("printed %q, want %q", got.String(), want)
	}
}

func TestRun_failsAsGoTestDoes(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), []string{"./missing"}, io.Discard)
	if failed, ok := errors.AsType[*exec.ExitError](err); !ok || failed.ExitCode() != 1 {
		t.Errorf("error %v, want the exit status 1", err)
	}
}
