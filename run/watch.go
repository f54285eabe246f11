package run

import (
	"fmt"
	"time"

	"spool/claude"
	"spool/procman"
	"spool/schema"
	"spool/spool"
)

// watch follows a process from its prompt on until it shall be stopped: it has ended, it
// has its result and hangs, it goes beyond a limit, or somebody said so.
type watch struct {
	run       *Run
	living    *living
	process   *procman.Process
	files     *files
	growth    *spool.Growth
	lines     *spool.Reader
	turn      claude.Turn
	count     int64         // of lines
	at        int64         // up to where they were read
	discarded int64         // of stderr, up to this offset
	beyond    bool          // more output than allowed
	cutShort  bool          // ended without having come to its result
	over      bool          // it has its result, and the process may go on
	failed    bool          // this server could not follow it
	prompted  bool          // the process has its prompt
	parting   bool          // the process shall not go on, whatever it has
	patience  time.Duration // from SIGTERM to SIGKILL

	wall, idle  deadline
	wallIsClose bool             // clients were warned of it
	left        paused           // of the deadlines, while they are stopped
	expires     <-chan time.Time // when a request for an approval waits too long
	grace       <-chan time.Time // after a result
}

func (w *watch) close() {
	w.growth.Stop()
	_ = w.lines.Close()
}

// prompt gives the process its prompt, after what a later server needs was written down.
func (w *watch) prompt() error {
	if w.run.reason() != nil {
		return nil // a prompt that nobody waits for costs money
	}
	at := time.Now().UTC()
	if err := w.run.output.writeLaunched(w.launched(at)); err != nil {
		return err
	}
	w.run.approvals.open(w.process)
	w.prompted = true
	if err := w.run.registry.agent.Prompt(w.process, w.run.prompt(), w.turn.Prompt); err != nil {
		w.run.log.Warn("give prompt", "error", err)
	}
	w.start(at)
	return nil
}

// launched is what a later server must know.
func (w *watch) launched(at time.Time) launched {
	l := launched{Leader: w.process.Leader(), At: at, Spent: w.living.spent}
	if w.living.id != w.run.ID {
		l.Process, l.Base, l.ErrBase = w.living.id, w.files.base, w.files.errBase
	}
	return l
}

// serve returns when the process shall be stopped, or has its result and may go on.
func (w *watch) serve() {
	for more := true; w.next(more); {
		var err error
		if more, err = w.look(); err != nil {
			w.fail("read output", err)
		}
	}
}

// closeInput ends the process's stdin. An adopted one has none that this server could end.
func closeInput(process *procman.Process) {
	if process.Stdin != nil {
		_ = process.Stdin.Close()
	}
}

// ready is a channel that can always be read.
var ready = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// next waits until there is something to look at, and reports false when it is over. With
// more set it only asks.
func (w *watch) next(more bool) bool {
	if w.over {
		return false
	}
	var now chan struct{}
	if more {
		now = ready
	}
	select {
	case <-w.process.Exited():
		return false
	case <-w.grace:
		return false
	case <-w.process.Overrun():
		w.run.Stop(beyond(schema.ProcessLimit, fmt.Sprintf("more than %d processes", w.run.registry.agent.MaxProcesses)))
		return false
	case <-w.halt():
		return w.catchUp()
	case <-w.wall.due:
		w.run.Stop(timedOut(schema.TimeoutWall, "the run took longer than "+w.run.timeout().String()))
	case <-w.idle.due:
		w.run.Stop(timedOut(schema.TimeoutIdle, "no output for "+w.run.registry.config.IdleTimeout.String()))
	case <-w.wall.warn:
		w.wallIsClose = true
		w.run.warn(w.wall.at)
	case <-w.idle.warn:
		w.run.warn(w.idle.at)
	case <-w.run.approvals.decided:
		w.heedApprovals()
	case <-w.expires:
		w.expireApprovals()
	case <-w.growth.C:
		w.restIdle()
	case <-now:
	}
	return true
}

// fail ends the run because of a fault of the server.
func (w *watch) fail(what string, err error) {
	w.run.log.Error(what, "error", err)
	w.failed = true
	w.run.Stop(&Reason{State: schema.Failed, Code: schema.Internal, Text: "the server could not follow the run's output"})
}

// judge decides how the run went. A result that came of being stopped makes up for nothing.
func (w *watch) judge(exit procman.Exit) Outcome {
	turn := w.turn
	turn.Began = turn.Began || w.run.conversation != "" // a turn needs a result
	if w.cutShort {
		turn.Result = nil
	}
	return judge(turn, w.run.reason(), exit, w.files.tail(w.run.registry.mask))
}
