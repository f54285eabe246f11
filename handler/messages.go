package handler

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"spool/schema"
)

// getLatestMessages answers GET /api/messages: those of a conversation, or of the latest one.
// If there is none, there are no messages.
func (s *Server) getLatestMessages(c *fiber.Ctx) error {
	id := c.Query("chat")
	if id != "" && !schema.ConversationID.MatchString(id) {
		return schema.ErrNoSession
	}
	list, err := s.messages(id)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, list)
}

// getMessages answers GET /api/chats/{chat}/messages: from the root to the head, or all.
func (s *Server) getMessages(c *fiber.Ctx) error {
	id, err := chatID(c)
	if err != nil {
		return err
	}
	list, err := s.messages(id)
	if err == nil && c.QueryBool("all") {
		ctx, cancel := call()
		defer cancel()
		list.Messages, err = s.chats.Tree(ctx, user, id)
	}
	if err != nil {
		return err
	}
	list.Messages = orEmpty(list.Messages)
	return answerJSON(c, http.StatusOK, list)
}

// messages returns what a conversation says, the latest one if the id is empty.
func (s *Server) messages(id string) (schema.MessageList, error) {
	ctx, cancel := call()
	defer cancel()
	messages, conversation, err := s.chats.Messages(ctx, user, id)
	return schema.MessageList{Messages: orEmpty(messages), Head: schema.OrNull(conversation.Head), Chat: conversation.ID}, err
}

// orEmpty returns a list that is an empty one in JSON, and not null, if there is nothing in it.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// exports are the formats of an export: how one is asked for, and what it is.
var exports = map[string]struct{ mediaType, extension string }{
	"json":     {fiber.MIMEApplicationJSONCharsetUTF8, ".json"},
	"markdown": {"text/markdown; charset=utf-8", ".md"},
}

// exportChat answers GET /api/chats/{chat}/export.
func (s *Server) exportChat(c *fiber.Ctx) error {
	id, err := chatID(c)
	if err != nil {
		return err
	}
	format := exportFormat(c)
	as, known := exports[format]
	if !known {
		return schema.NewError(schema.BadRequest, "format must be json or markdown")
	}
	ctx, cancel := call()
	defer cancel()
	content, err := s.chats.Export(ctx, user, id, format)
	if err != nil {
		return err
	}
	c.Attachment(id + as.extension)
	c.Set(fiber.HeaderContentType, as.mediaType)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(content)
}

// exportFormat returns the format that a request asks for, by its address or by what it
// accepts.
func exportFormat(c *fiber.Ctx) string {
	if format := c.Query("format"); format != "" {
		return format
	}
	switch c.Accepts(fiber.MIMEApplicationJSON, "text/markdown") {
	case fiber.MIMEApplicationJSON:
		return "json"
	case "text/markdown":
		return "markdown"
	default:
		return ""
	}
}
