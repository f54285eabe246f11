package handler

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"spool/run"
	"spool/schema"
	"spool/spool"
)

// streamBuffer is how many bytes are gathered before they go out together, while more come.
const streamBuffer = 64 << 10

// lookEvery is how often a stream with nothing to say looks whether its client is still there.
const lookEvery = time.Second

// errLeft says that a stream's client has closed the connection, errShown that it has all that
// it has asked for.
var (
	errLeft  = errors.New("the client has left")
	errShown = errors.New("everything was shown")
)

// errIncomplete ends the connection under an answer, so that the client sees that it is not whole.
var errIncomplete = errors.New("the answer is not whole")

// answerBody is the body of an answer that is written while it is made, a chunk for each write.
type answerBody struct {
	write func(io.Writer) error
	leave func() // what the answer has held; it may be called again
}

// WriteTo is what is used of it.
func (b *answerBody) WriteTo(w io.Writer) (int64, error) { return 0, b.write(w) }

// SupportsBodyWriteTo says so.
func (b *answerBody) SupportsBodyWriteTo() bool { return true }

func (b *answerBody) Read([]byte) (int, error) { return 0, io.EOF }

// Close is called also if nothing could be written.
func (b *answerBody) Close() error {
	b.leave()
	return nil
}

// stream shows a run in the answer to a plain request.
type stream struct {
	format format
	to     *bufio.Writer
	tick   *time.Ticker // signs of life
	look   *time.Ticker
	wire   *wire // may be nil
	log    *slog.Logger
	last   int64           // number of the last line that the client wants; 0 for all
	shown  int64           // number of the last line that it has got
	gone   context.Context // ends when the server waits no longer
	cutOff context.CancelFunc
}

// newStream takes a place for an answer that goes on for long. It must be served or left.
func (s *Server) newStream(c *fiber.Ctx, f format) (*stream, error) {
	v := &stream{format: f, wire: wireOf(c.Context().Conn()), log: s.log}
	v.gone, v.cutOff = context.WithCancel(context.Background())
	if refusal := s.connections.enter(v); refusal != nil {
		v.cutOff()
		return nil, refusal
	}
	return v, nil
}

// leave gives a stream's place back.
func (s *Server) leave(v *stream) {
	v.cutOff()
	s.connections.leave(v)
}

// answer answers with what the run puts out until its end. It leaves the view and the
// stream's place.
func (s *Server) answer(c *fiber.Ctx, v *stream, r *run.Run, view *run.View) error {
	return s.respond(c, v, v.format.mediaType(), func() bool { return v.serve(r, view) }, func() { view.Leave(v.reason()) })
}

// respond answers with what serve writes, which says whether that is whole. Then it leaves what
// was served, and the stream's place.
func (s *Server) respond(c *fiber.Ctx, v *stream, mediaType string, serve func() (complete bool), leave func()) error {
	if c.Method() == fiber.MethodHead {
		leave()
		s.leave(v)
		return nil
	}
	if v.wire != nil {
		v.wire.stall = s.config.StallTimeout // instead of a deadline for all of the answer
	}
	c.Set(fiber.HeaderContentType, mediaType)
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Accel-Buffering", "no")         // a proxy shall pass on what it gets
	c.Response().ImmediateHeaderFlush = true // whoever asks learns of the run before it prints anything
	every := s.config.PingInterval
	c.Context().SetBodyStream(&answerBody{ // nothing of the request may be used in here
		write: func(w io.Writer) error {
			v.tick, v.look = time.NewTicker(every), time.NewTicker(lookEvery)
			defer v.tick.Stop()
			defer v.look.Stop()
			v.to = bufio.NewWriterSize(w, streamBuffer)
			complete := v.attempt(serve)
			if err := v.to.Flush(); err != nil || complete { // what is good is sent, whatever came then
				return err
			}
			return errIncomplete
		},
		leave: sync.OnceFunc(func() {
			leave()
			s.leave(v)
		}),
	}, -1)
	return nil
}

// attempt serves, and keeps a panic's words inside the house.
func (v *stream) attempt(serve func() bool) (complete bool) {
	defer func() {
		if cause := recover(); cause != nil {
			v.log.Error("panic in stream", "panic", cause)
		}
	}()
	return serve()
}

// reason is why the view of a stream that is over is given up.
func (v *stream) reason() *run.Reason {
	if v.wire == nil || !v.wire.stalled.Load() {
		return run.ClientGone
	}
	v.log.Warn("the client took nothing for too long", "timeout", v.wire.stall)
	return run.SlowViewer
}

// serve shows the run, and reports whether the client knows how it ended.
func (v *stream) serve(r *run.Run, view *run.View) (complete bool) {
	if v.format.begin(v.to) != nil {
		return false
	}
	err := show(v, r, view)
	if errors.Is(err, errShown) {
		return true
	}
	if _, ok := errors.AsType[unreadable](err); !ok {
		return false
	}
	if errors.Is(err, io.EOF) {
		return v.format.end(v.to, r.Outcome()) == nil
	}
	return v.format.fail(v.to, told(err, v.log))
}

// await returns when something is done, without a word to the client until then.
func (v *stream) await(done <-chan struct{}) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-v.gone.Done():
			return v.gone.Err()
		case <-look.C:
			if v.wire != nil && v.wire.left() {
				return errLeft
			}
		}
	}
}

// cut ends the connection under the answer: the client sees that it is not whole.
func (v *stream) cut() {
	v.cutOff()
	if v.wire != nil {
		_ = v.wire.Close()
	}
}

// These make a stream a viewer.
func (v *stream) tellInfo(e schema.InfoEnvelope) error {
	return v.format.frame(v.to, e.T, schema.Encode(e))
}

func (v *stream) tellStderr(text string) error {
	return v.format.frame(v.to, "stderr", enveloped{}.stderr(text))
}

func (v *stream) tellLine(line spool.Line) error {
	v.shown = line.N
	return v.format.line(v.to, line)
}

func (v *stream) tellBatch(batch spool.Batch) error {
	if v.last > 0 {
		batch = upTo(batch, v.last)
	}
	v.shown = batch.N + batch.Count - 1
	return v.format.batch(v.to, batch)
}

// upTo returns the lines of a batch up to a number, which is not below its first line's.
func upTo(batch spool.Batch, last int64) spool.Batch {
	size := 0
	for line := range batch.Lines {
		if line.N > last {
			break
		}
		size += len(line.Bytes) + 1
	}
	batch.Count, batch.Bytes = min(batch.Count, last-batch.N+1), batch.Bytes[:size]
	return batch
}

func (v *stream) heed() error {
	if v.last > 0 && v.shown >= v.last {
		return errShown
	}
	return v.gone.Err()
}

// wait sends what was gathered, and returns when there may be more. A sign of life keeps
// proxies from cutting. Not every format has one, and what is written to a client that has
// left fails at the second try at best: so it is looked for too.
func (v *stream) wait(changed, grown, done <-chan struct{}) error {
	if err := v.to.Flush(); err != nil {
		return err
	}
	select {
	case <-changed:
	case <-grown:
	case <-done:
	case <-v.gone.Done():
	case <-v.look.C:
		if v.wire != nil && v.wire.left() {
			return errLeft
		}
	case <-v.tick.C:
		return v.format.alive(v.to)
	}
	return nil
}
