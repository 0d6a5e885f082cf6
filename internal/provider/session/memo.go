// Copyright The terraform-provider-matillion Authors
// SPDX-License-Identifier: MPL-2.0

package session

import (
	"context"
	"sync"
	"time"
)

// AskTimeout bounds a question of a [Memo]: nobody waits for long for what only helps.
const AskTimeout = 5 * time.Second

// Memo asks each question once, however many want to know, and remembers the answer, even if it is an error.
type Memo[K comparable, V any] struct {
	ask func(context.Context, K) (V, error)

	mu      sync.Mutex
	answers map[K]*Answer[V]
}

// Answer is the answer to a question, which may not have come yet.
type Answer[V any] struct {
	done  chan struct{}
	value V
	err   error
}

// Ask returns the answer to a question without waiting for it. The question is asked for others too, so that the end of
// the context does not reach it.
func (m *Memo[K, V]) Ask(ctx context.Context, key K) *Answer[V] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known := m.answers[key]; known != nil {
		return known
	}
	answer := &Answer[V]{done: make(chan struct{})}
	if m.answers == nil {
		m.answers = map[K]*Answer[V]{}
	}
	m.answers[key] = answer
	go func() {
		defer close(answer.done)
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), AskTimeout)
		defer cancel()
		answer.value, answer.err = m.ask(limited, key)
	}()
	return answer
}

// Expect gives a question the answer to another: what a plan is about to bring about is there for the rest of the plan.
func (m *Memo[K, V]) Expect(key K, answer *Answer[V]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.answers == nil {
		m.answers = map[K]*Answer[V]{}
	}
	m.answers[key] = answer
}

// Wait returns the answer when it has come, or the context's error.
func (a *Answer[V]) Wait(ctx context.Context) (V, error) {
	select {
	case <-a.done:
		return a.value, a.err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}
