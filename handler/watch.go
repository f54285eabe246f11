package handler

import (
	"context"
	"net"
	"strconv"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"

	"spool/run"
	"spool/schema"
)

// watchRun is the door /ws/runs/{run}: a run that goes on or has ended, from line from+1 on.
func (s *Server) watchRun(conn *websocket.Conn, d door) {
	session := newSession(conn, s.config, s.log)
	if refusal := s.connections.enter(session); refusal != nil {
		session.begin(func() *ending { return refused(refusal) })
	} else {
		defer s.connections.leave(session) // after the close frame: shutting down waits for it
		session.begin(func() *ending { return s.attach(session, d.run, d.from) })
	}
	session.serve()
}

// attach shows a run to a socket.
func (s *Server) attach(to *session, id, from string) *ending {
	after, err := parseFrom(from)
	if err != nil {
		return to.refuse(err)
	}
	r, err := s.runs.Open(to.ctx, id)
	if err != nil {
		return to.refuse(err)
	}
	view, err := r.View(after)
	if err != nil {
		return to.refuse(err)
	}
	defer s.endReplay(to, r)()
	return to.watch(r, view)
}

// endReplay ends the socket of who looks at a run that has ended when the server is being
// stopped: nothing is lost by that, and shutting down need not wait. The caller must call
// release.
func (s *Server) endReplay(to *session, r *run.Run) (release func() bool) {
	select {
	case <-r.Done():
		return context.AfterFunc(s.connections.open, func() { to.end(refused(errDraining)) })
	default:
		return func() bool { return true }
	}
}

// parseFrom reads the number of the last line that a client has.
func parseFrom(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	after, err := strconv.ParseInt(text, 10, 64)
	if err != nil || after < 0 {
		return 0, schema.NewError(schema.BadRequest, "from must be the number of a line, 0 for all")
	}
	return after, nil
}

// knownRun refuses an upgrade for a run that is not there, while it can still be told by HTTP.
func (s *Server) knownRun(c *fiber.Ctx) error {
	if _, err := s.runs.Open(context.Background(), c.Params("run")); err != nil {
		return err
	}
	return c.Next()
}

// client names whom places are shared out between: an address, whatever the port.
func client(address net.Addr) string {
	host, _, err := net.SplitHostPort(address.String())
	if err != nil {
		return address.String()
	}
	return host
}
