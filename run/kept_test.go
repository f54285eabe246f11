package run

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// atDatabase opens the registry's database behind its back.
func (h house) atDatabase(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(h.config.DataDir, "spool.db"))
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// ended is the id of a run that has ended.
func (h house) ended(t *testing.T) string {
	t.Helper()
	r, view := h.submit(t)
	r.end(t)
	view.Leave(ClientGone)
	return r.ID
}

func TestARecordThatCannotBeKeptIsNotTriedForEver(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "echo a; gate", nil)
	r, view := h.submit(t)
	require.Eventually(t, func() bool { return r.State() == schema.Running }, patience, time.Millisecond)
	_, err := h.atDatabase(t).ExecContext(t.Context(), "UPDATE runs SET meta = 'X' WHERE id = $1", r.ID)
	require.NoError(t, err)
	h.open(t, "gate")
	r.end(t)
	view.Leave(ClientGone)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	h.Drain(ctx)
	require.NoError(t, ctx.Err())
	require.Len(t, h.log.Lines("keep record of run"), 1)
	_, err = h.atDatabase(t).ExecContext(t.Context(), "DELETE FROM runs")
	require.NoError(t, err)
	require.NoError(t, r.output.remove())
}

// A run is nobody's business before its record is on disk.
func TestARunThatIsNotOnDiskYetIsNotTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "echo a", nil)
	db := h.atDatabase(t)
	_, err := db.ExecContext(t.Context(), "BEGIN IMMEDIATE") // nothing can be written meanwhile
	require.NoError(t, err)
	accepted := make(chan *Run, 1)
	go func() {
		r, view, err := h.Submit(context.WithoutCancel(t.Context()), Request{Payload: schema.Payload{Prompt: "hi", Meta: "TEST"}, Client: "x"})
		if err != nil {
			t.Error(err)
			close(accepted)
			return
		}
		view.Leave(ClientGone)
		accepted <- r
	}()
	require.Eventually(t, func() bool { running, _ := h.Counts(); return running == 1 }, patience, time.Millisecond)
	list, err := h.List(t.Context(), Filter{State: schema.Queued, Limit: 5})
	require.NoError(t, err)
	require.Empty(t, list.Runs)
	_, err = db.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	r := <-accepted
	require.NotNil(t, r)
	r.end(t)
}

func TestAListShowsTheBeginningOfALongAnswer(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("€", maxListed)
	h := newHouse(t, initLine+`echo '{"type":"result","is_error":false,"result":"`+text+`"}'`, nil)
	id := h.ended(t)
	list, err := h.List(t.Context(), Filter{Limit: 5})
	require.NoError(t, err)
	require.True(t, list.Runs[0].ResultCut)
	require.Equal(t, text[:maxListed/3*3], *list.Runs[0].Result)
	r, err := h.Open(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, text, *r.Info().Result)
}

func TestARunThatComesToItsResultOnAFullDiskHasSucceeded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, resultLine, nil)
	var looks atomic.Int64
	h.disk = func() (free, all uint64) { // full from the second look on that finds the result there
		outputs, _ := filepath.Glob(filepath.Join(h.procDir(), "*", "stdout"))
		for _, output := range outputs {
			if info, err := os.Stat(output); err == nil && info.Size() > 0 && looks.Add(1) > 1 {
				return 1 << 20, 100 << 30
			}
		}
		return 2 << 30, 100 << 30
	}
	r, view := h.submit(t)
	defer view.Leave(ClientGone)
	require.Equal(t, schema.Succeeded, r.end(t).State, r.Outcome().Error)
}
