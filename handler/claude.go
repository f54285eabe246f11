package handler

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"time"

	"github.com/gofiber/contrib/websocket"

	"spool/run"
	"spool/schema"
)

// claude is the door /ws/claude: one prompt, every line of the answer, and a close code
// that tells the truth.
func (s *Server) claude(c *websocket.Conn) {
	door := &claudeDoor{session: newSession(c.Conn, s.config, s.log), server: s}
	refusal := s.hub.enter(door.session)
	if refusal == nil {
		defer s.hub.leave(door.session) // after the close frame: shutting down waits for it
	}
	end := refused(errInternal) // what a panic leaves
	defer func() { door.finish(end) }()
	end = door.converse(refusal)
}

// recoverSocket keeps a panic's words inside the house.
func (s *Server) recoverSocket(*websocket.Conn) {
	if cause := recover(); cause != nil {
		s.log.Error("panic in socket", "panic", cause, "stack", string(debug.Stack()))
	}
}

// claudeDoor is the conversation on one socket.
type claudeDoor struct {
	*session
	server   *Server
	position int // in the queue, as told to the client
}

// converse goes through the whole sequence and returns how it ends. A client that finds no
// room is greeted too: the info frame is always the first.
func (d *claudeDoor) converse(refusal *schema.Error) *ending {
	if err := d.send([]byte(schema.InfoFrame)); err != nil {
		return d.unwritable(err)
	}
	if refusal != nil {
		return refused(refusal)
	}
	message, end := d.awaitMessage()
	if end != nil {
		return end
	}
	r, view, err := d.submit(message)
	if err != nil {
		return d.refuse(err)
	}
	defer view.Close()
	defer r.Stop(run.ClientGone) // whatever happens here: nobody else looks at this run
	defer d.stopWhenEnded(r)()
	end = d.stream(r, view)
	if end.reason != nil {
		r.Stop(end.reason)
	}
	return end
}

// awaitMessage returns the client's first message.
func (d *claudeDoor) awaitMessage() ([]byte, *ending) {
	timeout := time.NewTimer(d.server.config.PromptTimeout)
	defer timeout.Stop()
	select {
	case message := <-d.messages:
		return message, nil
	case <-timeout.C:
		return nil, refused(schema.NewError(schema.PromptTimeout, "no prompt came within "+d.server.config.PromptTimeout.String()))
	case <-d.server.hub.open.Done():
		return nil, refused(errDraining)
	case <-d.ctx.Done():
		return nil, d.ended()
	}
}

// submit makes a run of the client's message.
func (d *claudeDoor) submit(message []byte) (*run.Run, *run.View, error) {
	payload, err := schema.Decode(message)
	if err != nil {
		return nil, nil, err
	}
	return d.server.runs.Submit(payload)
}

// refuse returns the end of a socket whose payload was not accepted.
func (d *claudeDoor) refuse(err error) *ending {
	if known, ok := errors.AsType[*schema.Error](err); ok {
		return refused(known)
	}
	d.log.Error("accept prompt", "error", err)
	return refused(errInternal)
}

// stream sends everything that the run puts out, and returns how it ended.
func (d *claudeDoor) stream(r *run.Run, view *run.View) *ending {
	err := d.sendFrame(schema.NewRunFrame(r.ID))
	for err == nil {
		if end := d.heed(); end != nil {
			return end
		}
		var event run.Event
		event, err = view.Next()
		switch {
		case err == nil:
			err = d.show(event)
		case errors.Is(err, run.ErrWait):
			err = d.wait(r, view)
		case errors.Is(err, io.EOF):
			return outcome(r.Outcome())
		default:
			d.log.Error("read output", "run", r.ID, "error", err)
			return refused(schema.NewError(schema.Internal, "the server could not read the run's output"))
		}
	}
	return d.unwritable(err)
}

// stopWhenEnded stops the run once the socket shall end: the writer learns that only when
// the client takes what is being written to it. The caller must call release.
func (d *claudeDoor) stopWhenEnded(r *run.Run) (release func() bool) {
	return context.AfterFunc(d.ctx, func() {
		if end := d.ended(); end != nil && end.reason != nil {
			r.Stop(end.reason)
		}
	})
}

// outcome is the end of a socket whose run has ended.
func outcome(o run.Outcome) *ending {
	return &ending{code: o.Code().Close(), err: o.Error}
}

// heed returns the end of the socket if it shall end, and answers a message that came
// while the run goes on.
func (d *claudeDoor) heed() *ending {
	select {
	case <-d.messages:
		if err := d.busy(); err != nil {
			return d.unwritable(err)
		}
	default:
	}
	return d.ended()
}

func (d *claudeDoor) busy() error {
	return d.sendFrame(schema.NewError(schema.Busy, "one prompt for each socket: the run goes on"))
}

// wait returns when there may be something to do. While the run waits for its place, it
// tells the client its position.
func (d *claudeDoor) wait(r *run.Run, view *run.View) error {
	if position := r.Position(); position != d.position {
		if d.position = position; position > 0 {
			return d.sendFrame(schema.NewQueuedFrame(position))
		}
	}
	select {
	case <-view.Grown():
	case <-r.Done():
	case <-r.Moved():
	case <-d.messages:
		return d.busy()
	case <-d.ctx.Done():
	}
	return nil
}

// show sends one event.
func (d *claudeDoor) show(event run.Event) error {
	if event.Frame != nil {
		return d.sendFrame(event.Frame)
	}
	return d.sendLine(event.Line)
}
