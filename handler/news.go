package handler

import (
	"context"

	"spool/chat"
	"spool/schema"
)

var errDeleted = schema.NewError(schema.RunAborted, "the conversation was deleted")

// tellNews tells what has become of one conversation, in every vocabulary that the socket
// speaks, and reports whether there was one.
func (d *chatDoor) tellNews() bool {
	n := d.inbox.takeNews()
	if n == nil {
		return false
	}
	if n.Deleted {
		d.following.drop(n.Conversation)
	}
	if d.gateway {
		d.tellGateway(n)
	}
	if d.threads.known != nil {
		d.tellThreads(n)
	}
	for _, e := range n.ends {
		if p, waits := d.pending[e.Ended]; waits {
			delete(d.pending, e.Ended)
			d.tellEnd(p, e)
		}
	}
	if n.Deleted {
		d.giveUp(n.Conversation)
	}
	return true
}

// tellGateway tells of a conversation that has changed. Who has made it knows how it began.
func (d *chatDoor) tellGateway(n *news) {
	known := d.made[n.Conversation]
	delete(d.made, n.Conversation)
	switch {
	case n.Deleted:
		d.tell(schema.NewSessionDeleted(n.Conversation))
	case known != string(schema.Encode(n.Session)):
		d.tell(schema.NewSessionUpserted(n.Session))
	}
}

// tellThreads tells of the list of chats, if that has changed, and of the current chat's head,
// unless somebody waits for that anyway.
func (d *chatDoor) tellThreads(n *news) {
	ctx, cancel := call()
	defer cancel()
	if d.listChanged(n) {
		if n.Deleted {
			d.forgetChat(n.Conversation)
		}
		d.answerErr(d.listChats(ctx))
	}
	if n.Conversation == d.threads.chat && n.messages && !d.waits(n) {
		d.answerErr(d.tellNewHead(ctx))
	}
}

// listChanged reports whether the client knows the list of chats otherwise.
func (d *chatDoor) listChanged(n *news) bool {
	known, listed := d.threads.known[n.Conversation]
	if n.Deleted {
		return listed
	}
	return !listed || known != schema.NewThreadChat(n.Session)
}

// waits reports whether one of the ends is waited for by a thread.
func (d *chatDoor) waits(n *news) bool {
	for _, e := range n.ends {
		if d.pending[e.Ended].vocabulary == schema.Thread {
			return true
		}
	}
	return false
}

// tellNewHead tells the current chat's head if the client knows another one.
func (d *chatDoor) tellNewHead(ctx context.Context) error {
	c, err := d.chats.Get(ctx, user, d.threads.chat)
	if err == nil && c.Head != d.threads.head {
		d.threads.head = c.Head
		d.tell(schema.NewMessagesUpdated(c.Head, c.ID))
	}
	return err
}

// answerErr tells a thread of what has failed, if it has.
func (d *chatDoor) answerErr(err error) {
	if err != nil {
		d.refuse(schema.Incoming{Vocabulary: schema.Thread}, err)
	}
}

// tellEnd tells the end of a run to who has asked for it.
func (d *chatDoor) tellEnd(p pending, e chat.Event) {
	switch {
	case e.Err != nil:
		d.refuse(schema.Incoming{Vocabulary: p.vocabulary, Conversation: p.conversation}, e.Err)
		d.tellWhatWasSaid(p)
	case p.vocabulary == schema.Hub:
		d.tell(schema.NewHubMessage(p.conversation, contentOf(e.Answer)))
	case p.conversation == d.threads.chat:
		ctx, cancel := call()
		defer cancel()
		d.answerErr(d.tellHead(ctx, schema.NewMessagesUpdated))
	}
}

// tellWhatWasSaid tells a thread of the head that a run has left which has failed.
func (d *chatDoor) tellWhatWasSaid(p pending) {
	if p.vocabulary != schema.Thread || p.conversation != d.threads.chat {
		return
	}
	ctx, cancel := call()
	defer cancel()
	d.answerErr(d.tellNewHead(ctx))
}

func contentOf(m *schema.Message) string {
	if m == nil {
		return ""
	}
	return m.Content
}

// giveUp tells who waits for the end of a run of a conversation that is gone.
func (d *chatDoor) giveUp(conversation string) {
	for run, p := range d.pending {
		if p.conversation == conversation {
			delete(d.pending, run)
			d.inbox.forgetRun(run)
			d.refuse(schema.Incoming{Vocabulary: p.vocabulary, Conversation: conversation}, errDeleted)
		}
	}
}
