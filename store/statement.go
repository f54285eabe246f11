package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// The statements that the writer runs, and those with which readers get one row.
var (
	changing = []string{
		insertRun, updateRun, selectRun, selectByKey, countID, deleteGone, insertUsage,
		selectConversation, insertConversation, updateConversation, deleteConversation,
		selectMessage, selectMember, insertMessage, insertMember, deleteMessages,
		selectApproval, insertApproval, updateApproval,
	}
	reading = []string{selectRun, selectByKey, selectSeq, selectConversation, selectMessage, selectMember, selectApproval}
)

// pool is the connections for one purpose, with the statements that they run all the time: to parse
// one takes longer than to run it. It also shows at once whether the tables are as expected.
type pool struct {
	*sql.DB
	prepared map[string]*sql.Stmt // by text
}

// newPool opens the file with at most so many connections.
func newPool(ctx context.Context, path, settings string, most int) (*pool, error) {
	db, err := connect(ctx, path, settings, most)
	return &pool{DB: db, prepared: map[string]*sql.Stmt{}}, err
}

// prepare has statements ready.
func (p *pool) prepare(ctx context.Context, statements ...string) error {
	for _, text := range statements {
		statement, err := p.PrepareContext(ctx, text)
		if err != nil {
			return fmt.Errorf("prepare statement: %w", err)
		}
		p.prepared[text] = statement
	}
	return nil
}

// row runs a prepared statement that selects one row.
func (p *pool) row(ctx context.Context, statement string, args ...any) *sql.Row {
	return p.prepared[statement].QueryRowContext(ctx, args...)
}

// transaction is what changes are made in.
type transaction struct {
	*sql.Tx
	pool *pool
}

// row runs a prepared statement that selects one row.
func (t transaction) row(statement string, args ...any) *sql.Row {
	return t.Stmt(t.pool.prepared[statement]).QueryRow(args...)
}

// exec runs a prepared statement and returns how many rows it has changed.
func (t transaction) exec(statement string, args ...any) (int64, error) {
	result, err := t.Stmt(t.pool.prepared[statement]).Exec(args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// closeAll closes pools, the last of which tidies the files up.
func closeAll(pools ...*pool) error {
	var faults []error
	for _, p := range pools {
		if p != nil && p.DB != nil {
			faults = append(faults, p.Close())
		}
	}
	return errors.Join(faults...)
}
