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

// paused is what was left of the deadlines when they were stopped.
type paused struct {
	since      time.Time // zero if they go on
	wall, idle time.Duration
}

func (w *watch) pause() {
	w.left = paused{since: time.Now(), wall: w.wall.left(), idle: w.idle.left()}
	w.wall, w.idle, w.wallIsClose = deadline{}, deadline{}, false
	if !w.run.Warning().IsZero() {
		w.run.warn(time.Time{})
	}
}

func (w *watch) unpause() {
	if w.left.wall > 0 {
		w.wall = newDeadline(w.run.timeout(), w.left.wall)
	}
	if w.left.idle > 0 {
		w.idle = newDeadline(w.run.registry.config.IdleTimeout, w.left.idle)
	}
	w.left = paused{}
}
