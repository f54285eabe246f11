package run

import (
	"path/filepath"

	"spool/claude"
	"spool/store"
)

// reuse returns the process that is kept for the run's conversation, if it can serve the run.
// One that cannot is ended before another one continues its session; nil if there is none.
func (r *Run) reuse() *living {
	g := r.registry
	l := g.keeper.take(r.conversation)
	if l == nil {
		r.countResumed()
		return nil
	}
	if reason := r.misfit(l); reason != nil {
		g.keeper.endMisfit(l, reason)
		r.countResumed()
		return nil
	}
	l.files, l.goesOn = l.window(), false
	r.change(func(record *store.Run) { record.Process = l.id })
	r.source.Store(l.files.output)
	g.keeper.count(true)
	return l
}

// misfit returns the count of the reason why a kept process cannot serve the run; nil if it can,
// and works as the run wishes from now on.
func (r *Run) misfit(l *living) *int64 {
	g, wishes := r.registry, r.wishes()
	switch {
	case !l.suits(wishes):
		return &g.keeper.stats.Ends.Unfit
	case l.origin != g.snapshot(wishes):
		return &g.keeper.stats.Ends.Stale
	case !l.set(g.agent, g.watcher, wishes):
		return &g.keeper.stats.Ends.Unfit
	}
	return nil
}

// snapshot is what a process with these wishes would be started from now.
func (g *Registry) snapshot(w claude.Wishes) claude.Snapshot {
	return g.agent.Snapshot(filepath.Join(g.config.Workspace, w.Dir))
}

func (r *Run) countResumed() {
	if r.turn != nil && r.turn.Wishes.Session != "" {
		r.registry.keeper.count(false)
	}
}

// handBack has a process kept that goes on, for its conversation, and closes the files of one
// that has ended.
func (r *Run) handBack(l *living) {
	l.last = r.done
	switch {
	case l.goesOn:
		r.registry.keeper.keep(l)
	case l.id == r.ID:
		_ = l.files.close()
	default:
		r.retire = l // when everybody knows that the run has ended: viewers may still come to these files
	}
}
