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
	f := run.Filter{Meta: c.Query("meta"), State: schema.State(c.Query("state")), Before: c.Query("before")}
	if f.State != "" && !slices.Contains(schema.States, f.State) {
		return schema.NewError(schema.BadRequest, "state must be one of "+states())
	}
	limit, err := limitOf(c)
	if err != nil {
		return err
	}
	f.Limit = limit
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

// getLines answers GET /api/runs/{run}/lines: the output behind a line, to the run's end or to
// another line.
func (s *Server) getLines(c *fiber.Ctx) error {
	from := c.Query("from")
	if last := c.Get("Last-Event-ID"); last != "" {
		from = last
	}
	if from == endID {
		return c.SendStatus(http.StatusNoContent) // tells a browser not to come back
	}
	after, last, err := parseRange(from, c.Query("to"))
	if err != nil {
		return err
	}
	r, err := s.runs.Open(context.Background(), c.Params("run"))
	if err != nil {
		return err
	}
	if last > 0 && after >= last {
		return c.SendStatus(http.StatusNoContent) // a browser has come back for more
	}
	format := formatOf(c)
	if format == nil {
		return schema.NewError(schema.BadRequest, "accept one of "+eventStream+", "+ndjson+" and "+fiber.MIMETextPlain)
	}
	v, err := s.newStream(c, format)
	if err != nil {
		return err
	}
	v.last = last
	view, err := r.View(after)
	if err != nil {
		s.leave(v)
		return told(err, s.log)
	}
	return s.answer(c, v, r, view)
}

// parseRange reads the numbers of the last line that a client has, and of the last that it wants.
func parseRange(from, to string) (after, last int64, err error) {
	if after, err = parseFrom(from); err != nil || to == "" {
		return after, 0, err
	}
	if last, err = strconv.ParseInt(to, 10, 64); err != nil || last < 1 {
		err = schema.NewError(schema.BadRequest, "to must be the number of a line, from 1")
	}
	return after, last, err
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
