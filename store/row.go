package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// kind is a sort of records: what one is called in errors, how many columns its row has, and what a
// row that was read as texts stands for.
type kind[T any] struct {
	name    string
	columns int
	decode  func(row []string) (T, error)
}

// The kinds of records.
var (
	runs          = kind[Run]{"run", columnCount, decode}
	conversations = kind[Conversation]{"conversation", conversationColumnCount, decodeConversation}
	messages      = kind[node]{"message", nodeColumnCount, decodeNode}
	approvals     = kind[Approval]{"approval", approvalColumnCount, decodeApproval}
)

// read returns the record of a row. Whatever the row holds is read as text first: a value of the
// wrong type is damage like any other.
func (k kind[T]) read(row interface{ Scan(...any) error }) (none T, err error) {
	values, into := make([]sql.NullString, k.columns), make([]any, k.columns)
	for i := range values {
		into[i] = &values[i]
	}
	if err := row.Scan(into...); err != nil {
		return none, err
	}
	texts := make([]string, k.columns)
	for i := range values {
		texts[i] = values[i].String
	}
	record, err := k.decode(texts)
	if err != nil {
		return none, fmt.Errorf("%s %q: %w: %w", k.name, texts[0], ErrDamaged, err)
	}
	return record, nil
}

// readOne is read for a single row, within a transaction too.
func (k kind[T]) readOne(row *sql.Row) (T, error) {
	record, err := k.read(row)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return record, err
}

// one returns the record that a prepared statement selects.
func one[T any](ctx context.Context, s *Store, k kind[T], statement string, args ...any) (T, error) {
	record, err := k.readOne(s.readers.row(ctx, statement, args...))
	return record, s.reading(ctx, err)
}

// list returns the first limit records that a statement selects and that are whole; 0 is no limit. It
// stops reading there, and puts no limit into the statement, because damaged rows do not count.
func list[T any](ctx context.Context, s *Store, k kind[T], limit int, query string, args ...any) ([]T, error) {
	rows, err := s.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list %ss: %w", k.name, s.reading(ctx, err))
	}
	records, err := k.readAll(rows, limit)
	return records, s.reading(ctx, err)
}

// readAll returns the first limit records of rows that are whole, and an error that names the damaged ones before them; 0
// is no limit. It closes the rows.
func (k kind[T]) readAll(rows *sql.Rows, limit int) ([]T, error) {
	defer rows.Close()
	records, damaged := []T{}, []error(nil)
	for (limit == 0 || len(records) < limit) && rows.Next() {
		switch record, err := k.read(rows); {
		case errors.Is(err, ErrDamaged):
			damaged = append(damaged, err)
		case err != nil:
			return nil, fmt.Errorf("list %ss: %w", k.name, err)
		default:
			records = append(records, record)
		}
	}
	return records, errors.Join(append(damaged, rows.Err())...)
}

// asWritten keeps what JSON would refuse or change in what an agent wrote; text that is not UTF-8 gets
// U+FFFD for what is none.
var asWritten = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true), jsontext.PreserveRawStrings(true))

// sealed returns the row of a record: the columns that it is searched by, its document, and the
// sum over all of these.
func sealed(searched []any, record any) ([]any, error) {
	document, err := json.Marshal(record, asWritten)
	if err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	row := append(searched, string(document))
	return append(row, sum(texts(row))), nil
}

// unseal reads the document of a row into a record, or returns what is wrong with the row; searched
// returns the columns that the record is searched by then.
func unseal(row []string, record any, searched func() []any) error {
	document, last := len(row)-2, len(row)-1
	if sum(row[:last]) != row[last] {
		return errors.New("the sum is another")
	}
	if err := json.Unmarshal([]byte(row[document]), record, asWritten); err != nil {
		return fmt.Errorf("decode record: %w", err)
	}
	if !slices.Equal(texts(searched()), row[:document]) {
		return errors.New("the columns are not those of the document")
	}
	return nil
}
