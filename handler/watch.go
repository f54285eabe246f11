package handler

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"spool/run"
	"spool/schema"
)

// watchRun is the door /ws/runs/{run}: a run that goes on or has ended, from line from+1 on.
func (s *Server) watchRun(c *websocket.Conn) {
	id, from := c.Params("run"), c.Query("from")
	session := newSession(c.Conn, s.config, s.log)
	end := refused(errInternal) // what a panic leaves
	if refusal := s.hub.enter(session); refusal != nil {
		session.finish(refused(refusal))
		return
	}
	defer s.hub.leave(session) // after the close frame: shutting down waits for it
	defer func() { session.finish(end) }()
	end = s.attach(session, id, from)
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
	return to.watch(r, view)
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

// watch shows a run until its end, or the socket's, and returns that.
func (s *session) watch(r *run.Run, view *run.View) *ending {
	reason := run.ClientGone // whatever happens here
	defer func() { view.Leave(reason) }()
	defer s.leaveWhenEnded(view)()
	end := s.endOf(show(s, r, view), r)
	if end.reason != nil {
		reason = end.reason
	}
	return end
}

// leaveWhenEnded gives the view up once the socket shall end: the writer learns that only
// when the client takes what is being written to it. The caller must call release.
func (s *session) leaveWhenEnded(view *run.View) (release func() bool) {
	return context.AfterFunc(s.ctx, func() {
		if end := s.ended(); end != nil && end.reason != nil {
			view.GiveUp(end.reason)
		}
	})
}

// endOf returns the end of a socket for the end of what was shown.
func (s *session) endOf(err error, r *run.Run) *ending {
	if end, ok := errors.AsType[*ending](err); ok {
		return end
	}
	if _, ok := errors.AsType[unreadable](err); !ok {
		return s.unwritable(err)
	}
	if errors.Is(err, io.EOF) {
		return over(r.Outcome())
	}
	return s.refuse(err)
}

// refuse returns the end of a socket that cannot be served.
func (s *session) refuse(err error) *ending { return refused(told(err, s.log)) }

// client names whom places are shared out between: an address, whatever the port.
func client(address net.Addr) string {
	host, _, err := net.SplitHostPort(address.String())
	if err != nil {
		return address.String()
	}
	return host
}
