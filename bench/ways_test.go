package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// bodies are three lines as each format has them.
var bodies = map[string]string{
	"text/plain": "a\nb\nc\n",
	"application/x-ndjson": `{"t":"info"}` + "\n" + `{"t":"line"}` + "\n" + `{"t":"line"}` + "\n" + `{"t":"line"}` + "\n" +
		`{"t":"end"}` + "\n",
	"text/event-stream": "retry: 1000\n\nevent: info\ndata: {}\n\nid: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n" +
		"id: end\nevent: end\ndata: {}\n\n",
}

func TestEveryFormatsLinesAreCounted(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/runs/run_1/lines" {
			_, _ = io.WriteString(w, bodies[r.Header.Get("Accept")])
		}
	}))
	defer s.Close()
	for _, l := range linesWays {
		w := l.of(&server{command: command{addr: s.Listener.Addr().String()}}, output{run: "run_1", lines: 3, bytes: 6})
		n, _, err := w.read(time.Now().Add(time.Minute))
		require.NoError(t, err, l.accept)
		require.EqualValues(t, 6, n, l.accept)
	}
}

func TestAReaderGetsWhatCameWhenTheTimeIsOver(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	go func() {
		if conn, err := ln.Accept(); err == nil {
			_, _ = conn.Write(make([]byte, 1000)) // and it stays open
		}
	}()
	n, _, err := copyWay(&server{command: command{addr: ln.Addr().String()}}).read(time.Now().Add(200 * time.Millisecond))
	require.NoError(t, err)
	require.EqualValues(t, 1000, n)
}

func TestCatIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, make([]byte, 3*clientBuf+1), 0o600))
	n, _, err := catWay(path).read(time.Now().Add(time.Minute))
	require.NoError(t, err)
	require.EqualValues(t, 3*clientBuf+1, n)
}

func TestAFileIsCopiedWhole(t *testing.T) {
	t.Parallel()
	want := bytes.Repeat([]byte("abc"), copyBuffer)
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, want, 0o600))
	var got bytes.Buffer
	require.NoError(t, copyFile(&got, path))
	require.True(t, bytes.Equal(want, got.Bytes()))
}

func TestAnAgentPrintsWhatItIsTold(t *testing.T) {
	t.Parallel()
	m, err := openMouth()
	require.NoError(t, err)
	defer m.Close()
	var out bytes.Buffer
	played := make(chan error, 1)
	go func() {
		order := fmt.Sprintf(`{"type":"user","message":{"content":%q}}`, m.prompt())
		played <- playAgent(strings.NewReader(order), &out)
	}()
	agent, err := m.agent()
	require.NoError(t, err)
	require.NoError(t, speak(agent, 2, time.Millisecond))
	require.NoError(t, agent.Close())
	require.NoError(t, <-played)
	require.Equal(t, strings.Join([]string{agentInit, sampleLine(), sampleLine(), agentEnd, ""}, "\n"), out.String())
}
