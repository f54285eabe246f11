package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// laterMigrations are those of a version that has one more.
func laterMigrations(t testing.TB) fs.FS {
	t.Helper()
	later := fstest.MapFS{
		"00003_note.sql": {Data: []byte("-- +goose Up\nALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT '';\n")},
	}
	names, err := fs.Glob(migrations(), "*.sql")
	require.NoError(t, err)
	for _, name := range names {
		content, err := fs.ReadFile(migrations(), name)
		require.NoError(t, err)
		later[name] = &fstest.MapFile{Data: content}
	}
	return later
}

// openLater opens a database as the later version does.
func openLater(t testing.TB, path string) *Store {
	t.Helper()
	s, err := open(t.Context(), path, laterMigrations(t))
	require.NoError(t, err)
	return s
}

// snapshot returns the content of every file in a directory.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		require.NoError(t, err)
		files[entry.Name()] = string(content)
	}
	return files
}

// crashed returns where the files are that a server leaves which is killed now.
func crashed(t testing.TB, path string) string {
	t.Helper()
	copied := dbPath(t)
	for name, content := range snapshot(t, filepath.Dir(path)) {
		if name != "spool.db-shm" { // memory of processes
			require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(copied), name), []byte(content), 0o600))
		}
	}
	return copied
}

func TestD06OpensEarlierVersion(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	s, err := Open(t.Context(), path)
	require.NoError(t, err)
	run := by(s, fullRun(1))
	require.NoError(t, s.Insert(t.Context(), run))
	require.NoError(t, s.Close())
	for epoch := int64(2); epoch <= 3; epoch++ {
		later := openLater(t, path)
		require.Equal(t, epoch, later.Epoch())
		got, err := later.Run(t.Context(), run.ID)
		require.NoError(t, err)
		require.Equal(t, run, got)
		require.NoError(t, later.Insert(t.Context(), newRun()))
		require.NoError(t, later.Close())
	}
}

func TestD06RefusesLaterVersionAndLeavesItUntouched(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	later := openLater(t, path)
	require.NoError(t, later.Insert(t.Context(), fullRun(1)))
	killed := crashed(t, path)
	require.NoError(t, later.Close())
	for name, path := range map[string]string{"stopped": path, "killed": killed} {
		before := snapshot(t, filepath.Dir(path))
		_, err := Open(t.Context(), path)
		require.ErrorIs(t, err, ErrNewer, name)
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, "its version is 3, this program knows 2")
		require.Equal(t, before, snapshot(t, filepath.Dir(path)), name)
	}
}

// The version is in the log alone when a server is killed right after it has migrated a file that
// an earlier one had closed.
func TestD06RefusesLaterVersionInTheLog(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	s, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	later := openLater(t, path)
	killed := crashed(t, path)
	require.NoError(t, later.Close())
	header, err := readHeader(killed)
	require.NoError(t, err)
	require.Equal(t, byte(2), header[versionOffset+3], "the file itself is of the earlier version")
	before := snapshot(t, filepath.Dir(killed))
	_, err = Open(t.Context(), killed)
	require.ErrorIs(t, err, ErrNewer)
	require.Equal(t, before, snapshot(t, filepath.Dir(killed)))
}

func TestAnInterruptedMigrationGoesOn(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	s, err := Open(t.Context(), path)
	require.NoError(t, err)
	_, err = s.changes.Exec("PRAGMA user_version = 3") // what the later version does first
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, err = Open(t.Context(), path)
	require.ErrorIs(t, err, ErrNewer)
	require.NoError(t, openLater(t, path).Close())
}

func TestNoDatabase(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"short text": "hello",
		"long text":  string(make([]byte, 10000)),
		"half":       magic,
		"page 2 cut": validDatabase(t)[:5000],
		"no index":   validDatabase(t)[:8192],
	} {
		path := dbPath(t)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := Open(t.Context(), path)
		require.ErrorIs(t, err, ErrDamaged, name)
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, "move it away")
		require.ErrorContains(t, err, "proc/")
	}
}

func TestALogWithoutDatabase(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	openAt(t, path)
	killed := crashed(t, path)
	require.NoError(t, os.Remove(killed))
	_, err := Open(t.Context(), killed)
	require.ErrorIs(t, err, ErrDamaged)
	require.FileExists(t, killed+"-wal", "SQLite would have removed it")
}

// validDatabase returns the bytes of a database.
func validDatabase(t testing.TB) string {
	t.Helper()
	path := dbPath(t)
	s, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, s.Insert(t.Context(), newRun()))
	require.NoError(t, s.Close())
	return snapshot(t, filepath.Dir(path))["spool.db"]
}

// firstVersionRuns are what testdata/version1.db holds, the newest first. It was written by the
// first version that kept records, and every later one must open it.
func firstVersionRuns() []Run {
	created, began, end := day(20000), day(20000).Add(time.Second), day(20000).Add(time.Minute)
	done := Run{
		Run: schema.Run{
			ID: "run_" + strings.Repeat("a", 26), Meta: "TASK-1", State: schema.Failed, Code: schema.APIError, Error: "no credit",
			Prompt: "Grüße \"alle\"\n", Options: schema.Options{Detach: true, TimeoutSeconds: 60, Model: "sonnet"},
			Result: new("half an answer"), Usage: &schema.Usage{InputTokens: 3, CostUSD: 0.25}, Exit: &schema.Exit{Code: 1},
			Stop: &schema.Stop{Rung: "exit", Survivors: []int{}}, Lines: 17, OutputBytes: 4711, OutputGone: true,
			CreatedAt: created, StartedAt: &began, EndedAt: &end,
		},
		User: "ann", Key: "key 1", Fingerprint: "print", Session: "session", Sealed: true,
	}
	waits := Run{
		Run:    schema.Run{ID: "run_" + strings.Repeat("b", 26), Meta: "TASK-2", State: schema.Queued, Prompt: "Hello", CreatedAt: end},
		Reason: &Reason{State: schema.TimedOut, Code: schema.TimeoutWall, Text: "it took too long"},
	}
	return []Run{waits, done}
}

func TestD06OpensTheFirstVersion(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	content, err := os.ReadFile("testdata/version1.db")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	s := openAt(t, path)
	require.Equal(t, int64(2), s.Epoch())
	want := firstVersionRuns()
	for i := range want {
		want[i].Owner, want[i].Epoch = s.Owner(), 1
	}
	got, err := s.Runs(t.Context(), Filter{})
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// firstVersion makes the database of a version that knows the first migration alone, with what it can do.
func firstVersion(t testing.TB, path string, runs ...Run) {
	t.Helper()
	content, err := fs.ReadFile(migrations(), "00001_runs.sql")
	require.NoError(t, err)
	first, err := steps(fstest.MapFS{"00001_runs.sql": {Data: content}})
	require.NoError(t, err)
	require.NoError(t, create(path))
	db, err := newPool(t.Context(), path, writing, 1)
	require.NoError(t, err)
	require.NoError(t, migrate(t.Context(), db.DB, first))
	require.NoError(t, db.prepare(t.Context(), insertRun, countID))
	s := &Store{changes: db}
	require.NoError(t, s.beginEpoch(t.Context()))
	tx, err := db.Begin()
	require.NoError(t, err)
	for _, run := range runs {
		row, err := encode(by(s, run))
		require.NoError(t, err)
		require.NoError(t, insert(transaction{tx, db}, row))
	}
	require.NoError(t, tx.Commit())
	require.NoError(t, db.Close())
}

func TestD06ADirectoryOfTheFirstVersionGetsConversations(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	waits, done := newRun(), fullRun(2)
	firstVersion(t, path, waits, done)
	header, err := readHeader(path)
	require.NoError(t, err)
	require.Equal(t, byte(1), header[versionOffset+3])
	s := openAt(t, path)
	require.Equal(t, int64(2), s.Epoch())
	for _, run := range []Run{waits, done} {
		run.Owner, run.Epoch = s.Owner(), 1
		got, err := s.Run(t.Context(), run.ID)
		require.NoError(t, err)
		require.Equal(t, run, got)
	}
	waits.Usage = &took
	require.NoError(t, s.Update(t.Context(), ended(waits, schema.Succeeded, time.Now())))
	require.Equal(t, []schema.UsageRow{times(1)}, usage(t, s, UsageFilter{}))
	id := insertNew(t, s, "ann")
	run := beginTurn(t, s, "ann", id, "hello", "")
	require.Equal(t, "hi", finish(t, s, run, "hi").Preview)
	require.Len(t, search(t, s, "ann", "hello"), 2)
}

func TestD06TheFirstVersionRefusesADirectoryWithConversations(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	s, err := Open(t.Context(), path)
	require.NoError(t, err)
	say(t, s, "ann", insertNew(t, s, "ann"), "hello")
	killed := crashed(t, path)
	require.NoError(t, s.Close())
	content, err := fs.ReadFile(migrations(), "00001_runs.sql")
	require.NoError(t, err)
	for name, path := range map[string]string{"stopped": path, "killed": killed} {
		before := snapshot(t, filepath.Dir(path))
		_, err := open(t.Context(), path, fstest.MapFS{"00001_runs.sql": {Data: content}})
		require.ErrorIs(t, err, ErrNewer, name)
		require.Equal(t, before, snapshot(t, filepath.Dir(path)), name)
	}
}
