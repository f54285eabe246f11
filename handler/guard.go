package handler

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"spool/schema"
)

// errMethod is for methods that HTTP does not know: Fiber answers them before any handler.
var errMethod = errors.New("unknown method")

// guard puts itself around everything that the HTTP server answers, also what it refuses
// before a handler sees it.
func guard(server *fasthttp.Server, embedders []string) {
	// Without this, closing a connection after its upgrade does nothing.
	server.KeepHijackedConns = true
	handle, refuse := server.Handler, server.ErrorHandler
	server.ErrorHandler = func(c *fasthttp.RequestCtx, err error) {
		refuse(c, err)
		secure(&c.Response.Header, embedders)
	}
	server.Handler = func(c *fasthttp.RequestCtx) {
		if slices.Contains(fiber.DefaultMethods, string(c.Method())) {
			handle(c)
		} else {
			refuse(c, errMethod)
		}
		secure(&c.Response.Header, embedders) // last, because some errors begin the answer anew
	}
	server.HeaderReceived = expect
}

// expect says how a request is read. One with a body in chunks is the last one on its
// connection: somebody in between may see the end of that body elsewhere. One that brings all
// messages of a chat may be longer than others.
func expect(header *fasthttp.RequestHeader) (config fasthttp.RequestConfig) {
	if header.ContentLength() == chunked {
		header.SetConnectionClose()
	}
	if uri := header.RequestURI(); bytes.HasPrefix(uri, []byte("/api/chats/")) && bytes.HasSuffix(uri, []byte("/stream")) {
		config.MaxRequestBodySize = schema.MaxUIMessagesBytes
	}
	return config
}

// chunked is what the HTTP server takes for the length of a body that comes in chunks.
const chunked = -1

// secure makes a browser do with the answer what it is for, and nothing else. Pages may be shown
// in a frame by embedders alone; an answer that a page is still the same has the page's headers.
func secure(header *fasthttp.ResponseHeader, embedders []string) {
	ancestors := "'none'"
	page := header.StatusCode() == fiber.StatusNotModified || bytes.HasPrefix(header.ContentType(), []byte(fiber.MIMETextHTML))
	if page && len(embedders) > 0 {
		ancestors = strings.Join(embedders, " ")
	} else {
		header.Set(fiber.HeaderXFrameOptions, "DENY") // which knows no list
	}
	header.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "+
		"img-src 'self'; frame-ancestors "+ancestors+"; base-uri 'none'; form-action 'none'")
	header.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	header.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}
