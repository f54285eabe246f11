package handler

import (
	"context"
	"errors"
	"time"

	"github.com/fasthttp/websocket"

	"spool/run"
	"spool/schema"
)

// claude is the door /ws/claude: one prompt, every line of the answer, and a close code
// that tells the truth.
func (s *Server) claude(conn *websocket.Conn, _ door) {
	d := &claudeDoor{session: newSession(conn, s.config, s.log), server: s}
	refusal := s.connections.enter(d.session)
	if refusal == nil {
		defer s.connections.leave(d.session) // after the close frame: shutting down waits for it
	}
	d.try(func() { d.greet(refusal) })
	d.serve()
	for _, ignore := range d.ignore {
		ignore()
	}
}

// claudeDoor is the conversation on one socket.
type claudeDoor struct {
	*session
	server *Server
	ignore []func() bool // what would end a socket without a prompt
}

// greet sends the info frame, which is always the first: a client that finds no room is
// greeted too. Then the prompt is awaited.
func (d *claudeDoor) greet(refusal *schema.Error) {
	err := errors.Join(d.tellInfo(schema.NewInfo(schema.InfoSend)), d.frames.flush())
	switch {
	case err != nil:
		d.begin(func() *ending { return d.unwritable(err) })
	case refusal != nil:
		d.begin(func() *ending { return refused(refusal) })
	default:
		d.server.runs.Expect()
		d.await()
	}
}

// await begins with the client's first message, or ends the socket if none comes.
func (d *claudeDoor) await() {
	d.heard = func() { d.begin(d.converse) }
	refuse := func(err *schema.Error) func() {
		return func() { d.begin(func() *ending { return refused(err) }) }
	}
	patience := d.server.config.PromptTimeout
	late := time.AfterFunc(patience, refuse(schema.NewError(schema.PromptTimeout, "no prompt came within "+patience.String())))
	drained := context.AfterFunc(d.server.connections.open, refuse(errDraining))
	d.ignore = []func() bool{late.Stop, drained}
}

// converse goes through the whole sequence, once there is a message, and returns how it ends.
func (d *claudeDoor) converse() *ending {
	r, view, err := d.submit(<-d.messages)
	if err != nil {
		return d.refuse(err)
	}
	return d.watch(r, view)
}

// submit makes a run of the client's message.
func (d *claudeDoor) submit(message []byte) (*run.Run, *run.View, error) {
	payload, err := schema.Decode(message)
	if err != nil {
		return nil, nil, err
	}
	return d.server.runs.Submit(d.ctx, run.Request{Payload: payload, Client: client(d.conn.RemoteAddr())})
}
