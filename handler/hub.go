package handler

import (
	"context"
	"sync"

	"spool/run"
	"spool/schema"
)

// errDraining and errFull refuse a new socket. errInternal tells of a fault of ours.
var (
	errInternal = schema.NewError(schema.Internal, "the server has a fault; its log has the cause")
	errDraining = schema.NewError(schema.Draining, run.ServerStops.Text)
	errFull     = schema.NewError(schema.Overloaded, "too many sockets are open: try again later")
)

// connection is a socket, or the answer to a request that goes on like one.
type connection interface {
	cut() // ends it under whoever uses it
}

// hub knows the open sockets and streams, which no shutdown of the HTTP server sees.
type hub struct {
	open  context.Context // ends with drain
	close context.CancelFunc
	// over ends when no run is left: then sockets that outlive runs end too.
	over   context.Context
	finish context.CancelFunc

	mu       sync.Mutex
	max      int
	drained  bool                    // guarded by mu
	sessions map[connection]struct{} // guarded by mu
	left     sync.WaitGroup          // added to under mu, while not drained
}

func (h *hub) init(max int) {
	h.open, h.close = context.WithCancel(context.Background())
	h.over, h.finish = context.WithCancel(context.Background())
	h.max, h.sessions = max, map[connection]struct{}{}
}

// enter adds a socket. The error says why it is refused.
func (h *hub) enter(s connection) *schema.Error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.refusalLocked(); err != nil {
		return err
	}
	h.sessions[s] = struct{}{}
	h.left.Add(1)
	return nil
}

// leave removes a socket that entered.
func (h *hub) leave(s connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sessions, s)
	h.left.Done()
}

// refusal returns why a socket would be refused now, or nil.
func (h *hub) refusal() *schema.Error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refusalLocked()
}

// refusalLocked is refusal for who holds h.mu.
func (h *hub) refusalLocked() *schema.Error {
	switch {
	case h.drained:
		return errDraining
	case len(h.sessions) >= h.max:
		return errFull
	default:
		return nil
	}
}

// draining returns why a run would be refused now, or nil.
func (h *hub) draining() error {
	if h.refusesAll() {
		return errDraining
	}
	return nil
}

// refusesAll reports whether drain was called.
func (h *hub) refusesAll() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.drained
}

func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sessions)
}

// drain refuses sockets from now on. It may be called again.
func (h *hub) drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.drained {
		h.drained = true
		h.close()
	}
}

// wait ends the sockets that do not end by themselves, and returns when every one has left. It
// cuts them when ctx is done.
func (h *hub) wait(ctx context.Context) {
	h.finish()
	stop := context.AfterFunc(ctx, h.cut)
	defer stop()
	h.left.Wait()
}

// cut closes every connection under its session.
func (h *hub) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.sessions {
		s.cut()
	}
}
