// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// results are all measurements of each subject in each phase.
type results map[string]map[string][]measurement // by phase, by subject

func newResults() results {
	r := results{}
	for _, phase := range phases() {
		r[phase] = map[string][]measurement{}
	}
	return r
}

func (r results) add(phase string, s subject, m measurement) {
	r[phase][s.name] = append(r[phase][s.name], m)
}

// writeTable writes the medians as a table. Each time stands beside its multiples of what the floor and the idle
// provider take.
func (r results) writeTable(out io.Writer, subjects []subject) {
	fmt.Fprintln(out, "| | | time | /floor | /idle | CPU | /floor | /idle | peak memory | calls: token, POST, other |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, phase := range phases() {
		floor, idle := median(r[phase][floorName]), median(r[phase][idleName])
		for _, subject := range subjects {
			m := median(r[phase][subject.name])
			fmt.Fprintf(out, "| %s | %s | %s | %s | %s | %d, %d, %d |\n", phase, subject.name,
				compare(m.wall, floor.wall, idle.wall), compare(m.cpu, floor.cpu, idle.cpu), megabytes(m.peak),
				m.calls.tokens, m.calls.posts, m.calls.others)
		}
	}
}

// compare formats a time and its multiples of the floor and of the idle provider, each for a cell of its own.
func compare(took, floor, idle time.Duration) string {
	multiple := func(of time.Duration) float64 { return took.Seconds() / of.Seconds() }
	return fmt.Sprintf("%.2f s | %.2f | %.2f", took.Seconds(), multiple(floor), multiple(idle))
}

func megabytes(bytes int64) string {
	if bytes == 0 {
		return "not known"
	}
	return fmt.Sprintf("%d MB", bytes>>20)
}

// median takes each quantity's own median.
func median(measured []measurement) measurement {
	middle := func(of func(measurement) int64) int64 {
		values := make([]int64, 0, len(measured))
		for _, m := range measured {
			values = append(values, of(m))
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return measurement{
		wall: time.Duration(middle(func(m measurement) int64 { return int64(m.wall) })),
		cpu:  time.Duration(middle(func(m measurement) int64 { return int64(m.cpu) })),
		peak: middle(func(m measurement) int64 { return m.peak }),
		calls: calls{
			tokens: int(middle(func(m measurement) int64 { return int64(m.calls.tokens) })),
			posts:  int(middle(func(m measurement) int64 { return int64(m.calls.posts) })),
			others: int(middle(func(m measurement) int64 { return int64(m.calls.others) })),
		},
	}
}
