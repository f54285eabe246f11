package handler

import (
	"context"
	"time"

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

// callTimeout bounds what a frame may wait for: others on the socket wait with it.
const callTimeout = 30 * time.Second

// call returns the context for what a frame asks for, which is done even if the client leaves.
func call() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), callTimeout)
}
