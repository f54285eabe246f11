package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// closeGrace is the time for sockets to be closed properly once no run is left.
const closeGrace = time.Second

// serve answers requests until a signal, then drains and returns.
func (c *serveCommand) serve(h *house, listener net.Listener, s streams, log *slog.Logger) error {
	served := make(chan error, 1)
	go func() { served <- h.doors.Serve(listener) }()
	fmt.Fprintf(s.out, "listening on http://%s\n", listener.Addr())
	c.greet(log, h)
	stopWarm := background(h.runs.KeepWarm)
	select {
	case err := <-served:
		c.drain(h, stopWarm, s.signals, log)
		return fmt.Errorf("serve: %w", err)
	case <-s.signals:
		log.Info("stopping: runs may end, nothing new is accepted", "grace", c.DrainGrace)
		c.drain(h, stopWarm, s.signals, log)
		_ = listener.Close() // a signal so early that nothing was served yet finds nothing to shut down
		return <-served
	}
}

// greet tells in the log what kind of server this is.
func (c *serveCommand) greet(log *slog.Logger, h *house) {
	if c.Demo {
		log.Warn("demo: a stand-in agent answers, there is no model")
	}
	if c.InsecureNoAuth {
		log.Warn("nobody has to log in: whoever reaches this address runs commands as this user", "listen", c.Listen)
	}
	log.Info("ready", "version", version, "containment", h.supervisor.Method(), "max_runs", c.MaxRuns)
}

// drain lets runs end, ends the rest in time for the drain grace to hold, and closes every
// socket. A second signal leaves out every grace. Processes that wait for runs have nothing to
// finish: they end at once, beside all that.
func (c *serveCommand) drain(h *house, stopWarm func(), signals <-chan os.Signal, log *slog.Logger) {
	h.doors.Drain()
	polite := c.DrainGrace - min(c.StopGrace, c.DrainGrace/2)
	ctx, cancel := context.WithTimeout(context.Background(), polite)
	defer cancel()
	over, done := time.After(c.DrainGrace), make(chan struct{})
	go func() {
		defer close(done)
		var cooling sync.WaitGroup
		cooling.Go(stopWarm)
		h.runs.Drain(ctx)
		h.chats.Close() // what became of the runs is in the conversations, and told
		cooling.Wait()
	}()
	for waiting := true; waiting; {
		select {
		case <-done:
			waiting = false
		case <-over:
			h.runs.Hurry()
		case <-signals:
			log.Warn("stopping at once")
			cancel()
			h.runs.Hurry()
		}
	}
	closing, cancelClosing := context.WithTimeout(context.Background(), closeGrace)
	defer cancelClosing()
	if err := h.doors.Close(closing); err != nil {
		log.Warn("close", "error", err)
	}
}
