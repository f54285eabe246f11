package handler

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/fasthttp/websocket"

	"spool/run"
	"spool/schema"
)

// Waits at the end of a socket.
const (
	closeAnswer = 2 * time.Second // for it to answer a close frame
	closeEcho   = time.Second     // for the connection to be free for the answer to its own
	lingerTime  = time.Second     // to read what is still under way, so that no reset overtakes a close frame
	lingerBytes = 1 << 20
)

// session is one WebSocket. Its reader (one goroutine) takes what the client sends, its
// writer (the handler's goroutine) is the only one that sends data.
type session struct {
	conn    *websocket.Conn // all that is sent but messages, and all that comes in, is the library's
	wire    *wire           // under it
	frames  frames          // what is sent
	dialect dialect
	log     *slog.Logger
	// stall is how long the client may take nothing; silence how long it may say nothing.
	stall, silence time.Duration

	// messages are what the client has sent. The reader never waits for the writer: there
	// is room for all that a client may send.
	messages chan []byte
	// ctx ends when the socket shall end; its cause is an *ending.
	ctx context.Context
	end context.CancelCauseFunc

	helpers sync.WaitGroup // the reader and the pings
}

// ending is why a socket ends, and what the client is told of it.
type ending struct {
	code    schema.CloseCode
	err     *schema.Error // sent as a frame before the close frame; may be nil
	outcome *run.Outcome  // likewise
	reason  *run.Reason   // for the run, if there is one; nil if it has ended
}

// Error makes an ending the cause of a cancelled context.
func (e *ending) Error() string { return "the socket ends" }

// gone is the end of a socket whose client can be told nothing any more.
var gone = &ending{reason: run.ClientGone}

// refused is the end of a socket with an error frame.
func refused(err *schema.Error) *ending { return &ending{code: err.Code.Close(), err: err} }

// over is the end of a socket whose run has ended.
func over(o run.Outcome) *ending { return &ending{code: o.Code().Close(), outcome: &o} }

// broken is the end of a socket on which something came that is no message at all. The
// WebSocket protocol has close codes for that, which say enough.
func broken(code schema.CloseCode) *ending { return &ending{code: code, reason: run.ClientGone} }

// newSession takes the connection and starts to read. It must be finished.
func newSession(conn *websocket.Conn, config Config, log *slog.Logger) *session {
	ctx, end := context.WithCancelCause(context.Background())
	w := wireOf(conn.NetConn())
	w.serveSocket(config.StallTimeout)
	s := &session{
		conn: conn, wire: w, frames: frames{to: gathered{w}}, dialect: dialectOf(conn), log: log, stall: config.StallTimeout, silence: 2 * config.PingInterval,
		messages: make(chan []byte, schema.MaxOffences), ctx: ctx, end: end,
	}
	conn.SetReadLimit(schema.MaxMessageBytes)
	conn.SetPongHandler(func(string) error { return s.alive() })
	conn.SetCloseHandler(s.answerClose)
	s.helpers.Go(func() { s.guard(s.read) })
	s.helpers.Go(func() { s.guard(func() { s.ping(config.PingInterval) }) })
	return s
}

// dialectOf returns the dialect that was agreed on in the handshake.
func dialectOf(conn *websocket.Conn) dialect {
	if conn.Subprotocol() == schema.Subprotocol {
		return enveloped{}
	}
	return raw{}
}

// guard keeps a panic of a session's goroutine from ending the server.
func (s *session) guard(work func()) {
	defer func() {
		if cause := recover(); cause != nil {
			s.log.Error("panic in session", "panic", cause)
			s.end(gone)
			s.cut()
		}
	}()
	work()
}

// alive gives the client time until its next sign of life. When the socket ends, finish
// decides how long to wait for it.
func (s *session) alive() error {
	if s.ended() != nil {
		return s.conn.SetReadDeadline(time.Time{})
	}
	return s.conn.SetReadDeadline(time.Now().Add(s.silence))
}

// read takes messages until the connection ends. Then it cuts: a writer may be held up by a
// client that has left, or that nobody listens to any more.
func (s *session) read() {
	defer s.cut()
	for received := 1; ; received++ {
		_ = s.alive()
		kind, message, err := s.conn.ReadMessage()
		switch {
		case err != nil:
			s.end(gone)
			s.linger(err)
			return
		case kind != websocket.TextMessage:
			s.end(broken(schema.CloseUnsupported))
		case !utf8.Valid(message):
			s.end(broken(schema.CloseBadUTF8))
		case received > schema.MaxOffences:
			s.end(&ending{code: schema.ClosePolicy, err: schema.NewError(run.TooManyCalls.Code, run.TooManyCalls.Text), reason: run.TooManyCalls})
		default:
			s.messages <- message
		}
	}
}

// linger reads on for a moment after broken framing, to which the library has answered with
// a close frame: closing with unread input would reset the connection and lose that frame.
func (s *session) linger(err error) {
	if _, closed := errors.AsType[*websocket.CloseError](err); closed || isNetError(err) {
		return
	}
	if errors.Is(err, websocket.ErrReadLimit) {
		s.echo(websocket.CloseMessageTooBig) // the library is silent about lengths that overflow
	}
	raw := s.conn.NetConn()
	_ = raw.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.CopyN(io.Discard, raw, lingerBytes)
}

// answerClose answers the client's close frame with its own code. The run need not wait
// until the client takes that.
func (s *session) answerClose(code int, _ string) error {
	s.end(gone)
	if code == websocket.CloseNoStatusReceived && s.wire.endsInHalfCode() {
		code = websocket.CloseProtocolError
	}
	s.echo(code)
	return nil
}

// echo sends a close frame from the reader. Only the first close frame of a socket is sent.
func (s *session) echo(code int) {
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(closeEcho))
}

// isNetError reports whether the connection itself has ended.
func isNetError(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// ping asks for a sign of life until the socket ends. It keeps proxies from cutting too. A
// ping stands behind all that the client has not read yet, so that one who is far behind
// answers late: as long as it takes something, it is alive.
func (s *session) ping(every time.Duration) {
	tick, pace := time.NewTicker(every), s.pace()
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if pace.moved() {
				_ = s.alive()
			}
			// A writer that is held up holds the connection: then there is no ping.
			_ = s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(every/2))
		case <-s.ctx.Done():
			return
		}
	}
}

// pace tells whether the client takes what is sent to it, from now on.
func (s *session) pace() pace {
	p := pace{wire: s.wire}
	p.moved()
	return p
}

// send adds one text frame to what goes out next.
func (s *session) send(text []byte) error { return s.frames.text(text) }

// ended returns the reason for which the socket shall end, or nil.
func (s *session) ended() *ending {
	e, _ := errors.AsType[*ending](context.Cause(s.ctx))
	return e
}

// finish tells the client how the socket ends, gives it time to close its side, closes the
// connection, and returns when nobody uses it any more. Closing earlier would lose what the
// client has not read yet, so it may take all the time in which it makes progress.
func (s *session) finish(e *ending) {
	s.end(e)
	_ = s.alive()
	if e.code != 0 {
		s.tell(e)
	}
	left := make(chan struct{})
	go func() { defer close(left); s.helpers.Wait() }()
	pace := s.pace()
	for patient := true; patient; {
		select {
		case <-left:
			patient = false
		case <-time.After(closeAnswer):
			patient = e.code != 0 && pace.moved()
		}
	}
	s.cut()
	<-left
}

// tell sends the error frame and the close frame. A client that does not take them is told
// nothing more.
func (s *session) tell(e *ending) {
	reason := ""
	if e.err != nil {
		_ = s.send(s.dialect.failure(e.err))
		reason = e.err.Error()
	}
	if e.outcome != nil {
		if frame := s.dialect.end(*e.outcome); frame != nil {
			_ = s.send(frame)
		}
		if e.outcome.Error != nil {
			reason = e.outcome.Error.Error()
		}
	}
	if err := s.frames.flush(); err != nil {
		return
	}
	reason = schema.Truncate(reason, schema.MaxCloseReasonBytes)
	message := websocket.FormatCloseMessage(int(e.code), reason)
	_ = s.conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(s.stall))
}

// cut closes the connection under the session: its reader ends, and writes fail.
func (s *session) cut() { _ = s.conn.Close() }
