package main

import (
	"net/http"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestASocketMayLookAtARun(t *testing.T) {
	t.Parallel()
	s, g := startServer(t, "--max-runs=1"), newGate(t)
	first := s.start(t, script("seq 1 3", g.wait(), "echo boom >&2; echo 4; exit 3"))
	live, v1 := s.attach(t, first, 2), s.attach(t, first, 2, schema.Subprotocol)
	require.Equal(t, "3", live.next())
	require.Equal(t, told{T: "line", N: 3, Line: "3"}, v1.told())
	second := s.start(t, "hi")
	waiting := s.attach(t, second, 0)
	require.Equal(t, queued(1), waiting.next())
	g.open()

	e := live.rest()
	requireEnd(t, e, schema.ExitNonzero)
	require.Equal(t, []string{"4"}, e.lines)
	require.Equal(t, []string{"boom"}, e.stderr)
	h, code := v1.hear(3)
	require.EqualValues(t, schema.CloseError, code)
	require.Equal(t, []string{"4"}, h.lines)
	requireHeard(t, h, schema.Failed, schema.ExitNonzero)
	e = waiting.rest()
	requireEnd(t, e, "")
	require.Equal(t, []string{"ok"}, e.lines)

	e = s.attach(t, first, 4).rest() // afterwards
	requireEnd(t, e, schema.ExitNonzero)
	require.Equal(t, s.lookUp(t, first).Error, e.err.Text)
	require.Empty(t, e.lines)
	requireEnd(t, s.attach(t, second, 0).rest(), "")
}

// Who looks has nothing to say. One that goes on talking loses its place, and harms nobody.
func TestP13AViewersMessagesAreRefused(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	id := s.start(t, script("echo ready", g.wait(), "echo done"))
	other, talker, v1 := s.attach(t, id, 0), s.attach(t, id, 0), s.attach(t, id, 0, schema.Subprotocol)
	require.Equal(t, "ready", talker.next())
	require.Equal(t, "ready", v1.told().Line)
	for range schema.MaxOffences {
		talker.prompt("hi")
		requireBusy(t, talker.next())
		v1.prompt("hi")
		x := v1.told()
		require.Equal(t, told{T: "error", Code: schema.Busy, Error: x.Error}, x)
	}
	talker.prompt("hi")
	e := talker.rest()
	require.Equal(t, schema.Busy, e.err.Code)
	require.EqualValues(t, schema.ClosePolicy, e.code)
	v1.prompt("hi")
	h, code := v1.hear(1)
	require.EqualValues(t, schema.ClosePolicy, code)
	require.Equal(t, schema.Busy, h.errors[0].Code)
	require.Empty(t, h.ends, "the run has not ended")
	g.open()
	e = other.rest()
	requireEnd(t, e, "")
	require.Equal(t, []string{"ready", "done"}, e.lines)
	s.awaitEnd(t, id, schema.Succeeded, "")
	require.Len(t, s.started(t), 1)
}

func TestN07OutputThatIsGoneIsNoSilence(t *testing.T) {
	t.Parallel()
	s, g := startServer(t, "--retain=0"), newGate(t)
	id := s.start(t, script("seq 1 3", g.wait(), "seq 4 6"))
	early := s.attach(t, id, 0)
	require.Equal(t, "1", early.next())
	g.open()
	e := early.rest()
	requireEnd(t, e, "")
	require.Equal(t, []string{"2", "3", "4", "5", "6"}, e.lines, "who was there reads to the end")
	r := s.awaitRun(t, id, func(r schema.Run) bool { return r.OutputGone })
	requireRun(t, r, schema.Succeeded, "")
	require.EqualValues(t, 6, r.Lines, "how it ended is still known")
	require.Eventually(t, func() bool { return len(s.runDirs(t)) == 0 }, patience, patience/1000)
	for _, accept := range []string{acceptSSE, acceptNDJSON, acceptText} {
		for _, from := range []string{"0", "3", "6", "7"} {
			answer, text := s.do(t, http.MethodGet, "/api/runs/"+id+"/lines?from="+from, "", "Accept: "+accept)
			requireRefusal(t, answer, text, http.StatusGone, schema.OutputGone)
		}
	}
	requireEnd(t, s.dialPath(t, "/ws/runs/"+id+"?from=3").rest(), schema.OutputGone)
	h, code := s.dialPath(t, "/ws/runs/"+id, schema.Subprotocol).hear(0)
	require.Equal(t, websocket.CloseInternalServerErr, code)
	require.Equal(t, schema.OutputGone, h.errors[0].Code)
	require.Empty(t, h.ends)
	requireRun(t, s.abort(t, id), schema.Succeeded, "")
}
