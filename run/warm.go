package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"spool/claude"
)

// KeepWarm keeps processes started for runs to come, until ctx is done. When it returns, none
// is left that no run has taken. It may begin when [Registry.Sweep] has returned.
func (g *Registry) KeepWarm(ctx context.Context) { g.pool.Serve(ctx) }

// Expect says that somebody is there who may start a run soon.
func (g *Registry) Expect() { g.pool.Expect() }

// Warm tells of the processes that are kept started.
func (g *Registry) Warm() claude.PoolStats { return g.pool.Stats() }

// outputs makes a run's files before there is a run: whoever takes the process takes its id.
// If none does, nobody was ever told of that, and a server that is killed meanwhile leaves a
// directory without a record, which the next one clears away with all that carries its id.
type outputs struct{ *Registry }

// Create makes the files, and the workspace.
func (g outputs) Create() (claude.Output, error) {
	if err := g.makeWorkspace(); err != nil {
		return claude.Output{}, err
	}
	id := newID()
	files, err := (&output{dir: filepath.Join(g.procDir(), id)}).create()
	if err != nil {
		return claude.Output{}, err
	}
	return claude.Output{ID: id, Stdout: files.out, Stderr: files.err}, nil
}

// Remove removes the files.
func (g outputs) Remove(id string) error {
	return (&output{dir: filepath.Join(g.procDir(), id)}).remove()
}

// warmUp takes a process that waits for such a run, if the run has its place at once. It
// gives the run its id: others may know of the run only after that.
func (r *Run) warmUp() {
	if !r.ticket.hasPlace() || r.turn != nil && r.turn.Wishes.Session != "" {
		return // its conversation may have kept one
	}
	r.start = r.registry.pool.Begin(r.wishes())
	if w := r.start.Waiting; w != nil {
		r.name(w.ID)
	}
}

// waiting is the process that the run has taken, nil if it has none.
func (r *Run) waiting() *claude.Waiting {
	if r.start == nil {
		return nil
	}
	return r.start.Waiting
}

// files are those of the process that the run has taken, or new ones.
func (r *Run) files() (*files, error) {
	if w := r.waiting(); w != nil {
		return &files{&r.output, w.Stdout, w.Stderr}, nil
	}
	return r.output.create()
}

// dismiss removes the files of a run that cannot begin, and ends the process that it has
// taken.
func (r *Run) dismiss(files *files) error {
	r.start.Over()
	if w := r.waiting(); w != nil {
		r.registry.pool.Discard(w)
		return nil
	}
	if files == nil {
		return nil
	}
	return errors.Join(files.close(), os.RemoveAll(r.output.dir))
}

// makeWorkspace makes the runs' working directory: an earlier run may have removed it.
func (g *Registry) makeWorkspace() error {
	if err := os.MkdirAll(g.config.Workspace, 0o700); err != nil {
		return claude.ErrWorkspace
	}
	return nil
}
