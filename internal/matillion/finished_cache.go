// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import "sync"

// finishedAtMost bounds how many executions are remembered to have ended.
const finishedAtMost = 100_000

// finishedCache remembers executions that have ended, about which nothing changes any longer. A page of the list
// returns more than was asked for, and Terraform, which reads ten at a time, is about to ask for the others on it.
type finishedCache struct {
	mu    sync.Mutex
	known map[Handle]finished
}

// finished is an execution that has ended, and how many secrets were kept out of its message.
type finished struct {
	execution Execution
	secrets   int
}

// remember keeps what has ended of a list that was asked for when there were so many secrets.
func (f *finishedCache) remember(listed []Execution, secrets int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil || len(f.known) > finishedAtMost {
		f.known = map[Handle]finished{}
	}
	for _, execution := range listed {
		if execution.Status.Ended() {
			f.known[execution.Handle().key()] = finished{execution, secrets}
		}
	}
}

// recall returns an execution that is remembered, unless its message may hold a secret that has become known since.
func (f *finishedCache) recall(run Handle, secrets int) (execution Execution, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	end, known := f.known[run.key()]
	return end.execution, known && (end.execution.Message == "" || end.secrets == secrets)
}
