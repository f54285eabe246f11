package main

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// canary stands for a secret that a client sends in a place where it does not belong.
const canary = "CANARY-0123456789abcdef"

func TestA08NothingThatAClientSendsIsLogged(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{{"--log-level=info"}, {"--log-level=debug"}, {"--log-level=debug", "--log-format=json"}} {
		s := startServerWith(t, func(command *exec.Cmd) {
			command.Env = append(command.Env, "ANTHROPIC_API_KEY="+canary)
		}, append(flags, "--stop-grace=1s")...)
		s.sendCanaries(t)
		s.requestCanaries(t)
		s.runCanaries(t)
		s.awaitIdle(t)
		s.requireNoCanary(t)
		require.Contains(t, s.log.String(), "run ended", "else this test shows nothing")
	}
}

// sendCanaries connects with it in headers, the query, a subprotocol and a cookie.
func (s *server) sendCanaries(t *testing.T) {
	t.Helper()
	for _, header := range []http.Header{
		{"Authorization": {"Bearer " + canary}},
		{"Cookie": {"token=" + canary}},
		{"Sec-Websocket-Protocol": {"token." + canary}},
		{"Origin": {"http://" + canary + ".example"}},
		{"X-Forwarded-Host": {canary}},
		{"User-Agent": {canary}},
		{canary: {canary}},
		{"X-Long": {strings.Repeat(canary, 600)}},
		{"X-Much": {strings.Repeat(canary, 6000)}},
	} {
		conn, answer, _ := websocket.DefaultDialer.Dial("ws://"+s.addr+"/ws/claude?token="+canary, header)
		if conn != nil {
			require.NoError(t, conn.Close())
		}
		if answer != nil {
			require.NotContains(t, answer.Header, canary)
		}
	}
}

// requestCanaries sends plain and broken requests with it.
func (s *server) requestCanaries(t *testing.T) {
	t.Helper()
	for _, lines := range [][]string{
		s.getLines("/" + canary), s.getLines("/api/health?token=" + canary), s.getLines("/readyz", "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte(canary))),
		{"GET / HTTP/1.1", "Host: " + canary},
		{canary + " / HTTP/1.1", "Host: " + s.addr},
		{"GET http://" + canary + "/ HTTP/1.1", "Host: " + canary},
		{"GET / HTTP/1.1", "Host: " + s.addr, canary},
		{"GET / HTTP/1.1", "Host: " + s.addr, "Content-Length: " + canary},
		{canary},
		{"POST /" + canary + " HTTP/1.1", "Host: " + s.addr, "Transfer-Encoding: " + canary},
		{"GET /%zz" + canary + " HTTP/1.1", "Host: " + s.addr},
	} {
		a := s.request(t, lines...)
		require.NotContains(t, a.body, canary, lines[0])
	}
	_, err := url.Parse(s.url)
	require.NoError(t, err)
}

// runCanaries sends prompts and payloads with it, to runs that end in all ways. What the
// fake prints on stderr is shown to the client, but for the key.
func (s *server) runCanaries(t *testing.T) {
	t.Helper()
	for _, work := range []string{"exit 0", "exit 3", "kill -KILL $$", say(initLine), say(initLine, `{"type":"result","is_error":true,"result":"`+canary+`"}`)} {
		e := s.run(t, script("# "+canary, `echo "$ANTHROPIC_API_KEY" >&2`, "echo '"+canary+"' >&2", work))
		require.NotContains(t, strings.Join(e.stderr, "\n")+e.err.Text+e.reason, canary)
	}
	for _, message := range []string{
		canary, `{"prompt":"` + canary + `","meta":"` + canary + `"}`, `{"` + canary + `":`, `{"prompt":"a","meta":"A","` + canary + `":1,"` + canary + `":2}`,
		`{"prompt":"` + canary + `","meta":"A","model":"` + canary + `"}`, `{"prompt":"` + canary + `\u0000","meta":"A"}`,
	} {
		c := s.dial(t)
		require.Equal(t, schema.InfoFrame, c.next())
		require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(message)))
		e := c.rest()
		require.NotEqual(t, schema.Code(""), e.err.Code, message)
		require.NotContains(t, e.err.Text+e.reason, canary)
	}
	c, _ := s.begin(t, script("echo ready; sleep 600"))
	require.Equal(t, "ready", c.next())
	for range 4 {
		require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(canary)))
	}
	requireEnd(t, c.rest(), schema.Busy)
}

// requireNoCanary looks for it in the log and in what the server tells of itself.
func (s *server) requireNoCanary(t *testing.T) {
	t.Helper()
	require.NotContains(t, s.log.String(), canary)
	for _, path := range routes {
		_, body := s.get(t, path)
		require.NotContains(t, string(body), canary, path)
	}
}

// A client cannot begin a record of its own in the log.
func TestA08OneRecordIsOneLine(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		s := startServer(t, "--log-format="+format, "--log-level=debug")
		s.run(t, script(`printf 'boom\nlevel=ERROR msg=forged\n{"level":"ERROR"}\n' >&2`, "exit 1"))
		s.request(t, s.getLines("/x%0alevel=ERROR", "X-A: b")...)
		for line := range strings.Lines(s.log.String()) {
			require.Regexp(t, `^(time=\S+ level=(INFO|DEBUG|WARN) |\{"time":"[^"]+","level":"(INFO|DEBUG|WARN)",)`, line)
			require.NotContains(t, line, "forged")
		}
	}
}
