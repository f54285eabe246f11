package handler

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"spool/chat"
	"spool/schema"
)

// chatID returns the conversation of which a request is. What is no id is as unknown as any
// other.
func chatID(c *fiber.Ctx) (string, error) {
	id := c.Params("chat")
	if !schema.ConversationID.MatchString(id) {
		return "", schema.ErrNoSession
	}
	return id, nil
}

// listChats answers GET /api/chats.
func (s *Server) listChats(c *fiber.Ctx) error {
	ctx, cancel := call()
	defer cancel()
	all, err := s.chats.List(ctx, user)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, schema.NewChatList(all))
}

// createChat answers POST /api/chats.
func (s *Server) createChat(c *fiber.Ctx) error {
	made, err := s.makeChat(c, schema.DecodeNewChat)
	if err != nil {
		return err
	}
	c.Location("/api/chats/" + made.ID)
	return answerJSON(c, http.StatusCreated, schema.ChatAnswer{Chat: schema.NewChatOf(made)})
}

// createSession answers POST /api/providers/sessions.
func (s *Server) createSession(c *fiber.Ctx) error {
	made, err := s.makeChat(c, schema.DecodeNewSession)
	if err != nil {
		return err
	}
	c.Location("/api/chats/" + made.ID)
	return answerJSON(c, http.StatusCreated, schema.SessionCreated{SessionID: made.ID, Session: made})
}

// makeChat makes the conversation that a request describes.
func (s *Server) makeChat(c *fiber.Ctx, decode func([]byte) (schema.NewChat, error)) (schema.Conversation, error) {
	n, err := decode(c.Body())
	if err != nil {
		return schema.Conversation{}, err
	}
	ctx, cancel := call()
	defer cancel()
	return s.chats.CreateRequested(ctx, user, n.ClientRequestID, newConversation(n))
}

// getChat answers GET /api/chats/{chat}.
func (s *Server) getChat(c *fiber.Ctx) error {
	conversation, err := s.conversation(c)
	if err != nil {
		return err
	}
	return answerChat(c, conversation)
}

// conversation returns the conversation of which a request is.
func (s *Server) conversation(c *fiber.Ctx) (schema.Conversation, error) {
	id, err := chatID(c)
	if err != nil {
		return schema.Conversation{}, err
	}
	ctx, cancel := call()
	defer cancel()
	return s.chats.Get(ctx, user, id)
}

func answerChat(c *fiber.Ctx, conversation schema.Conversation) error {
	return answerJSON(c, http.StatusOK, schema.ChatAnswer{Chat: schema.NewChatOf(conversation)})
}

// updateChat answers PUT /api/chats/{chat}.
func (s *Server) updateChat(c *fiber.Ctx) error {
	return s.change(c, func(body []byte) (chat.Update, error) {
		u, err := schema.DecodeChatUpdate(body)
		return chat.Update{Title: u.Name, Icon: u.Icon, Head: u.Head, ExpectedHead: u.ExpectedHead}, err
	})
}

// tagChat answers PUT /api/chats/{chat}/tags.
func (s *Server) tagChat(c *fiber.Ctx) error {
	return s.change(c, func(body []byte) (chat.Update, error) {
		tags, err := schema.DecodeTags(body)
		return chat.Update{Tags: &tags}, err
	})
}

// starChat answers PUT /api/chats/{chat}/star.
func (s *Server) starChat(c *fiber.Ctx) error {
	return s.change(c, func(body []byte) (chat.Update, error) {
		starred, err := schema.DecodeStar(body)
		return chat.Update{Starred: &starred}, err
	})
}

// change changes a conversation as a request says.
func (s *Server) change(c *fiber.Ctx, decode func([]byte) (chat.Update, error)) error {
	id, err := chatID(c)
	if err != nil {
		return err
	}
	u, err := decode(c.Body())
	if err != nil {
		return err
	}
	ctx, cancel := call()
	defer cancel()
	changed, err := s.chats.Update(ctx, user, id, u)
	if err != nil {
		return err
	}
	return answerChat(c, changed)
}

// deleteChat answers DELETE /api/chats/{chat}.
func (s *Server) deleteChat(c *fiber.Ctx) error {
	id, err := chatID(c)
	if err != nil {
		return err
	}
	ctx, cancel := call()
	defer cancel()
	if err := s.chats.Delete(ctx, user, id); err != nil {
		return err
	}
	return c.SendStatus(http.StatusNoContent)
}

// abortChat answers POST /api/chats/{chat}/abort.
func (s *Server) abortChat(c *fiber.Ctx) error {
	id, err := chatID(c)
	if err != nil {
		return err
	}
	ctx, cancel := call()
	defer cancel()
	if err := s.chats.Abort(ctx, user, id); err != nil {
		return err
	}
	conversation, err := s.chats.Get(ctx, user, id)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusAccepted, schema.ChatAnswer{Chat: schema.NewChatOf(conversation)})
}

// listConversations answers GET /api/conversations.
func (s *Server) listConversations(c *fiber.Ctx) error {
	ctx, cancel := call()
	defer cancel()
	all, err := s.chats.List(ctx, user)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, schema.NewConversationList("", all))
}

// getMetadata answers GET /api/conversations/{chat}/metadata.
func (s *Server) getMetadata(c *fiber.Ctx) error {
	conversation, err := s.conversation(c)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, schema.NewConversationMetadata(conversation))
}
