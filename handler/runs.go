package handler

import (
	"context"
	"net/http"
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
	v, err := s.newStream(c, format)
	if err != nil {
		return err
	}
	view, err := r.View(after)
	if err != nil {
		s.leave(v)
		return told(err, s.log)
	}
	return s.answer(c, v, r, view)
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
