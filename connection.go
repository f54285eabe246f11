package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/fasthttp/websocket"
)

// watched is a connection that fails when nothing comes for too long: a server whose machine
// is gone says no goodbye. Time in which nobody reads does not count.
type watched struct {
	net.Conn
	silence time.Duration // 0 leaves it to other deadlines
	release func() bool   // of the context that closes it
}

func (w *watched) Read(p []byte) (int, error) {
	if w.silence > 0 {
		_ = w.SetReadDeadline(time.Now().Add(w.silence))
	}
	n, err := w.Conn.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) && w.silence > 0 {
		err = fmt.Errorf("nothing came for %v", w.silence)
	}
	return n, err
}

// Close closes the connection.
func (w *watched) Close() error {
	w.release()
	return w.Conn.Close()
}

// connection is a WebSocket to the server. It pings, so that there is an answer to wait for
// whatever the server's own ping interval is.
type connection struct {
	*websocket.Conn
	stop    chan struct{}
	pinging sync.WaitGroup
}

// pingsPerSilence is how many pings may go unanswered.
const pingsPerSilence = 2

func newConnection(conn *websocket.Conn, silence time.Duration) *connection {
	c := &connection{Conn: conn, stop: make(chan struct{})}
	c.pinging.Go(func() { c.ping(silence / (pingsPerSilence + 1)) })
	return c
}

func (c *connection) ping(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_ = c.WriteControl(websocket.PingMessage, nil, time.Now().Add(every))
		case <-c.stop:
			return
		}
	}
}

// send sends a message. If that fails, reading tells why.
func (c *connection) send(message []byte) {
	_ = c.SetWriteDeadline(time.Now().Add(handshakeTime))
	_ = c.WriteMessage(websocket.TextMessage, message)
}

// bid reads the server's close frame, which answers it.
func (c *connection) bid() {
	late := time.AfterFunc(closeTime, func() { _ = c.Close() })
	defer late.Stop()
	_, _, _ = c.NextReader()
}

// end closes the connection.
func (c *connection) end() {
	close(c.stop)
	_ = c.Close()
	c.pinging.Wait()
}
