package run

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"

	"spool/claude"
	"spool/store"
)

// Turn is what a run of a conversation needs besides.
type Turn struct {
	store.Turn
	User string
	// Prompt is what the agent is given. It may be longer than that of a payload.
	Prompt string
	// Wishes is what the agent is started with.
	Wishes claude.Wishes
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

// wishes is what the CLI is to be started with.
func (r *Run) wishes() claude.Wishes {
	if r.turn != nil {
		return r.turn.wishes()
	}
	return claude.Wishes{
		Partial: r.record.Partial, Model: r.record.Model, Session: r.record.Resumes, Fork: r.record.Resumes != "", At: r.record.ResumesAt,
	}
}

func (t *Turn) wishes() claude.Wishes {
	wishes := t.Wishes
	wishes.Turns = true
	return wishes
}

// prompt is what the CLI is given.
func (r *Run) prompt() string {
	if r.turn != nil {
		return r.turn.Prompt
	}
	return r.record.Prompt
}

// newTurn is a turn of which nothing is known yet.
func (r *Run) newTurn() claude.Turn {
	if r.conversation == "" {
		return claude.Turn{}
	}
	sum := sha256.Sum256([]byte(r.ID))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80 // as RFC 9562 has it
	return claude.Turn{Closely: true, Prompt: fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])}
}

// isAnswer reports whether a conversation does not take a turn.
func isAnswer(err error) bool {
	return errors.Is(err, store.ErrMoved) || errors.Is(err, store.ErrActive) || errors.Is(err, store.ErrNotFound)
}

// insert brings the run's record to the disk, together with what it changes in its conversation.
func (r *Run) insert(ctx context.Context) error {
	if r.turn == nil {
		return r.registry.store.Insert(ctx, r.record)
	}
	_, err := r.registry.store.InsertTurn(ctx, r.record, r.turn.Turn)
	return err
}
