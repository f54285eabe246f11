package run

import (
	"cmp"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"

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
	living, err := l.living()
	if err != nil {
		l.registry.keeper.release(l.processID())
		o := judge(claude.Turn{}, leftBehind, procman.Exit{}, "")
		if !errors.Is(err, os.ErrNotExist) { // not taken away by somebody
			o = l.internal("open output", err)
		}
		o.Exit, o.Proof = l.process.Stop(l.registry.atOnce, 0)
		return o
	}
	defer l.handBack(living)
	defer l.registry.keeper.release(l.ID)
	return l.follow(living, l.resume)
}

// living is the run's process with its files, which may be those of an earlier run.
func (l *leftover) living() (*living, error) {
	where := &l.output
	if l.launched.Process != "" {
		where = newWindow(filepath.Join(l.registry.procDir(), l.launched.Process), l.launched.Base, l.launched.ErrBase)
		l.source.Store(where)
	}
	files, err := where.open(0)
	if err != nil {
		return nil, err
	}
	p := &living{id: l.processID(), conversation: l.conversation, process: l.process, files: files, spent: l.launched.Spent}
	p.first, p.firstErr = l.registry.firstOf(p.id)
	return p, nil
}

// processID is the id under which the run's process was started.
func (l *leftover) processID() string { return cmp.Or(l.launched.Process, l.ID) }

// firstOf returns how much of a process's files is its first run's: everything, if that is not
// known.
func (g *Registry) firstOf(id string) (out, err int64) {
	record, unknown := g.store.Run(context.Background(), id)
	if unknown != nil || !record.Sealed {
		return math.MaxInt64, math.MaxInt64
	}
	return record.OutputBytes, record.StderrBytes
}

// resume reads what the process has written so far, and decides whether it goes on. What was
// to be ended before is ended now.
func (l *leftover) resume(w *watch) error {
	w.run.approvals.close(notAsked)
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
