package run

import (
	"time"

	"spool/store"
)

// Clients are warned of a deadline so long before: a part of all the time, at most maxLead.
const (
	leadPart = 10
	maxLead  = 30 * time.Second
)

// deadline is when a run is ended for taking too long. The zero deadline never comes.
type deadline struct {
	at        time.Time
	warn, due <-chan time.Time
}

// left is how long it is until the deadline comes, at least a moment if it is to come at all.
func (d deadline) left() time.Duration {
	if d.at.IsZero() {
		return 0
	}
	return max(time.Until(d.at), time.Millisecond)
}

// newDeadline returns the deadline of something that may take so long, and has left of
// that what is left.
func newDeadline(all, left time.Duration) deadline {
	lead := min(all/leadPart, maxLead)
	return deadline{at: time.Now().Add(left), warn: time.After(left - lead), due: time.After(left)}
}

// start starts the deadlines of a run that got its prompt at some time.
func (w *watch) start(at time.Time) {
	w.run.change(func(record *store.Run) { record.StartedAt = &at })
	if timeout := w.run.timeout(); w.turn.Result == nil {
		w.wall = newDeadline(timeout, timeout-time.Since(at))
	}
	w.restIdle()
}

// restIdle starts the idle deadline again, if there is one.
func (w *watch) restIdle() {
	d := w.run.registry.config.IdleTimeout
	if d <= 0 || w.turn.Result != nil || !w.left.since.IsZero() {
		return
	}
	if w.idle = newDeadline(d, d); !w.run.Warning().IsZero() && !w.wallIsClose {
		w.run.warn(time.Time{})
	}
}
