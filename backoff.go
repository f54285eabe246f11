package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// reconnectTime is how long a lost connection is tried again: a server that is stopped and
// started takes its drain grace and a little more.
const reconnectTime = 2 * time.Minute

// Waits between attempts.
const (
	firstWait = 100 * time.Millisecond
	longWait  = 3 * time.Second
)

// backoff is the waiting between attempts to do something: longer each time, and not for ever.
type backoff struct {
	patience time.Duration // from the first failure on
	told     func(error)   // is called with the first failure
	wait     time.Duration
	since    time.Time // of the first failure; zero if there was none
}

// reset forgets the failures.
func (b *backoff) reset() { b.since = time.Time{} }

// begun reports whether there was a failure.
func (b *backoff) begun() bool { return !b.since.IsZero() }

// again waits after a failure. It returns an error when enough was tried, or the context's.
func (b *backoff) again(ctx context.Context, failure error) error {
	if !b.begun() {
		b.since, b.wait = time.Now(), firstWait
		b.told(failure)
	}
	if time.Since(b.since)+b.wait > b.patience {
		return fmt.Errorf("the connection was lost, and did not come back within %v: %w", b.patience, failure)
	}
	pause := time.NewTimer(b.wait/2 + rand.N(b.wait/2)) //nolint:gosec // so that clients do not all come at once; nobody has to guess
	defer pause.Stop()
	b.wait = min(2*b.wait, longWait)
	select {
	case <-pause.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
