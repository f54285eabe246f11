package main

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// What is done: clients that come back again and again, for a part of the lines each time.
const (
	returning   = 500
	returns     = 20
	linesEach   = 15
	returnsTime = 10 * time.Second
)

// TestN08ManyComeBackAndLoseNothing lets 500 clients come back 20 times each, within ten seconds
// on a quiet machine. Each goes on behind its last line, and now and then asks for its run again,
// with its key, as one does that does not know whether the first request has arrived.
func TestN08ManyComeBackAndLoseNothing(t *testing.T) {
	t.Parallel()
	first, second := newGate(t), newGate(t)
	s := startPlainServer(t, "--max-runs=500", "--claude="+program(t, "read -r prompt",
		"seq -f 'line %05g' 1 100", first.wait(), "seq -f 'line %05g' 101 200", second.wait(), "seq -f 'line %05g' 201 300"))
	fresh, start := s.descriptors(t), time.Now()
	opens := map[int]*gate{100/linesEach - 1: first, 200/linesEach - 1: second}
	var there [returns]atomic.Int64
	inParallel(returning, returning, func(i int) {
		err := s.comeBack(fmt.Sprintf("key-%d", i), func(round int) {
			if g := opens[round]; there[round].Add(1) == returning && g != nil {
				g.open() // all of them wait for more
			}
		})
		require.NoError(t, err)
	})
	took := time.Since(start)
	t.Logf("%d returns in %v", returning*returns, took)
	if fullLoad {
		require.Less(t, took, returnsTime)
	}
	crowdClient.CloseIdleConnections()
	require.Eventually(t, func() bool {
		h := s.health(t)
		return h.Runs.Running+h.Sockets.Open == 0 && s.children(t) == 0 && s.descriptors(t) <= fresh+16 // the store has some now, and who asks
	}, 5*time.Second, 20*time.Millisecond, "back to where it began")
	s.requireNoSurvivors(t)
	require.Equal(t, returning, s.count(t), "one run for each key")
}

// comeBack is one client. It tells after each round that it is about to come back.
func (s *server) comeBack(key string, done func(round int)) error {
	var h heard
	var id string
	for round := range returns {
		if round%5 == 0 {
			var r schema.Run
			if err := s.call(http.MethodPost, "/api/runs", payload("hi"), &r, "Idempotency-Key: "+key); err != nil {
				return err
			}
			if id != "" && r.ID != id {
				return fmt.Errorf("a second run: %s and %s", id, r.ID)
			}
			id = r.ID
		}
		if err := s.hearSome(&h, id, round == returns-1); err != nil {
			return fmt.Errorf("%s behind line %d: %w", id, h.cursor(), err)
		}
		done(round)
	}
	if len(h.lines) != returns*linesEach || len(h.ends) != 1 || h.ends[0].State != schema.Succeeded {
		return fmt.Errorf("%s: %d lines, %+v", id, len(h.lines), h.ends)
	}
	return nil
}

// hearSome reads some more lines, or all.
func (s *server) hearSome(h *heard, id string, last bool) error {
	st, err := s.openLines(crowdClient, id, h.cursor(), acceptSSE)
	if err != nil {
		return err
	}
	defer st.close()
	for want := h.cursor() + linesEach; last || h.cursor() < want; {
		x, err := st.next()
		if err == nil {
			err = h.add(x)
		}
		if err != nil || len(h.ends) > 0 {
			return err
		}
	}
	if st.retry != "1000" {
		return fmt.Errorf("no hint when to come back: %q", st.retry)
	}
	return nil
}
