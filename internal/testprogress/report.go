// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

// slowest is how many tests the end of the report names.
const slowest = 5

// test is a test by its package and its name.
type test struct{ pkg, name string }

func (t test) String() string { return path.Base(t.pkg) + "." + t.name }

// took is how long a test took, without what it waited for others.
type took struct {
	test
	seconds float64
}

// report is what is printed about the tests.
type report struct {
	out     io.Writer
	began   time.Time
	running map[test]time.Time // since when
	printed map[test]string    // what a test has printed
	ended   []took
	parents map[test]bool // have subtests, whose time is not theirs
	passed  int
	failed  int
	skipped int
}

func newReport(out io.Writer, began time.Time) *report {
	return &report{
		out: out, began: began,
		running: map[test]time.Time{}, printed: map[test]string{}, parents: map[test]bool{},
	}
}

func (r *report) event(e event) {
	t := test{e.Package, e.Test}
	switch e.Action {
	case "run", "cont":
		r.running[t] = e.Time
		if last := strings.LastIndex(t.name, "/"); last >= 0 {
			r.parents[test{t.pkg, t.name[:last]}] = true
		}
	case "pause":
		delete(r.running, t)
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "output":
		r.output(t, e.Output)
	case "pass", "fail", "skip":
		if t.name != "" {
			r.testEnded(t, e)
		}
	}
}

// output keeps what a test prints until its end, and prints what a package prints.
func (r *report) output(t test, text string) {
	switch {
	case strings.HasPrefix(text, "=== "), t.name == "" && text == "PASS\n":
	case t.name == "":
		fmt.Fprint(r.out, text)
	default:
		r.printed[t] += text
	}
}

// testEnded prints what a test has printed, unless it has passed.
func (r *report) testEnded(t test, e event) {
	switch e.Action {
	case "pass":
		r.passed++
	case "fail":
		r.failed++
		fmt.Fprint(r.out, r.printed[t])
	case "skip":
		r.skipped++
		fmt.Fprint(r.out, r.printed[t])
	}
	if !r.parents[t] {
		r.ended = append(r.ended, took{t, e.Elapsed})
	}
	delete(r.running, t)
	delete(r.printed, t)
}

// tick prints how far it is.
func (r *report) tick(now time.Time) {
	line := fmt.Sprintf("... %s: %s", now.Sub(r.began).Round(time.Second), r.counts())
	if len(r.running)+r.passed+r.failed == 0 {
		line = fmt.Sprintf("... %s: building", now.Sub(r.began).Round(time.Second))
	}
	var longest test
	for t, since := range r.running {
		if first := r.running[longest]; first.IsZero() || since.Before(first) {
			longest = t
		}
	}
	if since := r.running[longest]; !since.IsZero() {
		line += fmt.Sprintf(", %d running, the longest for %s: %s",
			len(r.running), now.Sub(since).Round(time.Second), longest)
	}
	fmt.Fprintln(r.out, line)
}

func (r *report) counts() string {
	return fmt.Sprintf("%d tests passed, %d failed, %d skipped", r.passed, r.failed, r.skipped)
}

// end prints the outcome.
func (r *report) end(now time.Time) {
	slices.SortFunc(r.ended, func(a, b took) int { return cmp.Compare(b.seconds, a.seconds) })
	fmt.Fprintln(r.out, "The slowest tests:")
	for _, t := range r.ended[:min(slowest, len(r.ended))] {
		fmt.Fprintf(r.out, "%7.1fs  %s\n", t.seconds, t.test)
	}
	fmt.Fprintf(r.out, "%s in %s\n", r.counts(), now.Sub(r.began).Round(time.Second))
}
