package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"spool/store"
)

// retainEvery is how often old output is looked for.
const retainEvery = time.Minute

// Retain removes the output of runs that ended long ago, or that is too much in all, the
// oldest first, and in the end what is known of them, until ctx is done.
func (g *Registry) Retain(ctx context.Context) {
	tick := time.NewTicker(retainEvery)
	defer tick.Stop()
	for {
		if err := g.removeOld(ctx); err != nil && ctx.Err() == nil {
			g.log.Error("remove old output", "error", err)
		}
		select {
		case <-g.ended: // only where nothing is kept is that worth looking at everything
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// removeOld removes what has been kept for long enough.
func (g *Registry) removeOld(ctx context.Context) error {
	kept, err := g.store.Ended(ctx)
	if err != nil {
		return err
	}
	sizes, total := make([]int64, len(kept)), int64(0)
	for i, old := range kept {
		sizes[i] = g.diskUse(old.ID)
		total += sizes[i]
	}
	var gone []string
	for i, old := range kept {
		if time.Since(old.EndedAt) < g.config.Retain && total <= g.config.RetainSize {
			break
		}
		if g.keeper.has(old.ID) {
			continue // until its process ends
		}
		gone, total = append(gone, old.ID), total-sizes[i]
	}
	err = g.removeOutput(ctx, gone)
	_, forgotten := g.store.Forget(ctx, time.Now().Add(-g.config.RetainRecords))
	return errors.Join(err, forgotten)
}

// removeOutput removes files after it is known that they are gone, so that nothing is ever
// said to be kept that is not. A run whose record is damaged keeps its output, and holds
// nothing else up.
func (g *Registry) removeOutput(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	var errs []error
	for _, id := range ids {
		if err := g.store.MarkGone(ctx, id); err != nil && !errors.Is(err, store.ErrFull) { // with a full disk nothing is more urgent than room
			errs = append(errs, err)
			continue
		}
		errs = append(errs, (&output{dir: filepath.Join(g.procDir(), id)}).remove())
	}
	g.log.Debug("removed old output", "runs", len(ids))
	return errors.Join(errs...)
}

// diskUse returns how many bytes of disk a run's files take.
func (g *Registry) diskUse(id string) (bytes int64) {
	dir := filepath.Join(g.procDir(), id)
	entries, _ := os.ReadDir(dir) // what is gone takes nothing
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil {
			if stat, ok := info.Sys().(*syscall.Stat_t); ok {
				bytes += stat.Blocks * 512
			}
		}
	}
	return bytes
}
