package run

import (
	"context"
	"time"

	"spool/procman"
	"spool/store"
)

// halt is closed when the run shall not go on. One with a result is left to end by itself,
// within the result grace: it may be writing its session down.
func (w *watch) halt() <-chan struct{} {
	if w.finishes() {
		return w.run.registry.atOnce.Done()
	}
	return w.run.ctx.Done()
}

// finishes reports whether the run has its result, and time to end by itself.
func (w *watch) finishes() bool {
	return w.turn.Result != nil && !w.cutShort && !w.beyond && w.run.registry.atOnce.Err() == nil
}

// catchUp reads what the process wrote before it is ended, and reports whether the result is
// in that: who has seen it and leaves must not be faster than this server.
func (w *watch) catchUp() bool {
	for end, more := size(w.files.out), true; more && w.at < end; {
		var err error
		if more, err = w.look(); err != nil {
			w.fail("read output", err)
		}
	}
	return w.finishes()
}

// recordReason writes down why the run is being ended, before anything is done about it: a
// server that goes on after a crash does not guess.
func (w *watch) recordReason() {
	reason := w.run.reason()
	if reason == nil || w.cutShort || w.turn.Result != nil && !reason.Limit {
		return
	}
	w.cutShort = w.turn.Result == nil
	w.run.change(func(record *store.Run) { record.Reason = (*store.Reason)(reason) })
	w.run.keep(w.run.stored())
}

// end ends the run: the process goes on, or is stopped.
func (w *watch) end() (procman.Exit, procman.Proof) {
	if w.unused() {
		w.leave()
		return procman.Exit{}, procman.Proof{}
	}
	if w.over {
		if w.part() {
			return procman.Exit{}, procman.Proof{}
		}
		w.dismiss()
		w.serve()
		w.recordReason()
	}
	return w.stop()
}

// stop ends the process with all that it started, within the stop grace. One that goes on
// after its turn was broken off is left alone.
func (w *watch) stop() (procman.Exit, procman.Proof) {
	began := time.Now()
	interrupted := w.listens() && w.interrupt()
	if w.over && w.part() {
		return procman.Exit{}, procman.Proof{}
	}
	closeInput(w.process)
	exit, proof := w.descend(max(w.stopGrace()-time.Since(began), 0))
	if interrupted && proof.Rung == procman.RungExit {
		proof.Rung = rungInterrupt
	}
	return exit, proof
}

// listens reports whether this is a CLI in the middle of a turn that somebody wants broken
// off, and there is time for that.
func (w *watch) listens() bool {
	return w.run.reason() == Abort && (w.turn.Began || w.living.served > 0) && w.turn.Result == nil && !w.exited() && w.run.registry.atOnce.Err() == nil
}

func (w *watch) exited() bool {
	select {
	case <-w.process.Exited():
		return true
	default:
		return false
	}
}

// interrupt asks the CLI to break off its turn, which keeps its session and what there is
// of an answer, and waits half of the stop grace for it to end, or to be ready for another
// turn. It reports whether it is.
func (w *watch) interrupt() bool {
	if err := w.run.registry.agent.Interrupt(w.process); err != nil {
		w.run.log.Warn("interrupt claude", "error", err)
	}
	patience := time.After(w.patience / 2)
	for {
		if w.lookAll(); w.beyond || w.over {
			return w.over
		}
		select {
		case <-w.process.Exited():
			return true
		case <-w.growth.C:
		case <-w.grace:
			return false
		case <-patience:
			return false
		case <-w.run.registry.atOnce.Done():
			return false
		}
	}
}

// lookAll reads every line that is there now, as long as there is time and room for it.
func (w *watch) lookAll() {
	for more := true; more && !w.beyond && w.run.registry.atOnce.Err() == nil; {
		var err error
		if more, err = w.look(); err != nil {
			w.fail("read output", err)
		}
	}
}

// stopGrace is how long the process may take to end when it is asked to. One that hangs after
// its result is not asked: with tasks in the background the CLI answers SIGTERM by taking
// another turn, which costs money.
func (w *watch) stopGrace() time.Duration {
	if reason := w.run.reason(); w.beyond || reason != nil && reason.Limit {
		return 0
	}
	if !w.exited() && w.turn.Result != nil {
		return 0
	}
	return w.patience // for an exited one it is for what it left behind
}

// descend goes down the ladder of signals. The limits hold while that takes: what goes
// beyond one has no grace left.
func (w *watch) descend(grace time.Duration) (exit procman.Exit, proof procman.Proof) {
	ctx, hurry := context.WithCancel(w.run.registry.atOnce)
	defer hurry()
	stopped := make(chan struct{})
	go func() { defer close(stopped); exit, proof = w.process.Stop(ctx, grace) }()
	for failed := false; ; {
		select {
		case <-stopped:
			return exit, proof
		case <-w.growth.C:
			if err := w.limit(); err != nil && !failed {
				failed = true
				w.fail("limit output", err)
			}
		}
		if w.beyond {
			hurry()
		}
	}
}
