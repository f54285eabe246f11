package handler

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"spool/run"
	"spool/schema"
)

// How many runs a list has.
const (
	defaultLimit = 50
	maxLimit     = 200
)

// Media types of a run's output, as a client may accept it.
const (
	eventStream = "text/event-stream"
	ndjson      = "application/x-ndjson"
)

// createRun starts a run that goes on by itself: POST /api/runs. What is accepted is on disk.
func (s *Server) createRun(c *fiber.Ctx) error {
	q, err := s.request(c)
	if err != nil {
		return err
	}
	format := formatOf(c, fiber.MIMEApplicationJSON)
	if refusal := s.hub.refusal(); refusal != nil && format != nil {
		return refusal // before there is a run of which the client would not hear
	}
	r, view, err := s.runs.Submit(context.Background(), q)
	if r == nil || err != nil && format != nil {
		return told(err, s.log)
	}
	c.Location("/api/runs/" + r.ID)
	if format != nil {
		return s.stream(c, format, r, view)
	}
	return answerRun(c, r, view)
}

// answerRun answers with what is known of a run that was asked for, at its end if the client
// waits for that. There may be no view of an old run whose key has come again.
func answerRun(c *fiber.Ctx, r *run.Run, view *run.View) error {
	if view != nil {
		view.Leave(run.ClientGone)
	}
	if c.QueryBool("wait") {
		<-r.Done()
		return answerJSON(c, http.StatusOK, r.Info())
	}
	return answerJSON(c, http.StatusAccepted, r.Info())
}

// keyPattern is what an Idempotency-Key looks like.
var keyPattern = regexp.MustCompile(`^[\x21-\x7e]{1,200}$`)

// request reads a request for a run.
func (s *Server) request(c *fiber.Ctx) (run.Request, error) {
	if err := s.hub.draining(); err != nil {
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

// listRuns answers GET /api/runs.
func (s *Server) listRuns(c *fiber.Ctx) error {
	f := run.Filter{Meta: c.Query("meta"), State: schema.State(c.Query("state")), Before: c.Query("before"), Limit: defaultLimit}
	if f.State != "" && !slices.Contains(schema.States, f.State) {
		return schema.NewError(schema.BadRequest, "state must be one of "+states())
	}
	if text := c.Query("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 1 || limit > maxLimit {
			return schema.NewError(schema.BadRequest, "limit must be a number from 1 to "+strconv.Itoa(maxLimit))
		}
		f.Limit = limit
	}
	list, err := s.runs.List(context.Background(), f)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, list)
}

func states() string {
	var names []string
	for _, state := range schema.States {
		names = append(names, string(state))
	}
	return strings.Join(names, ", ")
}

// getRun answers GET /api/runs/{run}.
func (s *Server) getRun(c *fiber.Ctx) error {
	r, err := s.runs.Open(context.Background(), c.Params("run"))
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, r.Info())
}

// abortRun answers POST /api/runs/{run}/abort. A run that has ended stays as it is.
func (s *Server) abortRun(c *fiber.Ctx) error {
	r, err := s.runs.Open(context.Background(), c.Params("run"))
	if err != nil {
		return err
	}
	r.Stop(run.Abort)
	return answerJSON(c, http.StatusAccepted, r.Info())
}

// getLines answers GET /api/runs/{run}/lines: the output behind a line, to the run's end.
func (s *Server) getLines(c *fiber.Ctx) error {
	from := c.Query("from")
	if last := c.Get("Last-Event-ID"); last != "" {
		from = last
	}
	if from == endID {
		return c.SendStatus(http.StatusNoContent) // tells a browser not to come back
	}
	after, err := parseFrom(from)
	if err != nil {
		return err
	}
	r, err := s.runs.Open(context.Background(), c.Params("run"))
	if err != nil {
		return err
	}
	format := formatOf(c)
	if format == nil {
		return schema.NewError(schema.BadRequest, "accept one of "+eventStream+", "+ndjson+" and "+fiber.MIMETextPlain)
	}
	view, err := r.View(after)
	if err != nil {
		return told(err, s.log)
	}
	return s.stream(c, format, r, view)
}

// formatOf returns how a client wants the output: nil if it would rather have one of the
// others, or nothing that there is.
func formatOf(c *fiber.Ctx, others ...string) format {
	switch c.Accepts(append(others, eventStream, ndjson, fiber.MIMETextPlain)...) {
	case eventStream:
		return sse{}
	case ndjson:
		return lines{}
	case fiber.MIMETextPlain:
		return plain{}
	default:
		return nil
	}
}
