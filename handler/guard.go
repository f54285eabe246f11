package handler

import (
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// errMethod is for methods that HTTP does not know: Fiber answers them before any handler.
var errMethod = errors.New("unknown method")

// guard puts itself around everything that the HTTP server answers, also what it refuses
// before a handler sees it.
func guard(server *fasthttp.Server) {
	// Without this, closing a connection after its upgrade does nothing.
	server.KeepHijackedConns = true
	handle, refuse := server.Handler, server.ErrorHandler
	server.ErrorHandler = func(c *fasthttp.RequestCtx, err error) {
		refuse(c, err)
		secure(&c.Response.Header)
	}
	server.Handler = func(c *fasthttp.RequestCtx) {
		if slices.Contains(fiber.DefaultMethods, string(c.Method())) {
			handle(c)
		} else {
			refuse(c, errMethod)
		}
		secure(&c.Response.Header) // last, because some errors begin the answer anew
	}
	server.HeaderReceived = endBehindChunks
}

// endBehindChunks makes a request with a body in chunks the last one on its connection:
// somebody in between may see the end of that body elsewhere.
func endBehindChunks(header *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if header.ContentLength() == chunked {
		header.SetConnectionClose()
	}
	return fasthttp.RequestConfig{}
}

// chunked is what the HTTP server takes for the length of a body that comes in chunks.
const chunked = -1

// secure makes a browser do with the answer what it is for, and nothing else.
func secure(header *fasthttp.ResponseHeader) {
	header.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "+
		"img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	header.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	header.Set(fiber.HeaderXFrameOptions, "DENY")
	header.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}
