package matillion

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// fewReads is up to how many executions are read one by one: beyond it, one page of the list is the lesser effort.
	fewReads = 3
	// gatherFor is how long a patient read waits for others to join it. All that wait in a process look at the same
	// ticks, so they arrive within milliseconds of each other.
	gatherFor = 20 * time.Millisecond
	// listTimeout is when the list is too slow to be of use. It is known to be slow over wide windows.
	listTimeout = 5 * time.Second
	// listRest is for how long the list is left alone after it failed or was too slow.
	listRest = time.Minute
	// readsAtOnce bounds the single reads of one batch.
	readsAtOnce = 10
)

// reader reads executions for many callers at once. Reads of one project that come together, or while another batch is
// under way, make one batch. A batch is one call of the list for up to a hundred executions; what is not found there,
// and a batch of few, is read one by one.
type reader struct {
	client *Client

	mu        sync.Mutex
	gathering map[string]*batch // by project: takes more reads
	under     map[string]*batch // by project: has been sent, and not been answered
	listRests time.Time         // until when the list is not used
}

// batch is a set of reads that are answered together.
type batch struct {
	projectID string
	reads     map[string]time.Time // by execution id: when it started
	answers   map[string]readAnswer
	done      chan struct{}

	cancel  context.CancelFunc
	waiting int // callers that still want the answer
}

type readAnswer struct {
	execution Execution
	err       error
}

// read returns where an execution stands. A patient read takes a moment to let others join. The error is the context's
// when it ends first; a batch that nobody waits for any more is cut short.
func (r *reader) read(ctx context.Context, ref Ref, since time.Time, patient bool) (Execution, error) {
	b := r.join(ctx, ref, since, patient)
	select {
	case <-b.done:
		answer := b.answers[ref.ID]
		return answer.execution, answer.err
	case <-ctx.Done():
		r.leave(b)
		return Execution{}, ctx.Err()
	}
}

// join adds a read to the batch that is gathering, or begins one.
func (r *reader) join(ctx context.Context, ref Ref, since time.Time, patient bool) *batch {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.gathering[ref.ProjectID]
	if b == nil {
		b = &batch{projectID: ref.ProjectID, reads: map[string]time.Time{}, done: make(chan struct{})}
		if r.gathering == nil {
			r.gathering, r.under = map[string]*batch{}, map[string]*batch{}
		}
		r.gathering[ref.ProjectID] = b
		// The batch outlives the caller that began it, for as long as another one waits.
		detached, cancel := context.WithCancel(context.WithoutCancel(ctx))
		b.cancel = cancel
		go r.run(detached, b, r.under[ref.ProjectID], patient)
	}
	if known, ok := b.reads[ref.ID]; !ok || since.Before(known) {
		b.reads[ref.ID] = since
	}
	b.waiting++
	return b
}

func (r *reader) leave(b *batch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b.waiting--; b.waiting == 0 {
		b.cancel()
		if r.gathering[b.projectID] == b {
			delete(r.gathering, b.projectID)
		}
	}
}

// run gathers, sends and answers a batch.
func (r *reader) run(ctx context.Context, b, before *batch, patient bool) {
	defer b.cancel()
	if before != nil {
		select {
		case <-before.done:
		case <-ctx.Done():
		}
	}
	if patient {
		_ = sleep(ctx, gatherFor) // Cut short, the reads fail on the same context.
	}
	r.mu.Lock()
	if r.gathering[b.projectID] == b {
		delete(r.gathering, b.projectID)
	}
	r.under[b.projectID] = b
	r.mu.Unlock()

	b.answers = r.answer(ctx, b)

	r.mu.Lock()
	if r.under[b.projectID] == b {
		delete(r.under, b.projectID)
	}
	r.mu.Unlock()
	close(b.done)
}

// answer reads the executions of a batch. Nobody adds to it any more.
func (r *reader) answer(ctx context.Context, b *batch) map[string]readAnswer {
	answers := map[string]readAnswer{}
	if len(b.reads) > fewReads && !b.earliest().IsZero() && r.listIsUsable() {
		r.readFromList(ctx, b, answers)
	}
	r.readOneByOne(ctx, b, answers)
	return answers
}

// readFromList answers what a few pages of the list tell. The list is newest first, so that executions which others
// started may stand between ours.
func (r *reader) readFromList(ctx context.Context, b *batch, answers map[string]readAnswer) {
	limited, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	enough := func(listed []Execution) bool {
		found := 0
		for _, execution := range listed {
			if _, ours := b.reads[execution.ID]; ours {
				found++
			}
		}
		return found == len(b.reads) || len(listed) > len(b.reads)+pageSize
	}
	listed, err := r.client.Executions(limited, ExecutionsQuery{
		ProjectID: b.projectID, StartedAfter: b.earliest().Add(-time.Minute),
	}, enough)
	if err != nil && ctx.Err() == nil {
		r.restList()
	}
	for _, execution := range listed {
		if _, ours := b.reads[execution.ID]; ours && execution.Status != "" {
			answers[execution.ID] = readAnswer{execution: execution}
		}
	}
}

// earliest returns the earliest start in a batch. An unknown one, the zero time, comes before all.
func (b *batch) earliest() time.Time {
	return slices.MinFunc(slices.Collect(maps.Values(b.reads)), time.Time.Compare)
}

// readOneByOne answers what has no answer yet.
func (r *reader) readOneByOne(ctx context.Context, b *batch, answers map[string]readAnswer) {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		slots = make(chan struct{}, readsAtOnce)
	)
	for id := range b.reads {
		if _, answered := answers[id]; answered {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			execution, err := r.client.executionOnce(ctx, Ref{ProjectID: b.projectID, ID: id})
			mu.Lock()
			defer mu.Unlock()
			answers[id] = readAnswer{execution, err}
		})
	}
	wg.Wait()
}

func (r *reader) listIsUsable() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !time.Now().Before(r.listRests)
}

func (r *reader) restList() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listRests = time.Now().Add(listRest)
}
