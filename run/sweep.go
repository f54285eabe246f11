package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"spool/procman"
	"spool/schema"
	"spool/store"
)

// maxSweepGrace bounds the stop grace of what an earlier server has left behind: the new one
// is not ready before that is over.
const maxSweepGrace = 3 * time.Second

// Sweep makes the directories, and deals with what an earlier server on the same data
// directory left behind. Detached runs that go on are adopted. Those that have ended get
// the outcome that their output tells. Everything else is ended. When Sweep returns, no
// run is undecided but those that were adopted.
func (g *Registry) Sweep(ctx context.Context) error {
	if err := errors.Join(os.MkdirAll(g.procDir(), 0o700), os.MkdirAll(g.config.Workspace, 0o700)); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	records, err := g.store.Unfinished(ctx)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return fmt.Errorf("read unfinished runs: %w", err)
	}
	if err != nil {
		g.log.Error("some records of unfinished runs are damaged: their processes are ended", "error", err)
	}
	if err := g.cancelLeft(ctx); err != nil {
		return fmt.Errorf("cancel requests for approvals: %w", err)
	}
	left, err := g.takeOver(records)
	if err != nil {
		return fmt.Errorf("look for processes of an earlier server: %w", err)
	}
	if err := g.endStrays(ctx, left); err != nil {
		return err
	}
	for _, r := range left {
		select {
		case <-r.done:
		case <-r.adopted:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return g.removeUnknown(ctx)
}

// takeOver begins to serve what an earlier server has not finished.
func (g *Registry) takeOver(records []store.Run) (map[string]*leftover, error) {
	if len(records) == 0 {
		return nil, nil
	}
	left, leaders := map[string]*leftover{}, map[string]procman.Leader{}
	for _, record := range records {
		l := &leftover{Run: g.newRun(record), adopted: make(chan struct{})}
		l.launched, l.ran = l.output.readLaunched()
		l.record.Process = l.launched.Process
		l.ticket = g.admission.adopt()
		left[record.ID], leaders[l.processID()] = l, l.launched.Leader
		g.keeper.claim(l.processID())
	}
	processes, err := g.agent.Adopt(leaders)
	if err != nil {
		return nil, err
	}
	for _, l := range left {
		l.process = processes[l.processID()]
		if err := g.enter(l.Run); err != nil {
			return nil, err
		}
		g.begin(l.Run, l.live)
	}
	return left, nil
}

// endStrays ends processes of runs that have ended, or of which nothing is known.
func (g *Registry) endStrays(ctx context.Context, left map[string]*leftover) error {
	served := map[string]bool{}
	for _, l := range left {
		served[l.processID()] = true
	}
	belongs := func(id string) bool {
		_, err := os.Stat(filepath.Join(g.procDir(), id))
		return schema.RunID.MatchString(id) && !served[id] && err == nil
	}
	found, alive, err := g.agent.Supervisor.Sweep(ctx, belongs, min(g.config.StopGrace, maxSweepGrace))
	if err != nil {
		return fmt.Errorf("look for processes of an earlier server: %w", err)
	}
	if len(alive) > 0 {
		return fmt.Errorf("processes of an earlier server cannot be ended: %v", alive)
	}
	if found > 0 {
		g.log.Warn("ended processes of an earlier server", "processes", found)
	}
	return nil
}

// removeUnknown removes the files of runs that have no record, because nobody was told of
// them, what an earlier server was removing, and what processes that it kept have written
// behind the output of the runs that had started them.
func (g *Registry) removeUnknown(ctx context.Context) error {
	entries, err := os.ReadDir(g.procDir())
	for _, entry := range entries {
		id, going := strings.CutSuffix(entry.Name(), goneSuffix)
		if !schema.RunID.MatchString(id) {
			continue // not ours
		}
		record, unknown := g.store.Run(ctx, id)
		if going || record.OutputGone || errors.Is(unknown, store.ErrNotFound) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(g.procDir(), entry.Name())))
		} else if record.Sealed && record.Conversation != "" && !g.keeper.has(id) {
			err = errors.Join(err, (&output{dir: filepath.Join(g.procDir(), id)}).cutBack(record.OutputBytes, record.StderrBytes))
		}
	}
	return err
}
