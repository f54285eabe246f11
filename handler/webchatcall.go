package handler

import (
	"context"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"

	"spool/chat"
	"spool/schema"
)

var errNoWebhook = schema.NewError(schema.InvalidOption, "there is no webhook of that name: the operator names them with --webhook")

// webChatCall answers POST /webchat/rpc at the end of the run, which goes on if the client leaves.
func (s *Server) webChatCall(c *fiber.Ctx) error {
	call, err := schema.DecodeWebChat(c.Body())
	if err == nil {
		err = s.connections.draining()
	}
	if err == nil && call.Deliver && !s.config.Webhooks.Has(call.To) {
		err = errNoWebhook
	}
	if err != nil {
		return err
	}
	v, err := s.newStream(c, nil)
	if err != nil {
		return err
	}
	defer s.leave(v)
	w := s.beginCall(call, client(c.Context().RemoteAddr()))
	if err := v.await(w.done); err != nil {
		c.Context().SetConnectionClose() // nobody is there any more
		return errDraining
	}
	if w.err != nil {
		return told(w.err, s.log)
	}
	return answerJSON(c, http.StatusOK, w.reply)
}

// webChatWork is a call on its way.
type webChatWork struct {
	schema.WebChatCall
	server *Server
	client string

	done  chan struct{} // closed at the end, with what came of it:
	reply schema.WebChatReply
	err   error
}

// beginCall does what is asked for until its end, or the server's.
func (s *Server) beginCall(call schema.WebChatCall, client string) *webChatWork {
	w := &webChatWork{WebChatCall: call, server: s, client: client, done: make(chan struct{}), err: errInternal}
	s.calls.Go(func() {
		defer close(w.done)
		defer func() {
			if cause := recover(); cause != nil {
				s.log.Error("panic in web chat", "panic", cause, "stack", string(debug.Stack()))
			}
		}()
		w.err = w.work(s.connections.over)
	})
	return w
}

func (w *webChatWork) work(ctx context.Context) error {
	chats := w.server.chats
	id, err := chats.OpenKeyed(ctx, user, w.Session)
	if err != nil {
		return err
	}
	asked, err := chats.Ask(ctx, user, chat.Send{
		Conversation: id, Content: w.Text, Options: schema.ChatOptions{Effort: w.Effort}, Client: w.client,
	})
	switch {
	case ctx.Err() != nil:
		return errDraining
	case err != nil:
		return err
	}
	w.reply = replyTo(asked)
	if w.Deliver && w.reply.OK {
		w.deliver(ctx, id, asked)
	}
	return nil
}

// replyTo says what came of a run.
func replyTo(asked chat.Asked) schema.WebChatReply {
	reply := schema.WebChatReply{OK: asked.End.Success, Error: asked.End.Error, Code: asked.End.Code}
	if !reply.OK && reply.Error == "" {
		reply.Error = "the run has failed"
	}
	if asked.Message.Content != "" {
		reply.Payloads = []schema.WebChatPayload{{Text: asked.Message.Content}}
	}
	return reply
}

// delivery is what a webhook gets.
type delivery struct {
	Session      string    `json:"session"`
	Conversation string    `json:"conversation"`
	Run          string    `json:"run"`
	Message      string    `json:"message"` // id of the answer
	Text         string    `json:"text"`
	At           time.Time `json:"at"`
}

// deliver sends the answer to a webhook.
func (w *webChatWork) deliver(ctx context.Context, conversation string, asked chat.Asked) {
	m := asked.Message
	if m.Content == "" {
		w.reply.OK, w.reply.Error = false, "there is no answer that could be delivered"
		return
	}
	payload := &w.reply.Payloads[0]
	body := schema.Encode(delivery{w.Session, conversation, asked.Run, m.ID, m.Content, m.CreatedAt})
	tries, err := w.server.config.Webhooks.Send(ctx, w.To, body)
	payload.To, payload.Attempts, payload.Delivered = w.To, tries, err == nil
	if err != nil {
		w.reply.OK, w.reply.Error = false, "the answer was not delivered to "+w.To+": "+err.Error()
	}
}
