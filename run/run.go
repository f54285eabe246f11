package run

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"spool/claude"
	"spool/schema"
	"spool/store"
)

// Run is one prompt on its way, or one that has arrived.
type Run struct {
	// ID is ours, random, and safe in a path: see [schema.RunID].
	ID string

	conversation string // "" if it is no turn of one
	registry     *Registry
	output       output                 // its own …
	source       atomic.Pointer[output] // … and where it is as long as the run goes on
	turn         *Turn                  // nil for a run of no conversation, and for one of an earlier server
	retire       *living                // a process that served others before, and has ended
	approvals    approvals
	ticket       *ticket       // nil for a run that has ended before this server looked at it
	start        *claude.Start // nil until the run has its place, and for one that was started by an earlier server
	log          *slog.Logger

	ctx  context.Context // ends with the Reason why the run shall end
	stop context.CancelCauseFunc

	accepted atomic.Bool // its record is on disk: others may know of it

	changed bell // rings with the position in the queue, the warning and the state

	mu      sync.Mutex
	record  store.Run // guarded by mu: as it is in the store, or shall be
	warning time.Time // guarded by mu: when a deadline comes of which clients are warned
	viewers int       // guarded by mu

	outcome Outcome       // set before done is closed
	lines   int64         // likewise: how many the output has
	done    chan struct{} // closed when the run has its outcome and its output its end
}

// newRun returns a run that has not begun, or goes on.
func (g *Registry) newRun(record store.Run) *Run {
	r := &Run{registry: g, record: record, conversation: record.Conversation, done: make(chan struct{})}
	r.source.Store(&r.output)
	r.approvals.decided = make(chan struct{}, 1)
	r.name(record.ID)
	r.ctx, r.stop = context.WithCancelCause(context.Background())
	return r
}

// name gives the run its id.
func (r *Run) name(id string) {
	r.ID, r.record.ID = id, id
	r.output.dir = filepath.Join(r.registry.procDir(), id)
	r.log = r.registry.log.With("run", id, "meta", r.record.Meta)
}

// pastRun returns a run that has ended.
func (g *Registry) pastRun(record store.Run) *Run {
	r := g.newRun(record)
	r.outcome, r.lines = Outcome{State: record.State}, record.Lines
	if record.State != schema.Succeeded {
		r.outcome.Error = schema.NewError(record.Code, record.Error)
	}
	r.stop(nil)
	close(r.done)
	return r
}

// Stop ends the run for a reason. The first reason counts; a run that has its result, or
// its outcome, is not changed by it. Stop does not wait: Done tells when it has happened.
func (r *Run) Stop(reason *Reason) { r.stop(reason) }

// Done is closed when the run has ended.
func (r *Run) Done() <-chan struct{} { return r.done }

// Outcome is how the run ended. It may be asked for once Done is closed.
func (r *Run) Outcome() Outcome { return r.outcome }

// Info is what is known of the run now.
func (r *Run) Info() schema.Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	info := r.record.Run
	if !info.State.Final() {
		info.Position = r.Position()
	}
	return info
}

// State is where the run is now.
func (r *Run) State() schema.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.record.State
}

// Position is the run's place in the queue, 1 being next, and 0 if it does not wait.
func (r *Run) Position() int { return r.registry.admission.position(r.ticket) }

// Warning is when a deadline will end the run, and zero as long as that is far.
func (r *Run) Warning() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.warning
}

// Changed returns a channel that is closed at the next change of what the run tells about
// itself. It is asked for before looking.
func (r *Run) Changed() <-chan struct{} { return r.changed.rings() }

// Session is the agent's own id of the session, "" if there is none. It is known when the run
// has ended.
func (r *Run) Session() string { return r.stored().Session }

// LastUUID is the agent's own id of the last assistant line, at which a copy of the session can
// end; "" if there was none. It is known when the run of a conversation has ended.
func (r *Run) LastUUID() string { return r.stored().UUID }

// stored is the run's record.
func (r *Run) stored() store.Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.record
}

// addViewers counts those who look at the run, and returns how many do.
func (r *Run) addViewers(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.viewers += n
	return r.viewers
}

// change changes the run's record, and tells.
func (r *Run) change(how func(*store.Run)) {
	r.mu.Lock()
	how(&r.record)
	r.mu.Unlock()
	r.changed.ring()
}

func (r *Run) setState(state schema.State) {
	r.change(func(record *store.Run) { record.State = state })
}

// warn tells when a deadline will come, or with the zero time that it has moved away.
func (r *Run) warn(at time.Time) {
	r.mu.Lock()
	r.warning = at
	r.mu.Unlock()
	r.changed.ring()
}

// reason is why the run shall end, nil as long as it shall not.
func (r *Run) reason() *Reason {
	reason, _ := errors.AsType[*Reason](context.Cause(r.ctx))
	return reason
}

// timeout is the run's wall clock.
func (r *Run) timeout() time.Duration {
	if seconds := r.record.TimeoutSeconds; seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	return r.registry.config.RunTimeout
}

// internal logs a fault of the server and returns what a client is told of it.
func (r *Run) internal(what string, err error) Outcome {
	r.log.Error(what, "error", err)
	return failed(schema.Internal, "the server has a fault; its log has the cause of "+r.ID)
}
