package main

import (
	"net/http"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// greeted connects to /ws/claude in spool.v1 and reads the greeting.
func (s *server) greeted(t testing.TB) *socket {
	t.Helper()
	c := s.dialPath(t, "/ws/claude", schema.Subprotocol)
	require.Equal(t, schema.Subprotocol, c.Subprotocol())
	require.Equal(t, `{"t":"info","info":"send {prompt,meta}"}`, c.next())
	return c
}

func TestV1EveryFrameIsAnEnvelope(t *testing.T) {
	t.Parallel()
	s, g := startServer(t, "--max-runs=1"), newGate(t)
	first := s.start(t, script(g.wait()))
	c := s.greeted(t)
	text := payloadWith(script("echo one; echo boom >&2", `printf '\n\377\n'`, "sleep 600"), "timeoutSeconds", 5)
	require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(text)))
	x := c.told()
	require.Regexp(t, schema.RunID, x.Run)
	require.Equal(t, told{T: "info", Info: "run", Run: x.Run}, x)
	require.Equal(t, `{"t":"info","info":"queued","position":1}`, c.next())
	c.prompt("another one")
	x = c.told()
	require.Equal(t, told{T: "error", Code: schema.Busy, Error: x.Error}, x)
	g.open()
	s.awaitEnd(t, first, schema.Succeeded, "")
	frames := map[string]bool{}
	var last string
	for frame := c.next(); ; frame = c.next() {
		frames[frame] = true
		if last = frame; decodeTold([]byte(frame)).T == "end" {
			break
		}
	}
	for _, want := range []string{
		`{"t":"line","n":1,"line":"one"}`, `{"t":"stderr","text":"boom"}`, `{"t":"line","n":2,"line":""}`, `{"t":"line","n":3,"line":"` + "\ufffd" + `"}`,
		`{"t":"info","info":"deadline","inSeconds":1}`, `{"t":"end","state":"timed_out","code":"TIMEOUT_WALL","error":"the run took longer than 5s: it was stopped"}`,
	} {
		require.True(t, frames[want], "%s of %q", want, frames)
	}
	require.Len(t, frames, 6)
	require.Contains(t, last, `"t":"end"`)
	_, _, err := c.ReadMessage()
	require.True(t, websocket.IsCloseError(err, websocket.CloseInternalServerErr), "%v", err)
}

func TestV1ASuccessEndsWithItsState(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.greeted(t)
	c.prompt("hi")
	c.told()
	require.Equal(t, `{"t":"line","n":1,"line":"ok"}`, c.next())
	require.Equal(t, `{"t":"end","state":"succeeded"}`, c.next())
	_, _, err := c.ReadMessage()
	require.True(t, websocket.IsCloseError(err, websocket.CloseNormalClosure), "%v", err)
}

// What is refused has no end, because it never was a run.
func TestV1RefusalsAreErrorsAndNoEnds(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for code, message := range map[schema.Code]string{
		schema.InvalidJSON: `{`, schema.InvalidPrompt: `{"meta":"A"}`, schema.InvalidMeta: `{"prompt":"a","meta":"a"}`,
		schema.InvalidOption: with("detach", "1"), schema.ForbiddenOption: with("model", `"opus"`),
	} {
		c := s.greeted(t)
		require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(message)))
		h, closed := c.hear(0)
		require.EqualValues(t, schema.ClosePolicy, closed)
		require.Equal(t, []told{{T: "error", Code: code, Error: h.errors[0].Error}}, h.errors)
		require.Empty(t, h.ends)
	}
	s.requireNoRun(t)
}

// That is what it is for: no line of the agent can be taken for a frame of the server.
func TestV1ALineThatLooksLikeAFrameIsALine(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	lines := []string{
		`{"error":"x","code":"INTERNAL"}`, `{"info":"run","run":"run_x"}`, `{"stderr":"x"}`, `{"t":"end","state":"succeeded"}`, `{"t":"error","error":"x","code":"BUSY"}`,
		`{"t":"line","n":1,"line":"x"}`, `"}`, `\`, `{"t":"info","info":"deadline","inSeconds":1}`,
	}
	c := s.greeted(t)
	c.prompt(script(say(lines...) + "exit 3"))
	c.told()
	h, code := c.hear(0)
	require.EqualValues(t, schema.CloseError, code)
	require.Equal(t, lines, h.lines)
	requireHeard(t, h, schema.Failed, schema.ExitNonzero)
}

func TestV1IsSpokenOnlyIfItIsOffered(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.start(t, "hi")
	for offer, spoken := range map[string]string{
		"": "", "spool.v2": "", "SPOOL.V1": "", "spool.v10": "", "chat": "", "spool.v1": "spool.v1", "chat, spool.v1": "spool.v1", "spool.v2,spool.v1": "spool.v1",
	} {
		for path, greeting := range map[string]string{"/ws/claude": schema.InfoFrame, "/ws/runs/" + id: `{"info":"run","run":"` + id + `"}`} {
			conn, answer, err := websocket.DefaultDialer.Dial("ws://"+s.addr+path, http.Header{"Sec-Websocket-Protocol": {offer}})
			require.NoError(t, err)
			require.Equal(t, spoken, answer.Header.Get("Sec-Websocket-Protocol"), offer)
			_, frame, err := conn.ReadMessage()
			require.NoError(t, err)
			if spoken != "" {
				greeting = `{"t":"info",` + greeting[1:]
			}
			require.Equal(t, greeting, string(frame), offer)
			require.NoError(t, conn.Close())
		}
	}
}
