package store

import (
	"context"
	"fmt"
	"sync"
)

// maxBatch is how many changes share a transaction, and with it the wait for the disk.
const maxBatch = 256

// change is one request to the writer. Its work runs within a transaction, and once more if that
// fails. It returns one of the answers if there is nothing to undo, and another error if
// the transaction cannot go on.
type change struct {
	work   func(transaction) error
	result chan error // has room for the result, so that the writer never waits
}

// writer is the one goroutine that changes the database.
type writer struct {
	db    *pool // of one connection
	queue chan change
	done  chan struct{} // closed after the last change

	mu     sync.RWMutex
	closed bool // guarded by mu; the queue is closed with it
}

func startWriter(db *pool) *writer {
	w := &writer{db: db, queue: make(chan change, maxBatch), done: make(chan struct{})}
	go w.serve()
	return w
}

// do has work done and returns its result, once that is on disk.
func (w *writer) do(ctx context.Context, work func(transaction) error) error {
	c := change{work: work, result: make(chan error, 1)}
	if err := w.enqueue(ctx, c); err != nil {
		return err
	}
	select {
	case err := <-c.result:
		return err
	case <-ctx.Done():
		return fmt.Errorf("wait for the disk: %w", context.Cause(ctx))
	}
}

func (w *writer) enqueue(ctx context.Context, c change) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return ErrClosed
	}
	select {
	case w.queue <- c:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the writer: %w", context.Cause(ctx))
	}
}

// close returns after everything in the queue has been done.
func (w *writer) close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.done
}

func (w *writer) serve() {
	defer close(w.done)
	for first := range w.queue {
		w.commit(w.collect(first))
	}
}

// collect returns first and whatever waits behind it.
func (w *writer) collect(first change) []change {
	batch := []change{first}
	for len(batch) < maxBatch {
		select {
		case c, open := <-w.queue:
			if !open {
				return batch
			}
			batch = append(batch, c)
		default:
			return batch
		}
	}
	return batch
}

// commit does all changes of a batch in one transaction and tells the results. If that fails, each
// gets a transaction of its own: one that cannot be done must not fail the others.
func (w *writer) commit(batch []change) {
	results, err := w.attempt(batch)
	if err != nil && len(batch) > 1 {
		for i := range batch {
			w.commit(batch[i : i+1])
		}
		return
	}
	for i, c := range batch {
		if err != nil {
			c.result <- err
		} else {
			c.result <- results[i]
		}
	}
}

// attempt returns the result of each change, or why none of them was made.
func (w *writer) attempt(batch []change) ([]error, error) {
	tx, err := w.db.Begin()
	if err != nil {
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	results := make([]error, len(batch))
	for i, c := range batch {
		if results[i] = c.work(transaction{tx, w.db}); results[i] != nil && !isAnswer(results[i]) {
			return nil, results[i]
		}
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("commit transaction: %w", err)
	}
	return results, nil
}
