package handler

import (
	"context"

	"spool/chat"
	"spool/schema"
)

// doHub does what a frame of the hub vocabulary asks for.
func (d *chatDoor) doHub(message any) error {
	ctx, cancel := call()
	defer cancel()
	switch m := message.(type) {
	case schema.NewConversation:
		return d.newConversation(ctx, m)
	case schema.SendMessage:
		return d.expect(schema.Hub, m.ConversationID, func() (chat.Sent, error) {
			return d.chats.Send(ctx, user, chat.Send{Conversation: m.ConversationID, Content: m.Message, Client: d.client})
		})
	default: // ListConversations
		return d.listConversations(ctx)
	}
}

func (d *chatDoor) newConversation(ctx context.Context, m schema.NewConversation) error {
	c, err := d.chats.Create(ctx, user, chat.NewConversation{System: m.System})
	if err == nil {
		d.tell(schema.NewConversationCreated(c.ID))
	}
	return err
}

func (d *chatDoor) listConversations(ctx context.Context) error {
	all, err := d.chats.List(ctx, user)
	if err == nil {
		d.tell(schema.NewConversationList("conversation_list", all))
	}
	return err
}
