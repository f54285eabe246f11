package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"spool/claude"
	"spool/procman"
	"spool/schema"
	"spool/spool"
)

// lookLines is how many lines are read before the other events get their turn.
const lookLines = 4096

// watch follows a process from its prompt on until it shall be stopped: it has ended, it
// has its result and hangs, it goes beyond a limit, or somebody said so.
type watch struct {
	run       *Run
	process   *procman.Process
	growth    *spool.Growth
	lines     *spool.Reader
	turn      claude.Turn
	discarded int64 // of stderr, up to this offset
	beyond    bool  // more output than allowed

	// Channels of timers; nil while there is no such deadline.
	wall, idle, grace <-chan time.Time
}

// serve returns when the process shall be stopped.
func (w *watch) serve() {
	defer w.process.Stdin.Close()
	if w.run.reason() != nil {
		return // a prompt that nobody waits for costs money
	}
	if err := w.run.registry.agent.Prompt(w.process, w.run.payload.Prompt); err != nil {
		w.run.log.Warn("give prompt", "error", err)
	}
	w.wall = time.After(w.run.timeout())
	w.restIdle()
	for more := true; w.next(more); {
		var err error
		if more, err = w.look(); err != nil {
			w.fail("read output", err)
		}
	}
}

// ready is a channel that can always be read.
var ready = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// next waits until there is something to look at, and reports false when it is over. With
// more set it only asks.
func (w *watch) next(more bool) bool {
	var now chan struct{}
	if more {
		now = ready
	}
	select {
	case <-w.process.Exited():
	case <-w.run.ctx.Done():
	case <-w.grace:
	case <-w.wall:
		w.run.Stop(timedOut(schema.TimeoutWall, "the run took longer than "+w.run.timeout().String()))
	case <-w.idle:
		w.run.Stop(timedOut(schema.TimeoutIdle, "no output for "+w.run.registry.config.IdleTimeout.String()))
	case <-w.process.Overrun():
		w.run.Stop(beyond(schema.ProcessLimit, fmt.Sprintf("more than %d processes", w.run.registry.agent.MaxProcesses)))
	case <-w.growth.C:
		w.restIdle()
		return true
	case <-now:
		return true
	}
	return false
}

func timedOut(code schema.Code, text string) *Reason {
	return &Reason{State: TimedOut, Code: code, Text: text + ": it was stopped"}
}

func beyond(code schema.Code, text string) *Reason {
	return &Reason{State: Failed, Code: code, Text: text + ": the run was stopped", Limit: true}
}

// look reads the lines that have come, checks the limits, and reports whether there is
// more to read at once.
func (w *watch) look() (more bool, err error) {
	for range lookLines {
		line, err := w.lines.Next()
		if errors.Is(err, io.EOF) {
			return false, w.limit()
		}
		if err == nil {
			err = w.read(line)
		}
		if err != nil {
			return false, err
		}
	}
	return true, w.limit()
}

// read takes one line. The first result ends the deadlines and asks the CLI to go, by the
// end of its stdin; then it has the result grace to do so.
func (w *watch) read(line spool.Line) error {
	head, err := line.Head(claude.HeadSize)
	if err != nil {
		return err
	}
	before := w.turn.Result
	w.turn.Read(head)
	if before == nil && w.turn.Result != nil {
		_ = w.process.Stdin.Close()
		w.wall, w.idle, w.grace = nil, nil, time.After(w.run.registry.config.ResultGrace)
	}
	return nil
}

// restIdle starts the idle deadline again, if there is one.
func (w *watch) restIdle() {
	if d := w.run.registry.config.IdleTimeout; d > 0 && w.turn.Result == nil {
		w.idle = time.After(d)
	}
}

// limit throws away what is too much of stderr, and stops a run that writes too much.
func (w *watch) limit() error {
	files, most := w.run.files, w.run.registry.config.MaxOutput
	written := size(files.stdout)
	done, err := files.discard(w.discarded)
	if errors.Is(err, errors.ErrUnsupported) {
		written, err = written+size(files.stderr), nil // its space cannot be had back
	}
	w.discarded = done
	if written > most {
		w.beyond = true
		w.run.Stop(beyond(schema.OutputLimit, fmt.Sprintf("more than %d bytes of output", most)))
	}
	return err
}

// stopGrace is how long the process may take to end when it is asked to. One that hangs after
// its result is not asked: with tasks in the background the CLI answers SIGTERM by taking
// another turn, which costs money.
func (w *watch) stopGrace() time.Duration {
	if reason := w.run.reason(); reason != nil && reason.Limit {
		return 0
	}
	select {
	case <-w.process.Exited(): // the grace is for what it left behind
	default:
		if w.turn.Result != nil {
			return 0
		}
	}
	return w.run.registry.config.StopGrace
}

// stop ends the process with all that it started. The limits hold while that takes: what
// goes beyond one has no grace left.
func (w *watch) stop(grace time.Duration) (exit procman.Exit, proof procman.Proof) {
	ctx, hurry := context.WithCancel(w.run.registry.atOnce)
	defer hurry()
	stopped := make(chan struct{})
	go func() { defer close(stopped); exit, proof = w.process.Stop(ctx, grace) }()
	for {
		select {
		case <-stopped:
			return exit, proof
		case <-w.growth.C:
			if err := w.limit(); err != nil {
				w.fail("limit output", err)
			}
		}
		if w.beyond {
			hurry()
		}
	}
}

// fail ends the run because of a fault of the server.
func (w *watch) fail(what string, err error) {
	w.run.log.Error(what, "error", err)
	w.run.Stop(&Reason{State: Failed, Code: schema.Internal, Text: "the server could not follow the run's output"})
}

// finish reads what the process wrote until its end, and returns what its lines told.
func (w *watch) finish() (claude.Turn, error) {
	for {
		line, err := w.lines.Next()
		if errors.Is(err, io.EOF) {
			line, err = w.lines.Rest()
		}
		if errors.Is(err, io.EOF) {
			return w.turn, w.limit()
		}
		if err == nil {
			err = w.read(line)
		}
		if err != nil {
			return w.turn, err
		}
	}
}
