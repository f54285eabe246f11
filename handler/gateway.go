package handler

import (
	"errors"

	"spool/chat"
	"spool/schema"
)

var errApprovalGone = schema.NewError(schema.ApprovalGone, "this request was answered, or is open no more")

// doGateway does what a frame of the gateway vocabulary asks for.
func (d *chatDoor) doGateway(message any) error {
	switch m := message.(type) {
	case schema.ChatSend:
		return d.sendChat(m)
	case schema.ChatAbort:
		return d.abortChat(m)
	case schema.ChatSubscribe:
		d.eachSession(m.Sessions, d.subscribeTo)
	case schema.ChatUnsubscribe:
		d.eachSession(m.Sessions, d.unsubscribeFrom)
	case schema.ChatCreate:
		return d.createSession(m)
	case schema.PermissionResponse:
		return d.permit(m)
	}
	return nil
}

// eachSession does something for every conversation of a list. Each is answered on its own.
func (d *chatDoor) eachSession(list []schema.SessionRef, do func(schema.SessionRef) error) {
	for _, s := range list {
		err := s.Err
		if err == nil {
			err = do(s)
		}
		if err != nil {
			d.refuse(schema.Incoming{Conversation: s.SessionID}, err)
		}
	}
}

// sendChat sends a message, whose sender sees what comes of it.
func (d *chatDoor) sendChat(m schema.ChatSend) error {
	if err := d.checkSystem(m); err != nil {
		return err
	}
	joins := d.following.subscriptions[m.SessionID] == nil
	if joins {
		if _, err := d.subscribe(m.SessionID, chat.From{}); err != nil {
			return err
		}
	}
	ctx, cancel := call()
	defer cancel()
	_, err := d.chats.Send(ctx, user, chat.Send{
		Conversation: m.SessionID, Content: m.Content, ClientMessageID: m.ClientMessageID, ExpectedHead: m.ExpectedHead, Parent: m.Parent,
		Options: m.Options.ChatOptions, Meta: m.Options.Meta, Queue: m.Options.Queue, Interrupt: m.Options.Interrupt, Client: d.client,
	})
	if err != nil && joins {
		d.following.drop(m.SessionID)
	}
	return err
}

// checkSystem refuses another system prompt than the conversation has.
func (d *chatDoor) checkSystem(m schema.ChatSend) error {
	if m.Options.SystemPrompt == nil {
		return nil
	}
	ctx, cancel := call()
	defer cancel()
	c, err := d.chats.Get(ctx, user, m.SessionID)
	if err == nil && c.System != *m.Options.SystemPrompt {
		err = schema.NewError(schema.ForbiddenOption, "the system prompt of a conversation is chosen when it is made")
	}
	return err
}

func (d *chatDoor) abortChat(m schema.ChatAbort) error {
	ctx, cancel := call()
	defer cancel()
	return d.chats.Abort(ctx, user, m.SessionID)
}

// subscribeTo follows a journal from where the client is.
func (d *chatDoor) subscribeTo(s schema.SessionRef) error {
	followed, err := d.subscribe(s.SessionID, chat.From{LastSeq: s.LastSeq, Epoch: s.Epoch, History: s.History})
	if err == nil {
		d.tell(followed.Ack)
	}
	return err
}

func (d *chatDoor) unsubscribeFrom(s schema.SessionRef) error {
	d.following.drop(s.SessionID)
	return nil
}

// createSession makes a conversation. Who has asked is told first.
func (d *chatDoor) createSession(m schema.ChatCreate) error {
	ctx, cancel := call()
	defer cancel()
	c, err := d.chats.CreateRequested(ctx, user, m.ClientRequestID, newConversation(m.NewChat))
	if err == nil {
		d.made[c.ID] = string(schema.Encode(c))
		answer := schema.NewSessionUpserted(c)
		answer.ClientRequestID = m.ClientRequestID
		d.tell(answer)
	}
	return err
}

// newConversation is what package chat is asked for.
func newConversation(n schema.NewChat) chat.NewConversation {
	return chat.NewConversation{Title: n.Title, Icon: n.Icon, System: n.System, From: n.From, Options: n.Options.ChatOptions}
}

// permit answers a request for an approval. Requests that are not there for this client are
// gone.
func (d *chatDoor) permit(m schema.PermissionResponse) error {
	if !schema.ApprovalID.MatchString(m.RequestID) {
		return errApprovalGone
	}
	ctx, cancel := call()
	defer cancel()
	_, err := d.chats.Decide(ctx, user, m.RequestID, m.Decision, d.client)
	if errors.Is(err, schema.NewError(schema.NotFound, "")) {
		return errApprovalGone
	}
	return err
}
