// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// ledger is what this process knows of executions: which it has started, adopted or read, and which of its execute
// calls have no answer. To claim an execution is to enter it as started or adopted, which succeeds once. It is what
// makes the search for a lost execution trustworthy: an execution that belongs to another call of this process must
// never be taken for the lost one.
type ledger struct {
	mu    sync.Mutex
	runs  map[string]origin // by id, in lower case
	calls map[*call]bool    // written and not answered, or lost and not found
}

// origin is how this process came to know an execution.
type origin int

const (
	// originRead: somebody follows it, whoever started it.
	originRead origin = iota + 1
	// originStarted: this process has started it.
	originStarted
	// originAdopted: this process has found it, and keeps it as if it had started it.
	originAdopted
	// originReleased: whoever followed it here has let go of it.
	originReleased
)

// call is an execute call, from the moment when it is about to be written.
type call struct {
	ledger    *ledger
	req       ExecuteRequest
	writtenAt time.Time
	// answered is closed when the call has an answer, or is lost.
	answered chan struct{}
	// isLost is guarded by the ledger's mutex.
	isLost bool
}

// write enters a call that is about to be written.
func (l *ledger) write(req ExecuteRequest) *call {
	c := &call{ledger: l, req: req, writtenAt: time.Now(), answered: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls == nil {
		l.calls = map[*call]bool{}
	}
	l.calls[c] = true
	return c
}

// note keeps how an execution came to be known. A claim is only replaced by a release.
func (l *ledger) note(id string, how origin) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noteLocked(id, how)
}

func (l *ledger) noteLocked(id string, how origin) {
	if l.runs == nil {
		l.runs = map[string]origin{}
	}
	id = strings.ToLower(id)
	l.runs[id] = max(l.runs[id], how)
}

// origin returns how an execution is known; 0 if it is not.
func (l *ledger) origin(id string) origin {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.runs[strings.ToLower(id)]
}

// recordRefusal strikes out a call that started nothing.
func (c *call) recordRefusal() {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	delete(c.ledger.calls, c)
	close(c.answered)
}

// recordStart strikes out a call that started an execution, and claims the execution. It reports false if the execution
// is known already: then it is another one's.
func (c *call) recordStart(id string) bool {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	delete(c.ledger.calls, c)
	close(c.answered)
	return c.ledger.claimLocked(id, originStarted)
}

// recordLoss keeps a call without an answer in the ledger: until its execution is found, nobody else may claim one that
// it could be.
func (c *call) recordLoss() {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	c.isLost = true
	close(c.answered)
}

// adopt claims an execution for a lost call, unless another call without an answer could have started it too: one that
// was written by the given time, when the looks ended.
func (c *call) adopt(e Execution, looksEnded time.Time) bool {
	c.ledger.mu.Lock()
	defer c.ledger.mu.Unlock()
	for other := range c.ledger.calls {
		if other != c && other.mayHaveStarted(c.req, e) && !other.writtenAt.After(looksEnded) {
			return false
		}
	}
	if !c.ledger.claimLocked(e.ID, originAdopted) {
		return false
	}
	delete(c.ledger.calls, c)
	return true
}

// claim claims an execution as adopted, unless it is known already.
func (l *ledger) claim(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.claimLocked(id, originAdopted)
}

func (l *ledger) claimLocked(id string, how origin) bool {
	if l.runs[strings.ToLower(id)] != 0 {
		return false
	}
	l.noteLocked(id, how)
	return true
}

// mayHaveStarted reports whether a call might have started one of the executions that the list shows for a request. Two
// pipelines whose names differ by their extensions alone may be listed without it.
func (c *call) mayHaveStarted(req ExecuteRequest, listed ...Execution) bool {
	return c.sharesPlace(req) && slices.ContainsFunc(listed, func(e Execution) bool {
		return CompareNames(c.req.PipelineName, e.PipelineName) != NamesDiffer
	})
}

func (c *call) sharesPlace(req ExecuteRequest) bool {
	return strings.EqualFold(c.req.ProjectID, req.ProjectID) && c.req.EnvironmentName == req.EnvironmentName
}

// unanswered returns the calls under way that match. Calls that are lost have nothing to wait for.
func (l *ledger) unanswered(matches func(*call) bool) []*call {
	l.mu.Lock()
	defer l.mu.Unlock()
	var calls []*call
	for c := range l.calls {
		if !c.isLost && matches(c) {
			calls = append(calls, c)
		}
	}
	return calls
}

// anyLost reports whether a lost call matches.
func (l *ledger) anyLost(matches func(*call) bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.calls {
		if c.isLost && matches(c) {
			return true
		}
	}
	return false
}

// awaitAnswers waits until the calls have answers or are lost, or the context ends. A call has an answer, or is lost,
// within the timeout of a request.
func awaitAnswers(ctx context.Context, calls []*call) {
	for _, c := range calls {
		select {
		case <-c.answered:
		case <-ctx.Done():
			return
		}
	}
}
