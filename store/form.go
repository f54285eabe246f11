package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/pressly/goose/v3"
)

// selectForm reads how the tables, views and triggers are declared: all that migrations say. What SQLite
// and goose keep for themselves is theirs.
const selectForm = `SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema
	WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~' AND name NOT LIKE 'goose~_%' ESCAPE '~'
		AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow') ORDER BY name`

// checkForm reports a database that is not declared as the steps make one: a bit that flips in a
// trigger's text would have it do something else.
func checkForm(ctx context.Context, db *sql.DB, steps []*goose.Migration) error {
	want, err := freshForm(ctx, steps)
	if err != nil {
		return fmt.Errorf("make a database to compare with: %w", err)
	}
	got, err := form(ctx, db)
	if err != nil {
		return fmt.Errorf("check tables: %w", err)
	}
	if !slices.Equal(want, got) {
		return fmt.Errorf("%w: its tables are not declared as they were", ErrDamaged)
	}
	return nil
}

// freshForm returns how the steps declare a database, which is made in memory.
func freshForm(ctx context.Context, steps []*goose.Migration) (list []string, err error) {
	db, err := connect(ctx, ":memory:", "", 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := migrate(ctx, db, steps); err != nil {
		return nil, err
	}
	return form(ctx, db)
}

// form returns how a database is declared.
func form(ctx context.Context, db *sql.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, selectForm)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []string{}
	for rows.Next() {
		var kind, name, table, text string
		if err := rows.Scan(&kind, &name, &table, &text); err != nil {
			return nil, err
		}
		list = append(list, sum([]string{kind, name, table, text}))
	}
	return list, rows.Err()
}
