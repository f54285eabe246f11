package handler

import (
	"context"

	"spool/chat"
	"spool/schema"
)

var errNoChat = schema.NewError(schema.SessionIDRequired, "there is no current chat: create one with create_chat")

// threads is what a socket knows that speaks the thread vocabulary.
type threads struct {
	chat  string                       // the current one, which is this socket's own
	head  string                       // of that, as the client knows it
	known map[string]schema.ThreadChat // the chats as the client knows them; nil if it does not speak this
}

// doThread does what a frame of the thread vocabulary asks for.
func (d *chatDoor) doThread(message any) error {
	ctx, cancel := call()
	defer cancel()
	if err := d.enterThreads(ctx); err != nil {
		return err
	}
	switch m := message.(type) {
	case schema.ListChats:
		return d.listChats(ctx)
	case schema.CreateChat:
		return d.createChat(ctx, m)
	case schema.SwitchChat:
		return d.switchChat(ctx, m)
	case schema.RenameChat:
		return d.renameChat(ctx, m)
	case schema.DeleteChat:
		return d.deleteChat(ctx, m)
	case schema.GetMessage:
		return d.getMessage(ctx, m)
	default:
		return d.doCurrent(ctx, message)
	}
}

// doCurrent does what is about the current chat.
func (d *chatDoor) doCurrent(ctx context.Context, message any) error {
	if d.threads.chat == "" {
		return errNoChat
	}
	switch m := message.(type) {
	case schema.AddMessage:
		return d.addMessage(ctx, m)
	case schema.Generate:
		return d.expect(schema.Thread, d.threads.chat, func() (chat.Sent, error) {
			return d.chats.Generate(ctx, user, d.threads.chat, m.ModelID, d.client)
		})
	default: // GetHead
		return d.tellHead(ctx, schema.NewHead)
	}
}

// enterThreads learns what chats there are, when the vocabulary is first spoken. The latest one
// is the current one until another is chosen.
func (d *chatDoor) enterThreads(ctx context.Context) error {
	if d.threads.known != nil && d.threads.chat != "" {
		return nil
	}
	_, err := d.learnChats(ctx)
	return err
}

func (d *chatDoor) learnChats(ctx context.Context) ([]schema.Conversation, error) {
	all, err := d.chats.List(ctx, user)
	if err != nil {
		return nil, err
	}
	d.threads.known = map[string]schema.ThreadChat{}
	for _, c := range all {
		d.threads.known[c.ID] = schema.NewThreadChat(c)
	}
	if d.threads.chat == "" && len(all) > 0 {
		d.choose(all[0])
	}
	return all, nil
}

// choose makes a chat the current one.
func (d *chatDoor) choose(c schema.Conversation) { d.threads.chat, d.threads.head = c.ID, c.Head }

func (d *chatDoor) listChats(ctx context.Context) error {
	all, err := d.learnChats(ctx)
	if err == nil {
		d.tell(schema.NewChatsUpdate(all, d.threads.chat))
	}
	return err
}

func (d *chatDoor) createChat(ctx context.Context, m schema.CreateChat) error {
	c, err := d.chats.Create(ctx, user, newConversation(m.NewChat))
	if err == nil {
		d.threads.known[c.ID] = schema.NewThreadChat(c)
		d.choose(c)
		d.tell(schema.NewChatCreated(c))
	}
	return err
}

func (d *chatDoor) switchChat(ctx context.Context, m schema.SwitchChat) error {
	c, err := d.chats.Get(ctx, user, m.ChatID)
	if err == nil {
		d.choose(c)
		d.tell(schema.NewMessagesUpdated(c.Head, c.ID))
	}
	return err
}

func (d *chatDoor) renameChat(ctx context.Context, m schema.RenameChat) error {
	c, err := d.chats.Update(ctx, user, m.ChatID, chat.Update{Title: &m.Name})
	if err == nil {
		d.threads.known[c.ID] = schema.NewThreadChat(c)
		d.tell(schema.NewChatRenamed(c))
	}
	return err
}

func (d *chatDoor) deleteChat(ctx context.Context, m schema.DeleteChat) error {
	err := d.chats.Delete(ctx, user, m.ChatID)
	if err == nil {
		d.forgetChat(m.ChatID)
		d.tell(schema.NewChatDeleted(m.ChatID))
	}
	return err
}

// forgetChat drops a chat that is gone.
func (d *chatDoor) forgetChat(id string) {
	delete(d.threads.known, id)
	if d.threads.chat == id {
		d.threads.chat, d.threads.head = "", ""
	}
}

func (d *chatDoor) getMessage(ctx context.Context, m schema.GetMessage) error {
	if m.MessageID == "" {
		return schema.ErrNoMessage
	}
	message, err := d.chats.Message(ctx, user, m.MessageID)
	if err == nil {
		d.tell(schema.NewMessageFrame(message))
	}
	return err
}

// addMessage adds a message, which is not answered until that is asked for.
func (d *chatDoor) addMessage(ctx context.Context, m schema.AddMessage) error {
	message, err := d.chats.Append(ctx, user, d.threads.chat, m.Content)
	if err == nil {
		d.threads.head = message.ID
		d.tell(schema.NewMessagesUpdated(message.ID, d.threads.chat))
	}
	return err
}

// tellHead tells the head of the current chat, as one of two frames.
func (d *chatDoor) tellHead(ctx context.Context, frame func(head, current string) schema.Head) error {
	c, err := d.chats.Get(ctx, user, d.threads.chat)
	if err == nil {
		d.threads.head = c.Head
		d.tell(frame(c.Head, c.ID))
	}
	return err
}
