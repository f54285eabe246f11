package handler

import (
	"errors"
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
	server *Server
}

// converse goes through the whole sequence and returns how it ends. A client that finds no
// room is greeted too: the info frame is always the first.
func (d *claudeDoor) converse(refusal *schema.Error) *ending {
	if err := errors.Join(d.tellInfo(schema.NewInfo(schema.InfoSend)), d.frames.flush()); err != nil {
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
	return d.watch(r, view)
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
	return d.server.runs.Submit(d.ctx, run.Request{Payload: payload, Client: client(d.conn.RemoteAddr())})
}
