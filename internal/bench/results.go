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

// writeTable writes the medians as a table, each beside the multiple of the first subject's.
func (r results) writeTable(out io.Writer) {
	fmt.Fprintln(out, "| | | time | | CPU | | peak memory | API calls: token, POST, other |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- | --- |")
	for _, phase := range phases() {
		floor := median(r[phase][subjects()[0].name])
		for _, subject := range subjects() {
			m := median(r[phase][subject.name])
			fmt.Fprintf(out, "| %s | %s | %.2f s | %.2f | %.2f s | %.2f | %d MB | %d, %d, %d |\n", phase, subject.name,
				m.wall.Seconds(), m.wall.Seconds()/floor.wall.Seconds(), m.cpu.Seconds(), m.cpu.Seconds()/floor.cpu.Seconds(),
				m.peakKB/1024, m.calls.tokens, m.calls.posts, m.calls.others)
		}
	}
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
		wall:   time.Duration(middle(func(m measurement) int64 { return int64(m.wall) })),
		cpu:    time.Duration(middle(func(m measurement) int64 { return int64(m.cpu) })),
		peakKB: middle(func(m measurement) int64 { return m.peakKB }),
		calls: calls{
			tokens: int(middle(func(m measurement) int64 { return int64(m.calls.tokens) })),
			posts:  int(middle(func(m measurement) int64 { return int64(m.calls.posts) })),
			others: int(middle(func(m measurement) int64 { return int64(m.calls.others) })),
		},
	}
}
