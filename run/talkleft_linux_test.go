package run

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// A run that took a process which had served others is found with it, and its lines are its own.
func TestD02ALaterTurnGoesOnUnderTheNextServer(t *testing.T) {
	t.Parallel()
	e := leave(t, talks, 4, order{Name: "talk", Options: schema.Options{Detach: true}, Talk: []string{"hello", "many", "gate"}})
	h := e.takeOver(t, nil)
	r := e.run(t, h, "talk3")
	require.Equal(t, schema.Running, r.State())
	require.Len(t, h.log.Lines("adopted run", r.ID), 1)
	view, err := r.View(1)
	require.NoError(t, err)
	defer view.Leave(ClientGone)
	h.open(t, "gate")
	lines := view.read(t).lines
	require.Equal(t, schema.Succeeded, r.end(t).State)
	require.Len(t, lines, 4)
	require.Equal(t, "ready", lines[0])

	record := h.record(t, r)
	require.Equal(t, e.IDs["talk1"], record.Process)
	require.Equal(t, "answer 3", *record.Result)
	require.Equal(t, schema.Usage{InputTokens: 3, Turns: 1, CostUSD: 1}, *record.Usage, "what it took before was written down")
	require.EqualValues(t, 5, record.Lines)
	require.Equal(t, session, r.Session())
	require.Equal(t, "00000003-0000-4000-8000-000000000001", r.LastUUID())
	h.awaitKept(t, 0)
	for name, n := range map[string]int{"talk1": 4, "talk2": 3004, "talk3": 5} {
		r := e.run(t, h, name)
		shown := replay(t, r, 0)
		require.Len(t, shown.lines, n, name)
		require.Len(t, shown.stderr, 1)
		h.requireOwn(t, r, shown.lines)
	}
}

// Nobody can answer what an agent asks whose server was killed.
func TestA10ARequestIsCancelledWhenItsServerWasKilled(t *testing.T) {
	t.Parallel()
	e := leave(t, talks, 4, order{Name: "talk", Options: schema.Options{Detach: true}, Talk: []string{"hello", "approve"}})
	h := e.takeOver(t, nil)
	r := e.run(t, h, "talk2")
	require.Equal(t, schema.ExitNonzero, orNone(r.end(t).Code()), "the script ends with its stdin")
	a := h.approval(t, ApprovalID(r.ID, "q1"))
	require.Equal(t, schema.ApprovalCancelled, a.State)
	require.Equal(t, notAsked, a.Reason)
	require.Len(t, r.Approvals(), 1)
	_, err := h.Decide(t.Context(), "", a.ID, schema.Decision{Allow: true}, "me")
	requireCode(t, schema.ApprovalGone, err)
}

// orNone is the code of a run of which nobody knows how its process has ended.
func orNone(code schema.Code) schema.Code {
	if code == schema.RunInterrupted {
		return schema.ExitNonzero
	}
	return code
}

// A process that nobody used ends with its server, and what it had written behind its first
// run is cut off.
func TestD02AKeptProcessDoesNotOutliveItsServer(t *testing.T) {
	t.Parallel()
	e := leave(t, talks, 4, order{Name: "talk", Options: schema.Options{Detach: true}, Talk: []string{"hello", "hello", "deaf"}})
	pid := pid(t, strings.Split(readText(t, e.output("talk1")), "\n"))
	h := e.takeOver(t, func(c *Config) { c.StopLeft = true })
	requireGone(t, pid)
	require.Equal(t, schema.Interrupted, e.run(t, h, "talk3").Info().State)
	h.awaitKept(t, 0)
	first := e.run(t, h, "talk1")
	h.requireOwn(t, first, replay(t, first, 0).lines)
	require.NoFileExists(t, filepath.Join(h.procDir(), first.ID, "stdout.new"))
}
