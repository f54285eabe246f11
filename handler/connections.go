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

// connections are the open sockets and streams, which no shutdown of the HTTP server sees.
type connections struct {
	open  context.Context // ends with drain
	close context.CancelFunc
	// over ends when no run is left: then sockets that outlive runs end too.
	over   context.Context
	finish context.CancelFunc

	mu      sync.Mutex
	max     int
	drained bool                    // guarded by mu
	entered map[connection]struct{} // guarded by mu
	left    sync.WaitGroup          // added to under mu, while not drained
}

func (c *connections) init(max int) {
	c.open, c.close = context.WithCancel(context.Background())
	c.over, c.finish = context.WithCancel(context.Background())
	c.max, c.entered = max, map[connection]struct{}{}
}

// enter adds a socket. The error says why it is refused.
func (c *connections) enter(one connection) *schema.Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.refusalLocked(); err != nil {
		return err
	}
	c.entered[one] = struct{}{}
	c.left.Add(1)
	return nil
}

// leave removes a socket that entered.
func (c *connections) leave(one connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entered, one)
	c.left.Done()
}

// refusal returns why a socket would be refused now, or nil.
func (c *connections) refusal() *schema.Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refusalLocked()
}

// refusalLocked is refusal for who holds c.mu.
func (c *connections) refusalLocked() *schema.Error {
	switch {
	case c.drained:
		return errDraining
	case len(c.entered) >= c.max:
		return errFull
	default:
		return nil
	}
}

// draining returns why a run would be refused now, or nil.
func (c *connections) draining() error {
	if c.refusesAll() {
		return errDraining
	}
	return nil
}

// refusesAll reports whether drain was called.
func (c *connections) refusesAll() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.drained
}

func (c *connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.entered)
}

// drain refuses sockets from now on. It may be called again.
func (c *connections) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.drained {
		c.drained = true
		c.close()
	}
}

// wait ends the sockets that do not end by themselves, and returns when every one has left. It
// cuts them when ctx is done.
func (c *connections) wait(ctx context.Context) {
	c.finish()
	stop := context.AfterFunc(ctx, c.cut)
	defer stop()
	c.left.Wait()
}

// cut closes every connection under its session.
func (c *connections) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for one := range c.entered {
		one.cut()
	}
}
