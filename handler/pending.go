package handler

import (
	"spool/chat"
	"spool/schema"
)

// pending is a run whose answer a socket waits for.
type pending struct {
	vocabulary   schema.Vocabulary
	conversation string
}

// expect has send start a run of a conversation, whose end will be told in a vocabulary. The
// end may come before send returns.
func (d *chatDoor) expect(v schema.Vocabulary, conversation string, send func() (chat.Sent, error)) error {
	defer d.inbox.await(conversation)()
	sent, err := send()
	if err != nil {
		return err
	}
	d.inbox.awaitRun(sent.Run)
	d.pending[sent.Run] = pending{v, conversation}
	return nil
}
