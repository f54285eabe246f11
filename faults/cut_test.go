package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// A viewer loses its connection again and again, at every place where that can happen, and
// goes on behind the last line it has. What it gets in all is every line, once, in order.
func TestN04CutViewersMissNothing(t *testing.T) {
	const count = 10_000
	w := newWorld(t, "--log-level=warn", "--ping-interval=1s")
	w.start()
	dice, cuts := random(t), times(150, 1000)
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(cuts)*time.Second/4+patience)
	defer cancel()
	id := w.post(ctx, fmt.Sprintf("%d 100us numbered", count), "numbered")
	var s seen
	made := 0
	for i := 0; s.end.T == ""; i++ {
		require.NoError(t, ctx.Err())
		c := &cutter{dice: dice, frames: -1}
		if made < cuts {
			c.choose(count / cuts)
		}
		door := []func(context.Context, *world, string, *seen) error{socketDoor, eventDoor, linesDoor}[i%3]
		require.NoError(t, door(c.into(ctx), w, id, &s))
		if c.cut.Load() {
			made++
		}
	}
	t.Logf("%d cuts", made)
	require.GreaterOrEqual(t, made, min(cuts, 100))
	require.Equal(t, 1, s.ends)
	require.Equal(t, schema.Succeeded, s.end.State)
	require.Len(t, s.lines, count)
	for i, line := range s.lines[1 : count-1] {
		require.Equal(t, lineOf("numbered", i+2), line)
	}
}

// cutter cuts a connection after so many bytes in either direction, or frames.
type cutter struct {
	dice    *rand.Rand
	in, out int // bytes until the cut; 0 is never
	frames  int // until the cut; negative is never
	reset   bool
	cut     atomic.Bool
}

// choose decides where: in the handshake, after some bytes, or after some frames.
func (c *cutter) choose(frames int) {
	c.reset = c.dice.IntN(2) == 0
	switch c.dice.IntN(4) {
	case 0:
		c.out = 1 + c.dice.IntN(200)
	case 1:
		c.in = 1 + c.dice.IntN(400)
	case 2:
		c.in = 1 + c.dice.IntN(200*frames+1)
	default:
		c.frames = c.dice.IntN(2*frames + 1)
	}
}

type cutterKey struct{}

func (c *cutter) into(ctx context.Context) context.Context {
	return context.WithValue(ctx, cutterKey{}, c)
}

func cutterOf(ctx context.Context) *cutter {
	c, _ := ctx.Value(cutterKey{}).(*cutter)
	return c
}

// enough reports whether the connection shall be cut behind this frame.
func (c *cutter) enough() bool {
	if c.frames == 0 {
		c.cut.Store(true)
		return true
	}
	c.frames--
	return false
}

// dial connects through the cutter.
func (c *cutter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok && c.reset {
		_ = tcp.SetLinger(0)
	}
	return &cutConn{Conn: conn, cutter: c, in: c.in, out: c.out}, nil
}

// cutConn is a connection with scissors.
type cutConn struct {
	net.Conn
	cutter  *cutter
	in, out int
}

var errCut = errors.New("cut")

func (c *cutConn) Read(p []byte) (int, error) {
	if c.in == 0 {
		return c.Conn.Read(p)
	}
	n, err := c.Conn.Read(p[:min(len(p), c.in)])
	if c.in -= n; c.in == 0 && err == nil {
		err = c.snap()
	}
	return n, err
}

func (c *cutConn) Write(p []byte) (int, error) {
	if c.out == 0 {
		return c.Conn.Write(p)
	}
	n, err := c.Conn.Write(p[:min(len(p), c.out)])
	if c.out -= n; c.out == 0 && err == nil {
		err = c.snap()
	}
	return n, err
}

func (c *cutConn) snap() error {
	c.cutter.cut.Store(true)
	_ = c.Close()
	return errCut
}

// socketDoor reads a run on a WebSocket until it ends or is cut.
func socketDoor(ctx context.Context, w *world, id string, s *seen) error {
	c := cutterOf(ctx)
	dialer := websocket.Dialer{NetDialContext: c.dial, Subprotocols: []string{schema.Subprotocol}}
	conn, answer, err := dialer.DialContext(ctx, fmt.Sprintf("ws://%s/ws/runs/%s?from=%d", w.address, id, len(s.lines)), nil)
	if err != nil {
		return nil //nolint:nilerr // cut in the handshake
	}
	defer answer.Body.Close()
	defer conn.Close()
	for !c.enough() {
		_, text, err := conn.ReadMessage()
		if err != nil {
			return nil //nolint:nilerr // cut, or the end
		}
		var e envelope
		if err := json.Unmarshal(text, &e); err != nil {
			return fmt.Errorf("a message that came whole: %w", err)
		}
		if err := s.take(e); err != nil {
			return err
		}
	}
	return nil
}

// request asks for the lines behind what is there already, in a format.
func request(ctx context.Context, w *world, id, accept string, s *seen) (io.ReadCloser, error) {
	transport := &http.Transport{DialContext: cutterOf(ctx).dial, DisableKeepAlives: true}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.address+"/api/runs/"+id+"/lines", nil)
	if err != nil {
		return nil, err
	}
	q.Header.Set("Accept", accept)
	q.Header.Set("Last-Event-ID", strconv.Itoa(len(s.lines)))
	answer, err := transport.RoundTrip(q)
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}

// linesDoor reads NDJSON. The last line may have been cut.
func linesDoor(ctx context.Context, w *world, id string, s *seen) error {
	body, err := request(ctx, w, id, "application/x-ndjson", s)
	if err != nil {
		return nil //nolint:nilerr // cut in the handshake
	}
	defer body.Close()
	for lines := bufio.NewReader(body); !cutterOf(ctx).enough(); {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil //nolint:nilerr // cut, or the end
		}
		var e envelope
		if len(line) > 1 {
			if err := json.Unmarshal(line, &e); err != nil {
				return fmt.Errorf("a line that came whole: %w", err)
			}
		}
		if err := s.take(e); err != nil {
			return err
		}
	}
	return nil
}

// eventDoor reads server-sent events. One counts when the empty line behind it has come.
func eventDoor(ctx context.Context, w *world, id string, s *seen) error {
	body, err := request(ctx, w, id, "text/event-stream", s)
	if err != nil {
		return nil //nolint:nilerr // cut in the handshake
	}
	defer body.Close()
	event := map[string]string{}
	for lines := bufio.NewReader(body); !cutterOf(ctx).enough(); {
		line, err := lines.ReadString('\n')
		if err != nil {
			return nil //nolint:nilerr // cut, or the end
		}
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			name, value, _ := strings.Cut(line, ": ")
			event[name] = value
			continue
		}
		if err := takeEvent(event, s); err != nil {
			return err
		}
		clear(event)
	}
	return nil
}

// takeEvent adds an event: a line has an id and no name.
func takeEvent(event map[string]string, s *seen) error {
	var e envelope
	if n, err := strconv.ParseInt(event["id"], 10, 64); err == nil && event["event"] == "" {
		return s.take(envelope{T: "line", N: n, Line: event["data"]})
	}
	if event["data"] == "" {
		return nil // retry, or a ping
	}
	if err := json.Unmarshal([]byte(event["data"]), &e); err != nil {
		return fmt.Errorf("an event that came whole: %w", err)
	}
	return s.take(e)
}
