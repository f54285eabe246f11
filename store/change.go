package store

import (
	"context"
	"errors"
	"fmt"
)

const (
	insertRun = `INSERT INTO runs (` + columns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`
	updateRun = `UPDATE runs SET user_name = $2, idempotency_key = $3, meta = $4, state = $5, created_ms = $6,
		ended_ms = $7, owner = $8, epoch = $9, output_gone = $10, record = $11, sum = $12 WHERE id = $1`
	countID = `SELECT count(*) FROM runs WHERE id = $1`
)

// Insert adds a run, as one of this owner and epoch, and returns when it is on disk.
// [ErrKeyTaken] says that its user has a run with its key.
func (s *Store) Insert(ctx context.Context, run Run) error {
	run.Owner, run.Epoch = s.owner, s.epoch
	row, err := encode(run)
	if err == nil {
		err = s.change(ctx, func(tx transaction) error { return insert(tx, row) })
	}
	if err != nil {
		return fmt.Errorf("insert run %s: %w", run.ID, err)
	}
	return nil
}

func insert(tx transaction, row []any) error {
	added, err := tx.exec(insertRun, row...)
	if err != nil || added == 1 {
		return err
	}
	var same int
	if err := tx.row(countID, row[0]).Scan(&same); err != nil {
		return err
	}
	if same > 0 {
		return errSameID
	}
	return ErrKeyTaken
}

var errSameID = errors.New("there is one of this id")

// Update replaces the record of the run with the same id, makes it one of this owner and epoch, and
// returns when it is on disk. [ErrFinal] says that the stored run has ended already, [ErrFenced]
// that a later server has it, [ErrDamaged] that nobody knows whether it has ended.
func (s *Store) Update(ctx context.Context, run Run) error {
	run.Owner, run.Epoch = s.owner, s.epoch
	row, err := encode(run)
	if err == nil {
		err = s.change(ctx, func(tx transaction) error { return s.update(tx, run, row) })
	}
	if err != nil {
		return fmt.Errorf("update run %s: %w", run.ID, err)
	}
	return nil
}

func (s *Store) update(tx transaction, run Run, row []any) error {
	stored, err := runs.readOne(tx.row(selectRun, run.ID))
	switch {
	case err != nil:
		return err
	case stored.State.Final():
		return ErrFinal
	case stored.Epoch > s.epoch:
		return ErrFenced
	}
	if _, err = tx.exec(updateRun, row...); err != nil {
		return err
	}
	return account(tx, &run)
}

// change has the writer do some work.
func (s *Store) change(ctx context.Context, work func(transaction) error) error {
	return classify(s.writer.do(ctx, work), s.dir)
}
