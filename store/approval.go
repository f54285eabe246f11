package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"spool/schema"
)

// Approval is an approval's record. Its input is kept byte for byte.
type Approval struct {
	schema.Approval
	User      string `json:"user,omitempty"`      // owner of the run
	RequestID string `json:"requestId,omitempty"` // the agent's own id of the request
}

// ApprovalFilter says which approvals are asked for; what is left at its zero value lets all pass.
type ApprovalFilter struct {
	User, Run, Conversation string
	State                   schema.ApprovalState
	Limit                   int
}

const (
	// approvalColumns are what a row holds besides its seq.
	approvalColumns = "id, user_name, run, conversation, state, input, record, sum"
	// approvalColumnCount is how many these are.
	approvalColumnCount = 8
	inputColumn         = 5

	selectApproval = `SELECT ` + approvalColumns + ` FROM approvals WHERE id = $1`
	insertApproval = `INSERT INTO approvals (` + approvalColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`
	updateApproval = `UPDATE approvals SET user_name = $2, run = $3, conversation = $4, state = $5, input = $6, record = $7, sum = $8 WHERE id = $1`
)

// searched returns the columns of an approval up to its document.
func (a *Approval) searched() []any {
	return []any{a.ID, a.User, a.Run, a.Conversation, string(a.State), string(a.Input)}
}

// encodeApproval returns an approval's row, in the order of approvalColumns.
func encodeApproval(a Approval) ([]any, error) {
	if a.ID == "" || a.State == "" {
		return nil, errors.New("an approval has an id and a state")
	}
	a.CreatedAt, a.ExpiresAt, a.DecidedAt = a.CreatedAt.UTC(), utc(a.ExpiresAt), utc(a.DecidedAt)
	searched := a.searched()
	a.Input = jsontext.Value("null")
	return sealed(searched, &a)
}

// decodeApproval returns the approval of a row that was read as texts, or what is wrong with it.
func decodeApproval(row []string) (a Approval, err error) {
	err = unseal(row, &a, func() []any {
		a.Input = jsontext.Value(row[inputColumn])
		return a.searched()
	})
	return a, err
}

// InsertApproval adds an approval and returns when it is on disk. One of the same id stays as it is.
func (s *Store) InsertApproval(ctx context.Context, a Approval) error {
	row, err := encodeApproval(a)
	if err == nil {
		err = s.change(ctx, func(tx transaction) error {
			_, err := tx.exec(insertApproval, row...)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("insert approval %s: %w", a.ID, err)
	}
	return nil
}

// DecideApproval has a pending approval changed by a function, which may be called more than once, and returns it when that is
// on disk. [ErrFinal] says that it was not pending; it is returned all the same.
func (s *Store) DecideApproval(ctx context.Context, id string, change func(*Approval)) (Approval, error) {
	var kept Approval
	err := s.change(ctx, func(tx transaction) (err error) {
		kept, err = decide(tx, id, change)
		return err
	})
	switch {
	case errors.Is(err, ErrFinal):
		return kept, fmt.Errorf("decide approval %s: %w", id, err)
	case err != nil:
		return Approval{}, fmt.Errorf("decide approval %s: %w", id, err)
	}
	return kept, nil
}

func decide(tx transaction, id string, change func(*Approval)) (Approval, error) {
	a, err := approvals.readOne(tx.row(selectApproval, id))
	switch {
	case err != nil:
		return Approval{}, err
	case a.State != schema.ApprovalPending:
		return a, ErrFinal
	}
	change(&a)
	a.ID = id
	row, err := encodeApproval(a)
	if err == nil {
		_, err = tx.exec(updateApproval, row...)
	}
	if err != nil {
		return Approval{}, err
	}
	return decodeApproval(texts(row))
}

// Approval returns an approval of a user: [ErrNotFound], [ErrDamaged].
func (s *Store) Approval(ctx context.Context, user, id string) (Approval, error) {
	a, err := one(ctx, s, approvals, selectApproval, id)
	if err == nil && a.User != user {
		err = ErrNotFound
	}
	if err != nil {
		return Approval{}, fmt.Errorf("read approval %s: %w", id, err)
	}
	return a, nil
}

// Approvals returns the approvals that a filter lets pass, the newest first, and tells of damaged ones
// as [Store.Runs] does.
func (s *Store) Approvals(ctx context.Context, filter ApprovalFilter) ([]Approval, error) {
	query, args := filter.query()
	return list(ctx, s, approvals, filter.Limit, query, args...)
}

// query returns the statement that a filter stands for.
func (f ApprovalFilter) query() (string, []any) {
	var w where
	w.text("user_name =", f.User)
	w.text("run =", f.Run)
	w.text("conversation =", f.Conversation)
	w.text("state =", string(f.State))
	return `SELECT ` + approvalColumns + ` FROM approvals` + w.String() + ` ORDER BY seq DESC`, w.args
}
