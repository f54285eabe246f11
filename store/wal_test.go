package store

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// killedStore returns the path of a database that a killed server has left, with all records in
// its log, and the runs in the order in which they were inserted, each in a transaction of its own.
func killedStore(t *testing.T, n int) (string, []Run) {
	t.Helper()
	path := dbPath(t)
	s := openAt(t, path)
	runs := []Run{}
	for range n {
		run := by(s, newRun())
		require.NoError(t, s.Insert(t.Context(), run))
		runs = append(runs, run)
	}
	return crashed(t, path), runs
}

// commitEnds returns where in a log its transactions end.
func commitEnds(log []byte) []int {
	ends := []int{}
	size := frameHeaderSize + int(binary.BigEndian.Uint32(log[walPageSize:]))
	for end := walHeaderSize + size; end <= len(log); end += size {
		if binary.BigEndian.Uint32(log[end-size+frameCommit:]) != 0 {
			ends = append(ends, end)
		}
	}
	return ends
}

// writeLog replaces a database's log.
func writeLog(t *testing.T, path string, log []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+"-wal", log, 0o600))
}

func TestALogMayEndAnywhere(t *testing.T) {
	t.Parallel()
	path, _ := killedStore(t, 3)
	log := []byte(snapshot(t, filepath.Dir(path))["spool.db-wal"])
	for length := 0; length < len(log); length += 13 {
		if length > 200 && length < len(log)-4200 {
			continue // a page is like the others
		}
		logged, _, err := readWAL(bytes.NewReader(log[:length]))
		require.NoError(t, err, length)
		require.Equal(t, length >= walHeaderSize, logged)
	}
}

func TestATornTransactionIsDroppedAlone(t *testing.T) {
	t.Parallel()
	path, runs := killedStore(t, 5)
	log := []byte(snapshot(t, filepath.Dir(path))["spool.db-wal"])
	ends := commitEnds(log)
	last := ends[len(ends)-1] - ends[len(ends)-2]
	for _, lost := range []int{1, 24, 4096, last / 2, last} {
		writeLog(t, path, log[:ends[len(ends)-1]-lost])
		s := openAt(t, crashed(t, path))
		requireAll(t, s, runs[:4])
	}
}

func TestD03FlippedBitsOfALogAreFound(t *testing.T) {
	t.Parallel()
	path, _ := killedStore(t, 10)
	log := []byte(snapshot(t, filepath.Dir(path))["spool.db-wal"])
	ends := commitEnds(log)
	certain := ends[len(ends)-3] // in the last two transactions it may look like a power cut
	random := rand.New(rand.NewPCG(4, 5))
	for range flips {
		place := random.IntN(8 * certain)
		log[place/8] ^= 1 << (place % 8)
		_, _, err := readWAL(bytes.NewReader(log))
		require.ErrorIs(t, err, ErrDamaged, "bit %d", place)
		log[place/8] ^= 1 << (place % 8)
	}
	_, version, err := readWAL(bytes.NewReader(log))
	require.NoError(t, err)
	require.Equal(t, int64(2), version)
}

// What a log held before it was begun anew stays behind its end, and is no part of it.
func TestALogThatBeganAnew(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	s := openAt(t, path)
	runs := []Run{}
	for range 30 {
		runs = append(runs, by(s, newRun()))
		require.NoError(t, s.Insert(t.Context(), runs[len(runs)-1]))
	}
	_, err := s.changes.Exec("PRAGMA wal_checkpoint(RESTART)")
	require.NoError(t, err)
	for range 3 {
		runs = append(runs, by(s, newRun()))
		require.NoError(t, s.Insert(t.Context(), runs[len(runs)-1]))
	}
	requireAll(t, openAt(t, crashed(t, path)), runs)
}
