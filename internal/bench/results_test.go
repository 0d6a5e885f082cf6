// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"strings"
	"testing"
	"time"
)

// The median is taken of each quantity alone, and each time compared with the floor and with the idle provider.
func TestWriteTable_comparesWithFloorAndIdle(t *testing.T) {
	t.Parallel()

	r, subjects := newResults(), (&bench{}).subjects()
	for _, phase := range phases() {
		for i, subject := range subjects {
			unit := time.Duration(i+1) * time.Second
			r.add(phase, subject, measurement{wall: unit, cpu: 3 * unit, peak: 3 << 20, calls: calls{posts: 7}})
			r.add(phase, subject, measurement{wall: 9 * unit, cpu: unit, peak: 2 << 20, calls: calls{posts: 9}})
			r.add(phase, subject, measurement{wall: 2 * unit, cpu: 2 * unit, peak: 1 << 20, calls: calls{posts: 8}})
		}
	}
	var out strings.Builder
	r.writeTable(&out, subjects)
	for _, want := range []string{
		"| apply | `terraform_data` | 2.00 s | 1.00 | 0.50 | 2.00 s | 1.00 | 0.50 | 2 MB | 0, 8, 0 |\n",
		"| destroy | runs | 6.00 s | 3.00 | 1.50 | 6.00 s | 3.00 | 1.50 | 2 MB | 0, 8, 0 |\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
}

func TestMegabytes_notReported(t *testing.T) {
	t.Parallel()

	if got := megabytes(0); got != "not known" {
		t.Errorf("got %q for a peak that the system does not report", got)
	}
}
