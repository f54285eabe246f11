package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	selectKept = `SELECT id, ended_ms FROM runs WHERE ended_ms > 0 AND output_gone = 0 ORDER BY ended_ms, seq`
	deleteGone = `DELETE FROM runs WHERE seq IN (SELECT seq FROM runs WHERE output_gone = 1 AND ended_ms < $1 LIMIT $2)`
)

// sweepBatch is how many records one transaction of a sweep changes: other changes wait for it.
const sweepBatch = 200

// Ended is a run that has ended and whose output is still kept.
type Ended struct {
	ID      string
	EndedAt time.Time
}

// Ended returns the runs that have ended and whose output is still kept, the oldest end
// first. It reads no whole records, and so does not see whether one is damaged: MarkGone does.
func (s *Store) Ended(ctx context.Context) ([]Ended, error) {
	rows, err := s.readers.QueryContext(ctx, selectKept)
	if err != nil {
		return nil, fmt.Errorf("list kept runs: %w", s.reading(ctx, err))
	}
	defer rows.Close()
	kept := []Ended{}
	for rows.Next() {
		var run Ended
		var ended int64
		if err := rows.Scan(&run.ID, &ended); err != nil {
			return nil, fmt.Errorf("list kept runs: %w", s.reading(ctx, err))
		}
		run.EndedAt = time.UnixMilli(ended).UTC()
		kept = append(kept, run)
	}
	return kept, s.reading(ctx, rows.Err())
}

// MarkGone records that the output of runs that have ended is no longer kept. Runs that are
// unknown or have not ended are left as they are, and so are damaged ones, which the error names.
func (s *Store) MarkGone(ctx context.Context, ids ...string) error {
	var faults []error
	for some := range slices.Chunk(ids, sweepBatch) {
		err := s.change(ctx, func(tx transaction) error { return markAll(tx, some) })
		if err != nil {
			faults = append(faults, fmt.Errorf("mark output as gone: %w", err))
		}
	}
	return errors.Join(faults...)
}

// markAll goes on behind damaged records, and fails at once with everything else.
func markAll(tx transaction, ids []string) error {
	var damaged []error
	for _, id := range ids {
		switch err := markGone(tx, id); {
		case errors.Is(err, ErrDamaged):
			damaged = append(damaged, err)
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		}
	}
	return errors.Join(damaged...)
}

func markGone(tx transaction, id string) error {
	run, err := runs.readOne(tx.row(selectRun, id))
	if err != nil || !run.State.Final() || run.OutputGone {
		return err
	}
	run.OutputGone = true
	row, err := encode(run)
	if err != nil {
		return err
	}
	_, err = tx.exec(updateRun, row...)
	return err
}

// Forget deletes the records of runs that ended before a time and whose output is no longer
// kept, and returns how many it has deleted, also with an error.
func (s *Store) Forget(ctx context.Context, endedBefore time.Time) (int64, error) {
	total := int64(0)
	for {
		var deleted int64
		err := s.change(ctx, func(tx transaction) (err error) {
			deleted, err = tx.exec(deleteGone, endedBefore.UnixMilli(), sweepBatch)
			return err
		})
		if err != nil {
			return total, fmt.Errorf("forget runs: %w", err)
		}
		if total += deleted; deleted < sweepBatch {
			return total, nil
		}
	}
}
