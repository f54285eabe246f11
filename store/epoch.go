package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	selectServer = `SELECT owner, epoch, sum FROM server WHERE id = 1`
	upsertServer = `INSERT INTO server (id, owner, epoch, sum) VALUES (1, $1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch, sum = excluded.sum`
	anyRun = `SELECT EXISTS (SELECT 1 FROM runs)`
)

// beginEpoch counts one more opening, and names the data directory at the first.
func (s *Store) beginEpoch(ctx context.Context) error {
	tx, err := s.changes.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin epoch: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if err := s.readServer(ctx, tx); err != nil {
		return fmt.Errorf("begin epoch: %w", err)
	}
	s.epoch++
	if _, err := tx.ExecContext(ctx, upsertServer, s.owner, s.epoch, serverSum(s.owner, s.epoch)); err != nil {
		return fmt.Errorf("begin epoch: %w", err)
	}
	return tx.Commit()
}

// readServer reads the owner and the last epoch; a new file gets an owner here.
func (s *Store) readServer(ctx context.Context, tx *sql.Tx) error {
	var sum string
	err := tx.QueryRowContext(ctx, selectServer).Scan(&s.owner, &s.epoch, &sum)
	if errors.Is(err, sql.ErrNoRows) {
		return s.nameNew(ctx, tx)
	}
	if err == nil && sum != serverSum(s.owner, s.epoch) {
		err = fmt.Errorf("%w: the epoch is not what was written", ErrDamaged)
	}
	return err
}

func (s *Store) nameNew(ctx context.Context, tx *sql.Tx) error {
	var used bool
	if err := tx.QueryRowContext(ctx, anyRun).Scan(&used); err != nil {
		return err
	}
	if used {
		return fmt.Errorf("%w: the epoch is missing", ErrDamaged)
	}
	s.owner = strings.ToLower(rand.Text())
	return nil
}

func serverSum(owner string, epoch int64) string {
	return sum([]string{"server", owner, strconv.FormatInt(epoch, 10)})
}
