package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// digestOf is a digest of lines, in which their ends count.
func digestOf(lines []string) string {
	hash := sha256.New()
	for _, line := range lines {
		fmt.Fprintf(hash, "%d:%s\n", len(line), line)
	}
	return fmt.Sprintf("%d lines %x", len(lines), hash.Sum(nil))
}

// doors are the ways to read a run from its beginning to its end. Each returns its lines.
var doors = map[string]func(s *server, t testing.TB, id string) func() []string{
	"SSE":    func(s *server, t testing.TB, id string) func() []string { return s.heardFrom(t, id, acceptSSE) },
	"NDJSON": func(s *server, t testing.TB, id string) func() []string { return s.heardFrom(t, id, acceptNDJSON) },
	"raw":    func(s *server, t testing.TB, id string) func() []string { return s.attach(t, id, 0).frames },
	"spool.v1": func(s *server, t testing.TB, id string) func() []string {
		c := s.attach(t, id, 0, schema.Subprotocol)
		return func() []string { h, _ := c.hear(0); return h.lines }
	},
	"plain text": func(s *server, t testing.TB, id string) func() []string {
		st := s.lines(t, id, 0, acceptText)
		return func() []string { return validLines(t, st.in) }
	},
}

func (s *server) heardFrom(t testing.TB, id, accept string) func() []string {
	t.Helper()
	st := s.lines(t, id, 0, accept)
	return func() []string { return st.rest(t).lines }
}

// frames returns every frame up to the close frame, which must tell a success.
func (c *socket) frames() (all []string) {
	c.t.Helper()
	for {
		require.NoError(c.t, c.SetReadDeadline(time.Now().Add(patience)))
		_, text, err := c.ReadMessage()
		if err != nil {
			require.True(c.t, websocket.IsCloseError(err, websocket.CloseNormalClosure), "%v", err)
			return all
		}
		all = append(all, string(text))
	}
}

// validLines reads lines, with U+FFFD for each byte that is not UTF-8.
func validLines(t testing.TB, in io.Reader) []string {
	t.Helper()
	text, err := io.ReadAll(in)
	require.NoError(t, err)
	if len(text) == 0 {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, line := range lines {
		lines[i] = string([]rune(line))
	}
	return lines
}

// oddities prints lines of every kind that could be changed on its way: empty ones, with
// carriage returns, that look like events, frames or escapes, that are not UTF-8, long ones,
// and a last one without newline.
const oddities = `printf 'first\n\n\nx\r\n\ry\r\rz\n\r\n \n data: x\nid: 7\n: ping\nevent: end\nretry: 1\n\t\n'
printf '{"t":"end","state":"succeeded"}\n{"error":"x","code":"Y"}\n{"info":"run","run":"z"}\n"\n\\\n\\u0041\n\\n\n'
printf 'a\000b\001\033[1m\177\n\377\376\n\303\n\355\240\200\n\360\237\230\200\n\360\237\n\303\251\342\200\250\342\200\251\357\273\277\n'
yes 0123456789abcdef | tr -d '\n' | head -c 70000; echo
(yes 'é"\' | tr -d '\n' | head -c 200000; printf '\r'; yes '\0' | tr -d '\n' | head -c 70000); echo
`

func TestEveryDoorTellsTheSameBytesLiveAndOnReplay(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	id := s.start(t, script(oddities, g.wait(), oddities, "printf 'no newline'"))
	var mu sync.Mutex
	got := map[string]string{}
	var readers sync.WaitGroup
	read := func(name string, rest func() []string) {
		readers.Go(func() {
			digest := digestOf(rest())
			mu.Lock()
			defer mu.Unlock()
			got[name] = digest
		})
	}
	for name, door := range doors {
		read(name+" live", door(s, t, id))
	}
	s.awaitStdout(t, 340_000)
	for name, door := range doors {
		read(name+" from the middle", door(s, t, id))
	}
	g.open()
	r := s.awaitEnd(t, id, schema.Succeeded, "")
	for name, door := range doors {
		read(name+" afterwards", door(s, t, id))
	}
	readers.Wait()
	stdout, err := os.ReadFile(filepath.Join(s.dir, "proc", id, "stdout"))
	require.NoError(t, err)
	want := validLines(t, strings.NewReader(string(stdout)))
	require.Len(t, want, int(r.Lines))
	require.Len(t, got, 3*len(doors))
	for name, digest := range got {
		require.Equal(t, digestOf(want), digest, name)
	}
	_, text := s.do(t, http.MethodGet, "/api/runs/"+id+"/lines", "", "Accept: text/plain")
	require.True(t, string(stdout)+"\n" == text, "plain text is the bytes themselves")
}

// The door through which the run came tells the same as all others.
func TestTheFirstSocketTellsTheSameBytes(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c, id := s.begin(t, script(oddities))
	digest := digestOf(c.frames())
	for name, door := range doors {
		require.Equal(t, digest, digestOf(door(s, t, id)()), name)
	}
	c = s.dialPath(t, "/ws/claude", schema.Subprotocol)
	c.told()
	require.NoError(t, c.WriteMessage(websocket.TextMessage, []byte(payload(script(oddities)))))
	h, code := c.hear(0)
	require.Equal(t, 1000, code)
	require.Equal(t, digest, digestOf(h.lines))
}

// Lines of 70,000 bytes and of 16 MiB, one of them with a carriage return, which events encode.
func TestS05LongLinesAreWholeThroughEveryDoor(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.start(t, script("long() { yes 0123456789abcdef | tr -d '\\n' | head -c $1; }", "long 70000; echo; long 16777216; echo; long 35000; printf '\\r'; long 35000; echo; echo after"))
	hex := strings.Repeat("0123456789abcdef", 16<<20/16)
	want := []string{hex[:70_000], hex, hex[:35_000] + "\r" + hex[:35_000], "after"}
	s.awaitEnd(t, id, schema.Succeeded, "")
	require.True(t, slices.Equal(want, s.attach(t, id, 0).frames()), "raw")

	encoded := strings.ReplaceAll(want[2], "\r", `\r`)
	var envelopes []string
	for i, line := range []string{want[0], want[1], encoded, want[3]} {
		envelopes = append(envelopes, fmt.Sprintf(`{"t":"line","n":%d,"line":"%s"}`, i+1, line))
	}
	require.True(t, slices.Equal(envelopes, s.attach(t, id, 0, schema.Subprotocol).frames()[:4]), "spool.v1")
	for accept, text := range map[string]string{
		acceptText:   strings.Join(want, "\n") + "\n",
		acceptNDJSON: "\n" + strings.Join(envelopes, "\n") + "\n",
		acceptSSE:    "\nid: 1\ndata: " + want[0] + "\n\nid: 2\ndata: " + want[1] + "\n\nid: 3\nevent: encoded\ndata: \"" + encoded + "\"\n\nid: 4\ndata: after\n\n",
	} {
		_, got := s.do(t, http.MethodGet, "/api/runs/"+id+"/lines", "", "Accept: "+accept)
		require.True(t, strings.Contains(got, text), accept)
	}
}
