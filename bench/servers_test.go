package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func bufferOf(wire []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(wire)) }

// testRig has no Spool: the servers that are tested here are this program's own.
func testRig(t *testing.T) *rig {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	return &rig{plan: plan{node: "node", dir: t.TempDir(), rounds: 1, patience: 2 * time.Second}, self: self, root: root, board: newBoard()}
}

// serving starts one of the program's own servers.
func (r *rig) serving(t *testing.T, role string) *server {
	t.Helper()
	s, err := start(r.ownServer(role, role, r.agent()))
	require.NoError(t, err)
	t.Cleanup(s.kill)
	return s
}

func TestEveryServerBringsAllLines(t *testing.T) {
	t.Parallel()
	const n = 1000
	r := testRig(t)
	for _, role := range []string{naiveFiber, naiveGo, relayServer, framesServer} {
		s := r.serving(t, role)
		got, err := s.prompt(fmt.Sprint(n, " ", inChunks))
		require.NoError(t, err, role)
		require.NoError(t, got.whole(n*lineBytes), role)
		require.Equal(t, n+2, got.lines, role)
		require.Equal(t, 1000, got.code, role)
	}
}

func TestEveryServerEndsTheAgentWhenItsClientLeaves(t *testing.T) {
	t.Parallel()
	r := testRig(t)
	for _, role := range []string{naiveFiber, naiveGo, relayServer} {
		s := r.serving(t, role)
		require.NoError(t, r.leaveOnce(s), role)
		require.Len(t, r.board.at(role, leaveAgent).values, 1, role)
		require.InDelta(t, 1, r.must(role, leaveLeft), 0, "%s does not look for grandchildren", role)
		require.True(t, r.board.failed(role, leaveTree))
	}
}

func TestStreamsAreObserved(t *testing.T) {
	t.Parallel()
	r := testRig(t)
	s := r.serving(t, naiveGo)
	clients, err := s.stream(3, r.beats())
	defer closeAll(clients)
	require.NoError(t, err)
	got, err := s.observe(clients, 2*time.Second)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(got.delays), 3*5)
	for _, ms := range got.delays {
		require.Positive(t, ms)
	}
}

// This test ends every server that runs, so it runs alone.
func TestAnInterruptEndsTheServers(t *testing.T) {
	s := testRig(t).serving(t, naiveGo)
	endServers()
	require.False(t, lives(s.pid()))
}

func TestANaiveServerIsStuckWithALongLine(t *testing.T) {
	t.Parallel()
	s := testRig(t).serving(t, naiveGo)
	c, err := s.dial(clientBuf)
	require.NoError(t, err)
	defer c.close()
	require.NoError(t, c.send(fmt.Sprint(1<<20, " ", oneLine)))
	c.conn.until = time.Now().Add(time.Second)
	got, err := c.drain()
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Error(t, got.whole(1<<20))
}

func TestThePipeIsRead(t *testing.T) {
	t.Parallel()
	took, err := readPipe(testRig(t).agent(), "1000 "+inChunks)
	require.NoError(t, err)
	require.Positive(t, took)
}

func TestTheShellAgentPrintsTwoLines(t *testing.T) {
	t.Parallel()
	r := testRig(t)
	p, err := r.shellAgent()
	require.NoError(t, err)
	s, err := start(r.ownServer(goName, naiveGo, p))
	require.NoError(t, err)
	defer s.kill()
	require.NoError(t, s.short())
	_, err = forkExec(p)
	require.NoError(t, err)
}

func TestARelayFramesTheLinesOfOneReadAtOnce(t *testing.T) {
	t.Parallel()
	buffer := []byte("one\ntwo\n\nthr----")
	wire, left := frameLines(nil, buffer, len("one\ntwo\n\nthr"))
	require.Equal(t, bytes.Join([][]byte{text("one"), text("two"), text("")}, nil), wire)
	require.Equal(t, "thr", string(buffer[:left]))
}

func TestTwoServersOfOneProgramHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	r := testRig(t)
	for _, name := range []string{spoolName, otherSpool} {
		s, err := contestant{name: name, serve: r.ownCommand(goName, naiveGo)}.start(r.agent())
		require.NoError(t, err)
		s.kill()
		require.Equal(t, name, s.name)
	}
}

func TestWebsocketdGetsTheEnvironmentsNames(t *testing.T) {
	t.Parallel()
	r := testRig(t)
	r.websocketd = "websocketd"
	c, err := r.websocketdCommand(program{path: "/bin/true", args: []string{"-p"}, env: []string{"HOME=/x", "A=b=c"}})
	require.NoError(t, err)
	require.Contains(t, strings.Join(c.args, " "), "--passenv=HOME,A /bin/true -p")
	require.True(t, c.bare)
	require.False(t, c.greets)
}

func TestAMissingPeerIsNamedWithItsRemedy(t *testing.T) {
	t.Parallel()
	r := testRig(t)
	r.websocketd, r.spool = filepath.Join(t.TempDir(), "websocketd"), "spool"
	require.ErrorContains(t, r.checkWebsocketd(), "go install github.com/joewalnes/websocketd@v0.4.1")
	require.ErrorContains(t, r.checkWebsocketd(), "-without websocketd")
	r.without = "node,websocketd"
	require.NoError(t, r.checkWebsocketd())
	require.NoError(t, r.checkNode())
	field, err := r.contestants()
	require.NoError(t, err)
	require.Equal(t, []string{spoolName, goName, fiberName, relayName, framesName}, contestantNames(field))
}
