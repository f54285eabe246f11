package handler

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"spool/schema"
	"spool/spool"
)

// retryAfter is what a client is told to wait, in seconds, when the server cannot serve now.
const retryAfter = "5"

// statuses are the HTTP statuses of error codes, for plain requests.
var statuses = map[schema.Code]int{
	schema.BadRequest:       http.StatusBadRequest,
	schema.ForbiddenHost:    http.StatusForbidden,
	schema.ForbiddenOrigin:  http.StatusForbidden,
	schema.NotFound:         http.StatusNotFound,
	schema.MethodNotAllowed: http.StatusMethodNotAllowed,
	schema.TooLarge:         http.StatusRequestEntityTooLarge,
	schema.Unauthorized:     http.StatusUnauthorized,
	schema.RateLimited:      http.StatusTooManyRequests,
	schema.UpgradeRequired:  http.StatusUpgradeRequired,
	schema.InvalidJSON:      http.StatusBadRequest,
	schema.InvalidPrompt:    http.StatusBadRequest,
	schema.InvalidMeta:      http.StatusBadRequest,
	schema.InvalidOption:    http.StatusBadRequest,
	schema.ForbiddenOption:  http.StatusBadRequest,
	schema.KeyReused:        http.StatusConflict,

	schema.SessionIDRequired:   http.StatusBadRequest,
	schema.SessionNotFound:     http.StatusNotFound,
	schema.UnsupportedProvider: http.StatusBadRequest,
	schema.InvalidContent:      http.StatusBadRequest,
	schema.RunInProgress:       http.StatusConflict,
	schema.NoActiveRun:         http.StatusConflict,
	schema.ApprovalGone:        http.StatusConflict,
	schema.HeadMoved:           http.StatusConflict,
	schema.QueueFull:           http.StatusTooManyRequests,

	schema.OutputGone:    http.StatusGone,
	schema.OutputDamaged: http.StatusInternalServerError,
	schema.ReplayGap:     http.StatusRequestedRangeNotSatisfiable,
	schema.StorageFull:   http.StatusInsufficientStorage,
	schema.Overloaded:    http.StatusServiceUnavailable,
	schema.Draining:      http.StatusServiceUnavailable,
}

// fiberErrors say what Fiber's own errors mean here.
var fiberErrors = map[int]*schema.Error{
	http.StatusNotFound:              schema.NewError(schema.NotFound, "there is nothing here"),
	http.StatusMethodNotAllowed:      schema.NewError(schema.MethodNotAllowed, "this method is not allowed here"),
	http.StatusUpgradeRequired:       schema.NewError(schema.UpgradeRequired, "this is a WebSocket: connect with ws://"),
	http.StatusRequestEntityTooLarge: schema.NewError(schema.TooLarge, "the request body is too large"),
	// A client that is lost in the middle of its request: nobody gets the answer.
	http.StatusBadGateway: schema.NewError(schema.BadRequest, "the request was cut off"),
}

// answerError is the one place where an error becomes an HTTP answer. An error without a
// code is a fault of ours: its text goes to the log only.
func (s *Server) answerError(c *fiber.Ctx, err error) error {
	known, ok := coded(err)
	status := statuses[code(known)]
	if fiberErr, isFiber := errors.AsType[*fiber.Error](err); isFiber {
		known, status = fiberErrors[fiberErr.Code], fiberErr.Code
		if known == nil && status < http.StatusInternalServerError {
			known = schema.NewError(schema.BadRequest, http.StatusText(status))
		}
		ok = known != nil
	}
	if !ok || status == 0 {
		s.log.Error("answer request", "error", err)
		known, status = errInternal, http.StatusInternalServerError
	}
	switch status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		c.Set(fiber.HeaderRetryAfter, retryAfter)
	case http.StatusUnauthorized:
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	case http.StatusUpgradeRequired:
		c.Set(fiber.HeaderUpgrade, "websocket")
		c.Set(fiber.HeaderSecWebSocketVersion, "13")
	}
	return answerJSON(c, status, known)
}

// told returns what a client is told of an error. One without a code is a fault of ours: its
// text goes to the log only.
func told(err error, log *slog.Logger) *schema.Error {
	if known, ok := coded(err); ok {
		return known
	}
	log.Error("serve", "error", err)
	if errors.Is(err, spool.ErrDamaged) {
		return schema.NewError(schema.OutputDamaged, "the kept output of this run is damaged from here on")
	}
	return errInternal
}

// coded returns the error with a code that there is in an error. All conversations that are not
// there are so in the same words.
func coded(err error) (*schema.Error, bool) {
	known, ok := errors.AsType[*schema.Error](err)
	if ok && known.Code == schema.SessionNotFound {
		known = schema.ErrNoSession
	}
	return known, ok
}

func code(err *schema.Error) schema.Code {
	if err == nil {
		return ""
	}
	return err.Code
}

// answerJSON answers with a value of package schema.
func answerJSON(c *fiber.Ctx, status int, value any) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Status(status).Send(schema.Encode(value))
}
