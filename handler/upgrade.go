package handler

import (
	"runtime/debug"
	"sync"

	library "github.com/fasthttp/websocket"
	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"
)

// door is what of a request a socket needs.
type door struct{ run, from string }

// unused stands where the library would have a buffer for each socket: data goes out through
// [frames].
var unused sync.Pool

// socket upgrades a request. The socket is served before its handler returns: what the
// HTTP server and both libraries hold for it goes back to pools then, and to somebody else.
func (s *Server) socket(serve func(*library.Conn, door), subprotocols ...string) fiber.Handler {
	return websocket.New(func(c *websocket.Conn) {
		serve(c.Conn, door{run: c.Params("run"), from: c.Query("from")})
	}, websocket.Config{
		RecoverHandler:  s.recoverSocket,
		Subprotocols:    subprotocols,
		ReadBufferSize:  readBuffer,
		WriteBufferPool: &unused,
	})
}

// readBuffer is for the headers of frames; the payload of a prompt is read past it.
const readBuffer = 512

// recoverSocket keeps a panic's words inside the house.
func (s *Server) recoverSocket(*websocket.Conn) {
	if cause := recover(); cause != nil {
		s.log.Error("panic in socket", "panic", cause, "stack", string(debug.Stack()))
	}
}
