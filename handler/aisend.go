package handler

import (
	"github.com/gofiber/fiber/v2"

	"spool/chat"
	"spool/schema"
)

var errNoQuestion = schema.NewError(schema.InvalidContent, "the conversation has no message of the user in that place")

// sendUIMessage answers POST /api/chats/{chat}/stream: with what comes of the message.
func (s *Server) sendUIMessage(c *fiber.Ctx) error {
	id, err := chatID(c)
	if err != nil {
		return err
	}
	m, err := schema.DecodeUISend(c.Body())
	if err != nil {
		return err
	}
	v, err := s.newStream(c, sse{}) // before there is a run of which the client would not hear
	if err != nil {
		return err
	}
	run, err := s.sendUI(id, m, client(c.Context().RemoteAddr()))
	if err != nil {
		s.leave(v)
		return err
	}
	u, err := s.openUIStream(id, run)
	if err != nil {
		s.leave(v)
		return err
	}
	return s.answerUI(c, v, u)
}

// sendUI sends what the SDK has sent, and returns the run.
func (s *Server) sendUI(id string, m schema.UISend, client string) (run string, err error) {
	send := chat.Send{Conversation: id, Content: m.Text, ClientMessageID: m.MessageID, Options: m.Options.ChatOptions, Client: client}
	ctx, cancel := call()
	defer cancel()
	if m.Again || m.Replaces {
		messages, _, err := s.chats.Messages(ctx, user, id)
		if err != nil {
			return "", err
		}
		if err := branch(&send, m, messages); err != nil {
			return "", err
		}
	}
	sent, err := s.chats.Send(ctx, user, send)
	return sent.Run, err
}

// branch has a message go where an earlier one is: the one in the same place among the user's,
// or the last. It is another message, though the SDK names it as the one that it replaces.
func branch(send *chat.Send, m schema.UISend, messages []schema.Message) error {
	var asked []schema.Message
	for _, message := range messages {
		if message.Role == schema.RoleUser {
			asked = append(asked, message)
		}
	}
	place := m.Users
	if place == 0 {
		place = len(asked)
	}
	if place == 0 || place > len(asked) {
		return errNoQuestion
	}
	earlier := asked[place-1]
	send.Parent, send.ClientMessageID = &earlier.Parent, ""
	if m.Again {
		send.Content = earlier.Content
	}
	return nil
}
