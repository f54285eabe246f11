package run

import (
	"errors"
	"os"

	"spool/claude"
	"spool/procman"
)

// leftover is a run that an earlier server has not finished. Its process has seen the end
// of its stdin when that server died: it finishes its turn into the files, and exits.
type leftover struct {
	*Run
	process  *procman.Process
	launched launched
	ran      bool          // the process had got its prompt
	adopted  chan struct{} // closed when the run goes on
}

// live is the rest of the run's life.
func (l *leftover) live() Outcome {
	files, err := l.output.open(0)
	if err != nil {
		o := judge(claude.Turn{}, leftBehind, procman.Exit{}, "")
		if !errors.Is(err, os.ErrNotExist) { // not taken away by somebody
			o = l.internal("open output", err)
		}
		o.Exit, o.Proof = l.process.Stop(l.registry.atOnce, 0)
		return o
	}
	defer files.close()
	return l.follow(l.process, files, l.resume)
}

// resume reads what the process has written so far, and decides whether it goes on. What was
// to be ended before is ended now.
func (l *leftover) resume(w *watch) error {
	w.patience = min(w.patience, maxSweepGrace)
	if reason := l.stored().Reason; reason != nil {
		w.cutShort = true
		l.Stop((*Reason)(reason))
	}
	w.lookAll()
	if w.turn.Result == nil && (!l.ran || !l.stored().Detach || l.registry.config.StopLeft) {
		l.Stop(leftBehind)
	}
	if l.ran {
		w.start(l.launched.At)
	}
	if !w.exited() && l.reason() == nil {
		w.patience = l.registry.config.StopGrace
		l.log.Info("adopted run of an earlier server")
		close(l.adopted)
	}
	return nil
}
