package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// rawDoor is a socket without a subprotocol.
const rawDoor = "raw"

// doors are the ways to look at a run: a socket in each dialect, an answer in each form.
var doors = []string{rawDoor, schema.Subprotocol, acceptSSE, acceptNDJSON, acceptText}

// look is one who looks at a run.
type look struct {
	t      testing.TB
	door   string
	socket *socket // one of these two is nil
	stream *stream
	first  string // frame of a socket, which names the run
}

// look begins to look at a run through a door, from its beginning, and reads nothing yet but
// the frame by which a socket tells that it is counted as a viewer.
func (s *server) look(t testing.TB, door, id string) *look {
	t.Helper()
	if door != rawDoor && door != schema.Subprotocol {
		return &look{t: t, door: door, stream: s.lines(t, id, 0, door)}
	}
	var dialects []string
	if door == schema.Subprotocol {
		dialects = []string{door}
	}
	c := s.dialPath(t, "/ws/runs/"+id, dialects...)
	first := c.next()
	require.Contains(t, first, `"info":"run"`)
	return &look{t: t, door: door, socket: c, first: first}
}

// leave goes away.
func (l *look) leave() {
	if l.socket != nil {
		_ = l.socket.Close()
		return
	}
	l.stream.close()
}

// lines reads to the end of the run, and returns its lines.
func (l *look) lines() []string {
	l.t.Helper()
	switch l.door {
	case rawDoor:
		return l.socket.frames()
	case schema.Subprotocol:
		h, _ := l.socket.hear(0)
		return h.lines
	case acceptText:
		return validLines(l.t, l.stream.in)
	default:
		return l.stream.rest(l.t).lines
	}
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

// transcript is all that a door says of a run with these lines that succeeded, its frames on
// lines of their own.
func transcript(door, id string, lines []string) string {
	begin, line, end := "", "%[2]s\n", ""
	switch info := `{"t":"info","info":"run","run":"` + id + `"}`; door {
	case schema.Subprotocol, acceptNDJSON:
		begin, line, end = info+"\n", `{"t":"line","n":%d,"line":"%s"}`+"\n", `{"t":"end","state":"succeeded"}`+"\n"
	case acceptSSE:
		begin, line = "retry: 1000\n\nevent: info\ndata: "+info+"\n\n", "id: %d\ndata: %s\n\n"
		end = "id: end\nevent: end\ndata: {\"t\":\"end\",\"state\":\"succeeded\"}\n\n"
	case rawDoor:
		begin = `{"info":"run","run":"` + id + `"}` + "\n"
	}
	var text strings.Builder
	text.WriteString(begin)
	for i, l := range lines {
		fmt.Fprintf(&text, line, i+1, l)
	}
	return text.String() + end
}

// transcript reads all that the door says. What fails ends it.
func (l *look) transcript() string {
	if l.stream != nil {
		text, _ := io.ReadAll(l.stream.in)
		return string(text)
	}
	text := strings.Builder{}
	text.WriteString(l.first + "\n")
	for {
		_, frame, err := l.socket.ReadMessage()
		if err != nil {
			return text.String()
		}
		text.Write(frame)
		text.WriteByte('\n')
	}
}
