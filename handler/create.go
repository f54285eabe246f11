package handler

import (
	"context"
	"net/http"
	"regexp"

	"github.com/gofiber/fiber/v2"

	"spool/run"
	"spool/schema"
)

// createRun starts a run that goes on by itself: POST /api/runs. What is accepted is on disk.
func (s *Server) createRun(c *fiber.Ctx) error {
	q, err := s.request(c)
	if err != nil {
		return err
	}
	format := formatOf(c, fiber.MIMEApplicationJSON)
	if format == nil && !c.QueryBool("wait") {
		return s.createAndTell(c, q)
	}
	v, err := s.newStream(c, format) // before there is a run of which the client would not hear
	if err != nil {
		return err
	}
	if format == nil {
		defer s.leave(v)
		return s.createAndWait(c, q, v)
	}
	r, view, err := s.create(c, q)
	if err != nil {
		s.leave(v)
		return told(err, s.log)
	}
	return s.answer(c, v, r, view)
}

// create submits a request.
func (s *Server) create(c *fiber.Ctx, q run.Request) (*run.Run, *run.View, error) {
	r, view, err := s.runs.Submit(context.Background(), q)
	if r != nil {
		c.Location("/api/runs/" + r.ID)
	}
	return r, view, err
}

// createUnseen is create for who does not look at the output: it may be gone, if this is an
// old run whose key has come again.
func (s *Server) createUnseen(c *fiber.Ctx, q run.Request) (*run.Run, error) {
	r, view, err := s.create(c, q)
	if r == nil {
		return nil, told(err, s.log)
	}
	if view != nil {
		view.Leave(run.ClientGone)
	}
	return r, nil
}

// createAndTell answers with what is known of the new run.
func (s *Server) createAndTell(c *fiber.Ctx, q run.Request) error {
	r, err := s.createUnseen(c, q)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusAccepted, r.Info())
}

// createAndWait answers at the run's end.
func (s *Server) createAndWait(c *fiber.Ctx, q run.Request, v *stream) error {
	r, err := s.createUnseen(c, q)
	if err != nil {
		return err
	}
	if err := v.await(r.Done()); err != nil {
		c.Context().SetConnectionClose() // nobody is there any more
	}
	return answerJSON(c, http.StatusOK, r.Info())
}

// keyPattern is what an Idempotency-Key looks like.
var keyPattern = regexp.MustCompile(`^[\x21-\x7e]{1,200}$`)

// request reads a request for a run.
func (s *Server) request(c *fiber.Ctx) (run.Request, error) {
	if err := s.connections.draining(); err != nil {
		return run.Request{}, err
	}
	payload, err := schema.Decode(c.Body())
	if err != nil {
		return run.Request{}, err
	}
	key := c.Get("Idempotency-Key")
	if key != "" && !keyPattern.MatchString(key) {
		return run.Request{}, schema.NewError(schema.BadRequest, "Idempotency-Key must be 1 to 200 visible ASCII characters")
	}
	payload.Detach = true // nobody has to stay for it
	return run.Request{Payload: payload, Client: client(c.Context().RemoteAddr()), Key: key}, nil
}
