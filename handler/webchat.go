package handler

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"

	"spool/schema"
)

// routeWebChat lists the doors of the web chat, which are for this machine alone: others come
// through an SSH tunnel.
func (s *Server) routeWebChat() {
	s.app.Get("/webchat/info", s.webChatInfo)
	s.app.Post("/webchat/rpc", s.withToken, s.webChatCall)
	s.app.Get("/webchat/history", s.withToken, s.webChatHistory)
}

var (
	errRemote = schema.NewError(schema.ForbiddenHost,
		"the web chat is for this machine alone: reach it under a loopback name, from elsewhere through an SSH tunnel")
	errTokenInURL = schema.NewError(schema.BadRequest, "a token does not belong into an address, which is kept in many places: send it as a header")
	errNoToken    = schema.NewError(schema.Unauthorized, "send a token of GET /webchat/info, as Authorization: Bearer or X-Webchat-Token")
	errTooWrong   = schema.NewError(schema.RateLimited, "too many wrong tokens: wait a minute")
)

// localOnly lets requests of this machine through: by their peer, and by the name that was asked
// for. Who speaks for somebody else does not count as of this machine.
func localOnly(c *fiber.Ctx) error {
	name, _ := splitPort(strings.ToLower(string(c.Request().Header.Host())))
	forwarded := c.Get(fiber.HeaderXForwardedFor) + c.Get("Forwarded")
	if !isLoopback(c.Context().RemoteAddr()) || !isLoopbackName(name) || forwarded != "" {
		return errRemote
	}
	return c.Next()
}

func isLoopbackName(name string) bool {
	address, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return name == "localhost" || err == nil && address.Unmap().IsLoopback()
}

// withToken lets requests through that have a token of the web chat. Wrong ones are counted.
func (s *Server) withToken(c *fiber.Ctx) error {
	for name := range c.Queries() {
		if strings.Contains(strings.ToLower(name), "token") {
			return errTokenInURL
		}
	}
	address, token := client(c.Context().RemoteAddr()), tokenOf(c)
	switch {
	case s.attempts.exhausted(address):
		return errTooWrong
	case token == "":
		return errNoToken
	case !s.tokens.accept(token):
		s.attempts.note(address)
		return errNoToken
	}
	return c.Next()
}

// tokenOf returns the token of a request, "" if it has none.
func tokenOf(c *fiber.Ctx) string {
	const scheme = "bearer "
	if header := c.Get(fiber.HeaderAuthorization); len(header) > len(scheme) && strings.EqualFold(header[:len(scheme)], scheme) {
		return strings.TrimSpace(header[len(scheme):])
	}
	return c.Get("X-Webchat-Token")
}

// webChatInfo answers GET /webchat/info: where the page is, under the name that was asked for,
// and what it needs.
func (s *Server) webChatInfo(c *fiber.Ctx) error {
	messages, err := s.transcript(schema.MainSession)
	if err != nil {
		return err
	}
	token, expires := s.tokens.issue()
	return answerJSON(c, http.StatusOK, schema.WebChatInfo{
		BaseURL: "http://" + string(c.Request().Header.Host()) + "/webchat/", Token: token, ExpiresAt: expires.UTC(), InitialMessages: messages,
	})
}

// webChatHistory answers GET /webchat/history.
func (s *Server) webChatHistory(c *fiber.Ctx) error {
	session := c.Query("session", schema.MainSession)
	if err := schema.CheckSession(session); err != nil {
		return err
	}
	messages, err := s.transcript(session)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, schema.WebChatHistory{Messages: messages})
}

func (s *Server) transcript(session string) ([]schema.WebChatMessage, error) {
	ctx, cancel := call()
	defer cancel()
	messages, err := s.chats.Transcript(ctx, user, session)
	return schema.NewWebChatMessages(messages), err
}
