package matillion

import (
	"context"
	"math"
	"path"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// startBook is what this process knows of the executions it started. It is what makes the search for a lost execution
// trustworthy: an execution that another resource of the same apply started must not be taken for the lost one.
type startBook struct {
	mu    sync.Mutex
	ids   map[string]bool
	pages map[startKey]*startPage
}

// startKey is what the list of executions tells apart for sure.
type startKey struct{ projectID, environmentName, pipeline string }

// startPage is the part of the book about one pipeline in one environment.
type startPage struct {
	// gate is shared by the calls that execute the pipeline, and held alone by a search: during a search, every other
	// call has either come back with an id or been counted as lost.
	gate *semaphore.Weighted
	// lost counts the calls whose answers were lost and which have not been settled. Two of them cannot be told apart.
	lost atomic.Int64
}

// alone is the whole weight of a gate.
const alone = math.MaxInt32

func (b *startBook) page(req ExecuteRequest) *startPage {
	// Names that may mean the same pipeline, see [SamePipeline], share a page.
	name := trimPipelineExtension(path.Base(req.PipelineName))
	key := startKey{strings.ToLower(req.ProjectID), req.EnvironmentName, name}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pages == nil {
		b.pages = map[startKey]*startPage{}
	}
	if b.pages[key] == nil {
		b.pages[key] = &startPage{gate: semaphore.NewWeighted(alone)}
	}
	return b.pages[key]
}

func (b *startBook) know(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ids == nil {
		b.ids = map[string]bool{}
	}
	b.ids[id] = true
}

func (b *startBook) knows(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ids[id]
}

func (p *startPage) enter(ctx context.Context) error      { return p.gate.Acquire(ctx, 1) }
func (p *startPage) leave()                               { p.gate.Release(1) }
func (p *startPage) enterAlone(ctx context.Context) error { return p.gate.Acquire(ctx, alone) }
func (p *startPage) leaveAlone()                          { p.gate.Release(alone) }
