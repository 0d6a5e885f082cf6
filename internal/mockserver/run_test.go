// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const second = Duration(time.Second)

func TestCourse_at(t *testing.T) {
	t.Parallel()
	phases := Run{Phases: []Phase{
		{After: second, Status: "QUEUED"},
		{After: 2 * second, Status: statusRunning},
		{After: 4 * second, Status: statusFailed, Message: "no"},
		{After: 5 * second, Status: statusSuccess},
	}}
	cancelled := course{run: Run{Duration: 9 * second, CancelTakes: 2 * second}, softCancel: true, softAfter: time.Second}
	stubborn := cancelled
	stubborn.run.IgnoresSoftCancel = true
	forced := stubborn
	forced.forcedCancel, forced.forcedAfter = true, 8*time.Second
	finished := course{run: Run{Forever: true}, finish: true, finishAfter: time.Second, finishStatus: statusFailed,
		finishMessage: "theirs"}

	for name, test := range map[string]struct {
		course  course
		elapsed time.Duration
		want    standing
	}{
		"zero value has ended": {course{}, 0, standing{statusSuccess, "", true, 0}},
		"running": {
			course{run: Run{Duration: second}}, time.Second - 1, standing{statusRunning, "", false, 0},
		},
		"ended to the moment": {
			course{run: Run{Duration: second, Message: "ok"}}, time.Second, standing{statusSuccess, "ok", true, time.Second},
		},
		"ended long ago": {
			course{run: Run{Duration: second, Ends: statusFailed}}, time.Hour, standing{statusFailed, "", true, time.Second},
		},
		"forever": {
			course{run: Run{Forever: true}}, 1000 * time.Hour, standing{statusRunning, "", false, 0},
		},
		"a word that ends nothing": {
			course{run: Run{Ends: "FORBIDDEN"}}, time.Second, standing{"FORBIDDEN", "", false, 0},
		},
		"before the phases": {course{run: phases}, 0, standing{statusRunning, "", false, 0}},
		"in a phase": {
			course{run: phases}, 1500 * time.Millisecond, standing{"QUEUED", "", false, time.Second},
		},
		"the first end counts": {
			course{run: phases}, time.Minute, standing{statusFailed, "no", true, 4 * time.Second},
		},
		"cancelling": {cancelled, 2 * time.Second, standing{statusCancelling, "", false, 0}},
		"cancelled": {
			cancelled, 3 * time.Second, standing{statusCancelled, cancelledMessage, true, 3 * time.Second},
		},
		"ignores a soft cancel": {stubborn, time.Hour, standing{statusCancelling, "", false, 0}},
		"forced": {
			forced, time.Hour, standing{statusCancelled, cancelledMessage, true, 8 * time.Second},
		},
		"finished by somebody":         {finished, time.Hour, standing{statusFailed, "theirs", true, time.Second}},
		"cancelled before it is asked": {course{softCancel: true}, 0, standing{statusCancelled, cancelledMessage, true, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := test.course.at(test.elapsed)
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(standing{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCourse_stepsAt(t *testing.T) {
	t.Parallel()
	steps := []Step{
		{Name: "first", Duration: second},
		{Name: "second", Status: statusFailed, Message: "broke", After: second, Duration: 3 * second},
		{Name: "third", Status: statusSkipped, After: 4 * second},
	}
	whole := course{run: Run{Duration: 4 * second, Ends: statusFailed, Steps: steps}}
	short := course{run: Run{Duration: 2 * second, Ends: statusFailed, Steps: steps}}
	cancelled := whole
	cancelled.forcedCancel, cancelled.forcedAfter = true, 2*time.Second

	for name, test := range map[string]struct {
		course  course
		elapsed time.Duration
		want    []string
	}{
		"first runs":  {whole, 0, []string{"first RUNNING 0s - "}},
		"second runs": {whole, time.Second, []string{"first SUCCESS 0s 1s ", "second RUNNING 1s - "}},
		"ended": {
			whole, time.Hour, []string{"first SUCCESS 0s 1s ", "second FAILED 1s 4s broke", "third SKIPPED - - "},
		},
		"run ends the step":  {short, time.Hour, []string{"first SUCCESS 0s 1s ", "second FAILED 1s 2s broke"}},
		"cancelled with it":  {cancelled, time.Hour, []string{"first SUCCESS 0s 1s ", "second CANCELLED 1s 2s "}},
		"a run without them": {course{}, time.Hour, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, step := range test.course.stepsAt(test.elapsed) {
				times := clockText(step.startedAt) + " " + clockText(step.finishedAt)
				got = append(got, step.Name+" "+step.status+" "+times+" "+step.Message)
			}
			wantEqual(t, got, test.want)
		})
	}
}

func clockText(d *time.Duration) string {
	if d == nil {
		return "-"
	}
	return d.String()
}
