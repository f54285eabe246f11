package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

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

// latest returns the version that migrations lead to: the number that the last name begins with.
func latest(migrations fs.FS) (int64, error) {
	names, err := fs.Glob(migrations, "*.sql")
	if err != nil || len(names) == 0 {
		return 0, errors.Join(errors.New("there are no migrations"), err)
	}
	number, _, _ := strings.Cut(names[len(names)-1], "_")
	return strconv.ParseInt(number, 10, 64)
}

// migrate brings the database to a version. The file's header gets the number first, so that an
// earlier version refuses the file from then on, whatever interrupts this one.
func migrate(ctx context.Context, db *sql.DB, version int64, migrations fs.FS) error {
	if _, err := db.ExecContext(ctx, "PRAGMA user_version = "+strconv.FormatInt(version, 10)); err != nil {
		return fmt.Errorf("set version: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations)
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
