package matillion

import "sync"

// endedAtMost bounds how many executions are remembered to have ended.
const endedAtMost = 10 * pageSize

// endings remembers executions that have ended, about which nothing changes any more. A page of the list tells more than
// it was asked for, and Terraform, which reads ten at a time, is about to ask for the others on it.
type endings struct {
	mu    sync.Mutex
	known map[Ref]Execution
}

// remember keeps what has ended of a list: without what has a message, for that may hold a secret that becomes known
// only later.
func (e *endings) remember(listed []Execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known == nil || len(e.known) > endedAtMost {
		e.known = map[Ref]Execution{}
	}
	for _, execution := range listed {
		if execution.Status.Ended() && execution.Message == "" {
			e.known[execution.Ref()] = execution
		}
	}
}

// recall returns an execution that is remembered.
func (e *endings) recall(ref Ref) (execution Execution, known bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	execution, known = e.known[ref]
	return execution, known
}
