package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

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
	run, err := s.one(ctx, selectRun, id)
	if err != nil {
		return Run{}, fmt.Errorf("read run %s: %w", id, err)
	}
	return run, nil
}

// RunByKey returns the run that a user started with this key: [ErrNotFound], [ErrDamaged].
func (s *Store) RunByKey(ctx context.Context, user, key string) (Run, error) {
	run, err := s.one(ctx, selectByKey, user, key)
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
	return s.list(ctx, filter.Limit, query, args...)
}

// Unfinished returns all runs that have not ended, the oldest first, and tells of damaged ones
// as [Store.Runs] does.
func (s *Store) Unfinished(ctx context.Context) ([]Run, error) {
	return s.list(ctx, 0, selectUnfinished)
}

// query returns the statement that a filter stands for.
func (s *Store) query(ctx context.Context, filter Filter) (query string, args []any, err error) {
	where := []string{"1 = 1"}
	and := func(column string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf("%s $%d", column, len(args)))
	}
	if filter.User != "" {
		and("user_name =", filter.User)
	}
	if filter.Meta != "" {
		and("meta =", filter.Meta)
	}
	if filter.State != "" {
		and("state =", string(filter.State))
	}
	if filter.Before != "" {
		seq, err := s.seq(ctx, filter.Before)
		if err != nil {
			return "", nil, err
		}
		and("seq <", seq)
	}
	return `SELECT ` + columns + ` FROM runs WHERE ` + strings.Join(where, " AND ") + ` ORDER BY seq DESC`, args, nil
}

// seq returns the place of a run in the order of all.
func (s *Store) seq(ctx context.Context, id string) (seq int64, err error) {
	err = s.readers.row(ctx, selectSeq, id).Scan(&seq)
	return seq, s.reading(ctx, err)
}

// one returns the run that a prepared statement selects.
func (s *Store) one(ctx context.Context, statement string, args ...any) (Run, error) {
	run, err := readOne(s.readers.row(ctx, statement, args...))
	return run, s.reading(ctx, err)
}

// list returns the first limit runs that a statement selects and that are whole; 0 is no limit. It
// stops reading there, and puts no limit into the statement, because damaged rows do not count.
func (s *Store) list(ctx context.Context, limit int, query string, args ...any) ([]Run, error) {
	rows, err := s.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", s.reading(ctx, err))
	}
	defer rows.Close()
	runs, damaged := []Run{}, []error(nil)
	for (limit == 0 || len(runs) < limit) && rows.Next() {
		switch run, err := read(rows); {
		case errors.Is(err, ErrDamaged):
			damaged = append(damaged, err)
		case err != nil:
			return nil, fmt.Errorf("list runs: %w", s.reading(ctx, err))
		default:
			runs = append(runs, run)
		}
	}
	if err := rows.Err(); err != nil {
		damaged = append(damaged, s.reading(ctx, err))
	}
	return runs, errors.Join(damaged...)
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

// readOne is read for a single row, within a transaction too.
func readOne(row *sql.Row) (Run, error) {
	run, err := read(row)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return run, err
}

// read returns the run of a row of columns. Whatever the row holds is read as text first: a value
// of the wrong type is damage like any other.
func read(row interface{ Scan(...any) error }) (Run, error) {
	var values [columnCount]sql.NullString
	var into [columnCount]any
	for i := range values {
		into[i] = &values[i]
	}
	if err := row.Scan(into[:]...); err != nil {
		return Run{}, err
	}
	var texts [columnCount]string
	for i := range values {
		texts[i] = values[i].String
	}
	run, err := decode(texts[:])
	if err != nil {
		return Run{}, fmt.Errorf("run %q: %w: %w", texts[0], ErrDamaged, err)
	}
	return run, nil
}
