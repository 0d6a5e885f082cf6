// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package matillion

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// fewReads is up to how many executions are read one by one: beyond it, one page of the list is the lesser effort.
	fewReads = 3
	// gatherFor is how long a look at what is followed waits for others to join it. All that wait in a process look at the
	// same ticks, so they arrive within milliseconds of each other.
	gatherFor = 20 * time.Millisecond
	// gatherAtMost bounds how long a batch waits for the one before it, of which a single read may be slow.
	gatherAtMost = 500 * time.Millisecond
	// listTimeout is when the list is too slow to be of use. It is known to be slow over wide windows.
	listTimeout = 5 * time.Second
	// listRest is for how long the list is left alone after it failed or was too slow.
	listRest = time.Minute
	// readsAtOnce bounds the single reads of one batch.
	readsAtOnce = 10
	// listedSince is how much earlier than it is known to have started an execution is looked for in the list.
	listedSince = time.Minute
	// listedUntil is how much later. What is known may be when it was asked for.
	listedUntil = 10 * time.Minute
)

// batchReader reads executions for many callers at once. Reads of one project that come together, or while another
// batch is under way, make one batch. A batch is one call of the list for up to a hundred executions; what is not found
// there, and a batch of few, is read one by one. Each caller has its answer as soon as it is there, whatever the others
// get.
type batchReader struct {
	executions *ExecutionsService

	mu        sync.Mutex
	gathering map[string]*batch // by project: takes more reads
	inFlight  map[string]*batch // by project: has been sent, and not been answered in full
	listRests time.Time         // until when the list is not used

	finished finishedCache
	// walking is held while the walks are used. Unlike a mutex it can be waited for with a context.
	walking *semaphore.Weighted
	walks   map[string][]*walk // by project
}

// purpose is what an execution is read for.
type purpose int

const (
	// toRefresh is to learn what became of an execution. Most have ended long since.
	toRefresh purpose = iota
	// toFollow is to wait for the end of an execution. Most are running still.
	toFollow
)

// gathers reports whether a read takes a moment to let others join.
func (p purpose) gathers() bool { return p == toFollow }

// walks reports whether the list is walked, so that each page of what has ended is listed once.
func (p purpose) walks() bool { return p == toRefresh }

// batch is a set of reads that are asked for together.
type batch struct {
	projectID string
	purpose   purpose                 // of the read that began it
	reads     map[string]*pendingRead // by execution id
	done      chan struct{}           // closed when every read is answered

	cancel  context.CancelFunc
	waiting int // callers that still want an answer
}

// pendingRead is one execution in a batch.
type pendingRead struct {
	since     time.Time
	answered  chan struct{} // closed when there is an execution, or an error
	execution Execution
	err       error
}

func (p *pendingRead) answer(execution Execution, err error) {
	p.execution, p.err = execution, err
	close(p.answered)
}

// read returns where an execution stands. The error is the context's when it ends first; a batch that nobody waits for
// any more is cut short.
func (r *batchReader) read(ctx context.Context, run Handle, why purpose) (Execution, error) {
	if execution, known := r.finished.recall(run, r.executions.client.secrets.count()); known {
		return execution, ctx.Err()
	}
	b, read := r.join(ctx, run, why)
	defer r.leave(b)
	select {
	case <-read.answered:
		return read.execution, read.err
	case <-ctx.Done():
		return Execution{}, ctx.Err()
	}
}

// join adds a read to the batch that is gathering, or begins one.
func (r *batchReader) join(ctx context.Context, run Handle, why purpose) (*batch, *pendingRead) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.gathering[run.ProjectID]
	if b == nil {
		b = &batch{
			projectID: run.ProjectID, purpose: why, reads: map[string]*pendingRead{}, done: make(chan struct{}),
		}
		if r.gathering == nil {
			r.gathering, r.inFlight = map[string]*batch{}, map[string]*batch{}
		}
		r.gathering[run.ProjectID] = b
		// The batch outlives the caller that began it, for as long as another one waits.
		detached, cancel := context.WithCancel(context.WithoutCancel(ctx))
		b.cancel = cancel
		go r.run(detached, b, r.inFlight[run.ProjectID])
	}
	b.waiting++
	if b.reads[run.ID] == nil {
		b.reads[run.ID] = &pendingRead{since: run.StartedAt, answered: make(chan struct{})}
	}
	return b, b.reads[run.ID]
}

// leave is called by each caller once. The last one ends what is still under way.
func (r *batchReader) leave(b *batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b.waiting--; b.waiting > 0 {
		return
	}
	b.cancel()
	if r.gathering[b.projectID] == b {
		delete(r.gathering, b.projectID)
	}
}

// run gathers, sends and answers a batch.
func (r *batchReader) run(ctx context.Context, b, before *batch) {
	b.gather(ctx, before)
	r.mu.Lock()
	if r.gathering[b.projectID] == b {
		delete(r.gathering, b.projectID)
	}
	r.inFlight[b.projectID] = b
	r.mu.Unlock()

	unanswered := maps.Clone(b.reads) // Nobody adds to it any more.
	switch {
	case !r.listIsUsable():
	case b.purpose.walks():
		r.readFromWalks(ctx, b.projectID, unanswered)
		// What a walk has passed without remembering it was running, and is asked for anew.
		r.readFromList(ctx, b.projectID, r.passed(ctx, b.projectID, unanswered), unanswered)
	default:
		r.readFromList(ctx, b.projectID, unanswered, unanswered)
	}
	r.readOneByOne(ctx, b, unanswered)

	r.mu.Lock()
	if r.inFlight[b.projectID] == b {
		delete(r.inFlight, b.projectID)
	}
	r.mu.Unlock()
	close(b.done)
}

// gather waits while others may join a batch: until the batch before it is answered, but not for long.
func (b *batch) gather(ctx context.Context, before *batch) {
	if before != nil {
		timer := time.NewTimer(gatherAtMost)
		defer timer.Stop()
		select {
		case <-before.done:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	if b.purpose.gathers() {
		_ = sleep(ctx, gatherFor) // Cut short, the reads fail on the same context.
	}
}

// readFromList answers what the list shows of executions that run, if they are more than a few: they are asked for anew
// each time. The list is newest first, so that executions which others started may stand between ours: it is followed
// until it has cost as many calls as single reads would. What is answered is taken from the unanswered.
func (r *batchReader) readFromList(ctx context.Context, projectID string, wanted, unanswered map[string]*pendingRead) {
	missing := dated(wanted)
	if missing <= fewReads {
		return
	}
	limited, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	pages, seen := 0, 0
	enough := func(listed []Execution) bool {
		pages++
		for ; seen < len(listed); seen++ {
			if wanted[listed[seen].ID] != nil {
				missing--
			}
		}
		return pages >= missing
	}
	earliest, latest := starts(wanted)
	query := ExecutionsQuery{ProjectID: projectID, StartedAfter: earliest.Add(-listedSince)}
	if until := latest.Add(listedUntil); until.Before(r.executions.client.clock.earliest(time.Now())) {
		query.StartedBefore = until // which leaves out all that others have started since
	}
	secrets := r.executions.client.secrets.count()
	listed, err := r.executions.List(limited, query, enough)
	if err != nil && ctx.Err() == nil {
		r.restList()
	}
	r.answerListed(listed, secrets, unanswered)
}

// answerListed answers what is listed, and takes it from the unanswered. The list was asked for when there were so many
// secrets.
func (r *batchReader) answerListed(listed []Execution, secrets int, unanswered map[string]*pendingRead) {
	r.finished.remember(listed, secrets)
	for _, execution := range listed {
		if read := unanswered[execution.ID]; read != nil && execution.Status != "" {
			read.answer(execution, nil)
			delete(unanswered, execution.ID)
		}
	}
}

// dated counts the reads of executions whose start is known. The others cannot be found in the list by their time, and
// are read alone; they keep nobody else from the list.
func dated(reads map[string]*pendingRead) int {
	count := 0
	for _, read := range reads {
		if !read.since.IsZero() {
			count++
		}
	}
	return count
}

// starts returns the earliest and the latest start of the reads, of those that are known.
func starts(reads map[string]*pendingRead) (earliest, latest time.Time) {
	for _, read := range reads {
		if read.since.IsZero() {
			continue
		}
		if earliest.IsZero() || read.since.Before(earliest) {
			earliest = read.since
		}
		if read.since.After(latest) {
			latest = read.since
		}
	}
	return earliest, latest
}

// readOneByOne answers the rest.
func (r *batchReader) readOneByOne(ctx context.Context, b *batch, unanswered map[string]*pendingRead) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, readsAtOnce)
	for id, read := range unanswered {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			read.answer(r.executions.executionOnce(ctx, Handle{ProjectID: b.projectID, ID: id}))
		})
	}
	wg.Wait()
}

func (r *batchReader) listIsUsable() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !time.Now().Before(r.listRests)
}

func (r *batchReader) restList() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listRests = time.Now().Add(listRest)
}
