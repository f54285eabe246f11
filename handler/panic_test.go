package handler

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/logtest"
	"spool/schema"
)

// serveBroken serves without what runs prompts: whoever asks for it panics. It returns the
// address and the log.
func serveBroken(t *testing.T) (address string, log *logtest.Buffer) {
	t.Helper()
	log = &logtest.Buffer{}
	config := Config{PromptTimeout: time.Minute, StallTimeout: time.Minute, PingInterval: time.Minute, MaxConnections: 10}
	s := New(config, nil, nil, nil, slog.New(slog.NewTextHandler(log, nil)))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	t.Cleanup(func() {
		require.NoError(t, s.Close(context.WithoutCancel(t.Context())))
		require.NoError(t, <-served)
	})
	return listener.Addr().String(), log
}

func dial(t *testing.T, address string) *websocket.Conn {
	t.Helper()
	conn, answer, err := websocket.DefaultDialer.Dial("ws://"+address+"/ws/claude", nil)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	return conn
}

func TestAPanicInARequestIsToldInNoWordsOfItsOwn(t *testing.T) {
	address, log := serveBroken(t)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 3 { // and the server goes on
		answer, err := client.Get("http://" + address + "/api/health")
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusInternalServerError, answer.StatusCode)
		require.JSONEq(t, string(schema.Encode(errInternal)), string(body))
	}
	require.Contains(t, log.String(), "nil pointer")
}

func TestAPanicOnASocketIsToldInNoWordsOfItsOwn(t *testing.T) {
	address, log := serveBroken(t)
	for range 3 {
		conn := dial(t, address)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(30*time.Second)))
		_, info, err := conn.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, schema.InfoFrame, string(info))
		require.NoError(t, conn.WriteMessage(websocket.TextMessage, []byte(`{"prompt":"hi","meta":"A"}`)))
		_, frame, err := conn.ReadMessage()
		require.NoError(t, err)
		require.Equal(t, string(schema.Encode(errInternal)), string(frame))
		_, _, err = conn.ReadMessage()
		require.Equal(t, &websocket.CloseError{Code: 1011, Text: schema.Truncate(errInternal.Error(), schema.MaxCloseReasonBytes)}, err)
		require.NoError(t, conn.Close())
	}
	require.Contains(t, log.String(), "nil pointer")
}
