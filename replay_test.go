package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

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
	look := func(when string) {
		for _, door := range doors {
			l := s.look(t, door, id)
			readers.Go(func() {
				digest := digestOf(l.lines())
				mu.Lock()
				defer mu.Unlock()
				got[door+when] = digest
			})
		}
	}
	look(" live")
	s.awaitStdout(t, 340_000)
	look(" from the middle")
	g.open()
	r := s.awaitEnd(t, id, schema.Succeeded, "")
	look(" afterwards")
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
	for _, door := range doors {
		require.Equal(t, digest, digestOf(s.look(t, door, id).lines()), door)
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
	s := startPlainServer(t)
	id := s.start(t, script("long() { yes 0123456789abcdef | tr -d '\\n' | head -c $1; }", "long 70000; echo; long 16777216; echo; long 35000; printf '\\r'; long 35000; echo; echo after"))
	hex := strings.Repeat("0123456789abcdef", 16<<20/16)
	want := []string{hex[:70_000], hex, hex[:35_000] + "\r" + hex[:35_000], "after"}
	s.awaitEnd(t, id, schema.Succeeded, "")
	require.True(t, slices.Equal(want, s.attach(t, id, 0).frames()), "raw")
	encoded, envelopes := strings.ReplaceAll(want[2], "\r", `\r`), "\n"
	for i, line := range []string{want[0], want[1], encoded, want[3]} {
		envelopes += fmt.Sprintf(`{"t":"line","n":%d,"line":"%s"}`, i+1, line) + "\n"
	}
	for accept, text := range map[string]string{
		schema.Subprotocol: envelopes, acceptNDJSON: envelopes, acceptText: strings.Join(want, "\n") + "\n",
		acceptSSE: "\nid: 1\ndata: " + want[0] + "\n\nid: 2\ndata: " + want[1] + "\n\nid: 3\nevent: encoded\ndata: \"" + encoded + "\"\n\nid: 4\ndata: after\n\n",
	} {
		found := strings.Contains(s.look(t, accept, id).transcript(), text) // what is so long must not be printed
		require.True(t, found, accept)
	}
}
