package provider

import (
	"context"
	"sync"
	"time"
)

// askTimeout bounds a question. Nobody waits for long for what only helps.
const askTimeout = 5 * time.Second

// askedOnce answers questions. Each is asked once, however many want to know, and whatever comes of it: one that failed
// or took too long is not asked again.
type askedOnce[K comparable, V any] struct {
	ask func(context.Context, K) (V, error)

	mu      sync.Mutex
	answers map[K]*answer[V]
}

// answer is what comes of a question.
type answer[V any] struct {
	given chan struct{}
	value V
	err   error
}

// about returns the answer to a question, and asks it if nobody has. Whoever asks does so for others too, so that the
// end of the context does not reach the question.
func (a *askedOnce[K, V]) about(ctx context.Context, key K) *answer[V] {
	a.mu.Lock()
	defer a.mu.Unlock()
	if known := a.answers[key]; known != nil {
		return known
	}
	pending := &answer[V]{given: make(chan struct{})}
	if a.answers == nil {
		a.answers = map[K]*answer[V]{}
	}
	a.answers[key] = pending
	go func() {
		defer close(pending.given)
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
		defer cancel()
		pending.value, pending.err = a.ask(limited, key)
	}()
	return pending
}

// wait returns the answer when it is there, or the context's error.
func (a *answer[V]) wait(ctx context.Context) (V, error) {
	select {
	case <-a.given:
		return a.value, a.err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}
