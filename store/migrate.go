package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrations returns this version's steps from an empty file to its form of the data. A file
// that was released is never changed: the next form gets the next number.
func migrations() fs.FS {
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic("store: embedded migrations: " + err.Error())
	}
	return files
}

// steps returns the migrations, the first one first. They are Go ones for goose, whose own
// parser of SQL files takes 12 MiB of buffers at every start.
func steps(migrations fs.FS) ([]*goose.Migration, error) {
	names, err := fs.Glob(migrations, "*.sql")
	if err != nil || len(names) == 0 {
		return nil, errors.Join(errors.New("there are no migrations"), err)
	}
	steps := make([]*goose.Migration, len(names))
	for i, name := range names {
		if steps[i], err = step(migrations, name); err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
	}
	return steps, nil
}

// step returns the migration of one file, whose name begins with its version.
func step(migrations fs.FS, name string) (*goose.Migration, error) {
	text, err := fs.ReadFile(migrations, name)
	if err != nil {
		return nil, err
	}
	version, err := goose.NumericComponent(name)
	if err != nil {
		return nil, err
	}
	up := func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, string(text))
		return err
	}
	return goose.NewGoMigration(version, &goose.GoFunc{RunTx: up}, nil), nil
}

// migrate brings the database to the version of the last step. The file's header gets the
// number first, so that an earlier version refuses the file from then on, whatever interrupts
// this one.
func migrate(ctx context.Context, db *sql.DB, steps []*goose.Migration) error {
	version := steps[len(steps)-1].Version
	if _, err := db.ExecContext(ctx, "PRAGMA user_version = "+strconv.FormatInt(version, 10)); err != nil {
		return fmt.Errorf("set version: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, nil, goose.WithGoMigrations(steps...), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	reached, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read version: %w", err)
	}
	if reached != version {
		return fmt.Errorf("%w: it says that it has version %d, and its header says %d", ErrDamaged, reached, version)
	}
	return nil
}
