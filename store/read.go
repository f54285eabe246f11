package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"spool/schema"
)

const (
	selectRun        = `SELECT ` + columns + ` FROM runs WHERE id = $1`
	selectByKey      = `SELECT ` + columns + ` FROM runs WHERE user_name = $1 AND idempotency_key = $2 AND idempotency_key <> ''`
	selectUnfinished = `SELECT ` + columns + ` FROM runs WHERE ended_ms = 0 ORDER BY seq`
	selectSeq        = `SELECT seq FROM runs WHERE id = $1`
)

// Filter says which runs are asked for; what is left at its zero value lets all pass.
type Filter struct {
	User, Meta string
	State      schema.State
	Before     string // id of a run: only older ones
	Limit      int
}

// Run returns the run with this id: [ErrNotFound], [ErrDamaged].
func (s *Store) Run(ctx context.Context, id string) (Run, error) {
	run, err := one(ctx, s, runs, selectRun, id)
	if err != nil {
		return Run{}, fmt.Errorf("read run %s: %w", id, err)
	}
	return run, nil
}

// RunByKey returns the run that a user started with this key: [ErrNotFound], [ErrDamaged].
func (s *Store) RunByKey(ctx context.Context, user, key string) (Run, error) {
	run, err := one(ctx, s, runs, selectByKey, user, key)
	if err != nil {
		return Run{}, fmt.Errorf("read run by key: %w", err)
	}
	return run, nil
}

// Runs returns the runs that a filter lets pass, the newest first. Damaged ones are left out
// and named in an error that wraps [ErrDamaged]; the others are returned all the same.
// [ErrNotFound] says that there is no run Before.
func (s *Store) Runs(ctx context.Context, filter Filter) ([]Run, error) {
	query, args, err := s.query(ctx, filter)
	if err != nil {
		return nil, fmt.Errorf("list runs before %s: %w", filter.Before, err)
	}
	return list(ctx, s, runs, filter.Limit, query, args...)
}

// Unfinished returns all runs that have not ended, the oldest first, and tells of damaged ones
// as [Store.Runs] does.
func (s *Store) Unfinished(ctx context.Context) ([]Run, error) {
	return list(ctx, s, runs, 0, selectUnfinished)
}

// query returns the statement that a filter stands for.
func (s *Store) query(ctx context.Context, filter Filter) (string, []any, error) {
	var w where
	w.text("user_name =", filter.User)
	w.text("meta =", filter.Meta)
	w.text("state =", string(filter.State))
	if filter.Before != "" {
		seq, err := s.seq(ctx, filter.Before)
		if err != nil {
			return "", nil, err
		}
		w.and("seq <", seq)
	}
	return `SELECT ` + columns + ` FROM runs` + w.String() + ` ORDER BY seq DESC`, w.args, nil
}

// seq returns the place of a run in the order of all.
func (s *Store) seq(ctx context.Context, id string) (seq int64, err error) {
	err = s.readers.row(ctx, selectSeq, id).Scan(&seq)
	return seq, s.reading(ctx, err)
}

// reading makes sense of what a reader has failed with.
func (s *Store) reading(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	}
	return classify(err, s.dir)
}
