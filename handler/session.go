package handler

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"sync/atomic"
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

// session is one WebSocket. The goroutine that serves it reads what the client sends. Who
// begins something else on it gets the only other one, and is the only one that sends data:
// as long as a client says nothing, its socket needs no more than the first.
type session struct {
	conn    *websocket.Conn // what comes in is the library's
	wire    *wire           // under it
	frames  frames          // what is sent
	dialect dialect
	log     *slog.Logger
	// stall is how long the client may take nothing; silence how long it may say nothing.
	stall, silence time.Duration
	pings          *time.Timer

	// messages are what the client has sent. A client that may send only calls of them never
	// holds the reader up: there is room for all. One that may send any number, which is 0, is
	// read no faster than it is served.
	messages chan []byte
	calls    int
	// heard is called with each of them; it may be nil.
	heard func()
	// ctx ends when the socket shall end; its cause is an *ending.
	ctx context.Context
	end context.CancelCauseFunc

	begun    atomic.Bool
	silent   chan struct{} // closed when nobody reads any more
	finished chan struct{} // closed when nobody writes any more
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

// newSession takes the connection. It must be served.
func newSession(conn *websocket.Conn, config Config, log *slog.Logger) *session {
	ctx, end := context.WithCancelCause(context.Background())
	w := wireOf(conn.NetConn())
	w.serveSocket(config.StallTimeout)
	s := &session{
		conn: conn, wire: w, frames: frames{to: gathered{w}}, dialect: dialectOf(conn), log: log,
		stall: config.StallTimeout, silence: 2 * config.PingInterval,
		messages: make(chan []byte, schema.MaxOffences), calls: schema.MaxOffences, ctx: ctx, end: end,
		silent: make(chan struct{}), finished: make(chan struct{}),
	}
	conn.SetReadLimit(schema.MaxMessageBytes)
	conn.SetPingHandler(s.answerPing)
	conn.SetPongHandler(func(string) error { return s.alive() })
	conn.SetCloseHandler(s.answerClose)
	s.pingEvery(config.PingInterval)
	return s
}

// serve reads until the connection ends, and returns when nobody uses it any more.
func (s *session) serve() {
	s.guard(s.read)
	close(s.silent)
	s.stop(gone)
	<-s.finished
}

// stop ends the socket, also if nothing has begun on it.
func (s *session) stop(e *ending) {
	s.end(e)
	s.begin(s.ended)
}

// begin does the work of the socket in a goroutine of its own, and ends the socket as that
// says. Only the first work is done.
func (s *session) begin(work func() *ending) {
	if s.begun.CompareAndSwap(false, true) {
		go s.guard(func() { s.conclude(work) })
	}
}

func (s *session) conclude(work func() *ending) {
	defer close(s.finished)
	end := refused(errInternal) // what a panic leaves
	defer func() { s.finish(end) }()
	end = work()
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
	defer s.recover(func() { s.end(gone); s.cut() })
	work()
}

// try does what comes before anything has begun. A panic ends the socket.
func (s *session) try(work func()) {
	defer s.recover(func() { s.begin(func() *ending { return refused(errInternal) }) })
	work()
}

// recover is deferred: it logs a panic, and does what is to be done then.
func (s *session) recover(then func()) {
	if cause := recover(); cause != nil {
		s.log.Error("panic in session", "panic", cause, "stack", string(debug.Stack()))
		then()
	}
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
			s.stop(broken(schema.CloseUnsupported))
		case !utf8.Valid(message):
			s.stop(broken(schema.CloseBadUTF8))
		case s.calls > 0 && received > s.calls:
			s.stop(&ending{code: schema.ClosePolicy, err: schema.NewError(run.TooManyCalls.Code, run.TooManyCalls.Text), reason: run.TooManyCalls})
		default:
			select {
			case s.messages <- message:
			case <-s.ctx.Done(): // nobody takes it any more
			}
			if s.heard != nil {
				s.heard()
			}
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
	_ = s.control(opClose, websocket.FormatCloseMessage(code, ""), closeEcho)
}

// answerPing answers a ping at once, or not at all if the client takes nothing.
func (s *session) answerPing(data string) error {
	_ = s.control(opPong, []byte(data), closeEcho)
	return nil
}

// control sends a control frame, if its turn comes soon enough.
func (s *session) control(opcode byte, payload []byte, patience time.Duration) error {
	_, err := s.wire.writeFrames(append(appendHeader(nil, finBit|opcode, len(payload)), payload...), patience)
	return err
}

// isNetError reports whether the connection itself has ended.
func isNetError(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// pingEvery asks for a sign of life until the socket ends. It keeps proxies from cutting too.
// A ping stands behind all that the client has not read yet, so that one who is far behind
// answers late: as long as it takes something, it is alive.
func (s *session) pingEvery(interval time.Duration) {
	_ = s.alive()
	pace, first := s.pace(), make(chan struct{})
	s.pings = time.AfterFunc(interval, func() {
		<-first // s.pings is set
		if s.ctx.Err() != nil {
			return
		}
		if pace.moved() {
			_ = s.alive()
		}
		_ = s.control(opPing, nil, interval/2) // a writer that is held up holds the connection: then there is no ping
		s.pings.Reset(interval)
	})
	close(first)
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
	s.pings.Stop()
	_ = s.alive()
	if e.code != 0 {
		s.tell(e)
	}
	pace := s.pace()
	for patient := true; patient; {
		select {
		case <-s.silent:
			patient = false
		case <-time.After(closeAnswer):
			patient = e.code != 0 && pace.moved()
		}
	}
	s.cut()
	<-s.silent
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
	_ = s.control(opClose, websocket.FormatCloseMessage(int(e.code), reason), s.stall)
}

// cut closes the connection under the session: its reader ends, and writes fail.
func (s *session) cut() { _ = s.conn.Close() }
