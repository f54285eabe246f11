package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// maxReaders bounds the connections that read: each has a cache of its own.
const maxReaders = 4

// Settings of a connection. A writer takes the lock when its transaction begins, because one that
// takes it later can fail in the middle. FULL makes each commit wait for the disk.
const (
	writing     = "_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=journal_size_limit(16777216)"
	readingOnly = "_pragma=busy_timeout(10000)&_pragma=query_only(1)"
)

// connect opens the file with at most so many connections and tries one.
func connect(ctx context.Context, path, settings string, most int) (*sql.DB, error) {
	name := (&url.URL{Scheme: "file", Path: path}).EscapedPath()
	db, err := sql.Open("sqlite", "file:"+name+"?"+settings)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), db.Close())
	}
	return db, nil
}

// create makes the file if there is none, and keeps it from other users. SQLite gives its
// other files the same mode.
func create(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := file.Chmod(0o600); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir has the names in a directory written to disk.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// checkPages reads the whole file and reports what is out of place: broken pages, and an index that
// does not have what its table has, because a record would not be found then.
func checkPages(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "PRAGMA integrity_check(5)")
	if err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	defer rows.Close()
	var findings []string
	for rows.Next() {
		var finding string
		if err := rows.Scan(&finding); err != nil {
			return fmt.Errorf("check database: %w", err)
		}
		findings = append(findings, finding)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if text := strings.Join(findings, "; "); text != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, text)
	}
	return nil
}
