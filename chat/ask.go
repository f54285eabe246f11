package chat

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"strings"

	"spool/schema"
)

// Asked is what came of a message.
type Asked struct {
	Run     string
	Message schema.Message // the answer; zero if there is none
	End     schema.Completion
}

// Ask sends a message, and waits for its answer. While the conversation answers another one, it
// waits in line. What was accepted goes on when ctx ends. Errors as for Send, the context's, and
// SESSION_NOT_FOUND if the conversation is deleted meanwhile.
func (s *Service) Ask(ctx context.Context, user string, m Send) (Asked, error) {
	m.ClientMessageID, m.Queue = strings.ToLower(rand.Text()), true
	changed, deleted := make(chan struct{}, 1), make(chan struct{})
	sub, err := s.Subscribe(ctx, user, m.Conversation, From{}, func() { notify(changed) })
	if err != nil {
		return Asked{}, err
	}
	defer sub.Close()
	defer s.Watch(user, func(e Event) {
		if e.Deleted && e.Conversation == m.Conversation {
			close(deleted)
		}
	})()
	if _, err := s.Send(ctx, user, m); err != nil {
		return Asked{}, err
	}
	return s.await(ctx, user, m, sub, changed, deleted)
}

// notify has who waits look, once.
func notify(changed chan<- struct{}) {
	select {
	case changed <- struct{}{}:
	default:
	}
}

// await reads the journal up to the end of the run that a message has begun.
func (s *Service) await(ctx context.Context, user string, m Send, sub *Subscription, changed, deleted <-chan struct{}) (Asked, error) {
	for asked := (Asked{}); ; {
		frame, err := sub.frame()
		switch {
		case errors.Is(err, io.EOF):
			select {
			case <-changed:
			case <-deleted:
				return asked, schema.ErrNoSession
			case <-ctx.Done():
				return asked, ctx.Err()
			}
		case err != nil:
			return asked, s.fault("read journal", err)
		case frame.Kind == schema.KindText && frame.ClientMessageID == m.ClientMessageID:
			asked.Run = frame.RunID
		case frame.Kind == schema.KindError && frame.ClientMessageID == m.ClientMessageID:
			asked.End.Error = frame.Content // it waited, and then was not sent
			return asked, nil
		case frame.Kind == schema.KindComplete && frame.RunID == asked.Run && frame.Completion != nil:
			asked.End = *frame.Completion
			return s.withAnswer(ctx, user, m.Conversation, asked)
		}
	}
}

// withAnswer adds the message that the agent has answered with. The conversation may have had it before, from another run:
// the same message with the same history is the same message.
func (s *Service) withAnswer(ctx context.Context, user, conversation string, asked Asked) (Asked, error) {
	if asked.End.Head == "" {
		return asked, nil
	}
	last, err := s.store.Member(ctx, user, conversation, asked.End.Head)
	if err == nil && last.Role == schema.RoleAssistant {
		asked.Message = last.Message
	}
	return asked, s.answer("read answer", err) // SESSION_NOT_FOUND if it was deleted since
}

// frame returns the next frame, as [Subscription.Next] does.
func (s *Subscription) frame() (schema.ChatFrame, error) {
	text, err := s.Next()
	if err != nil {
		return schema.ChatFrame{}, err
	}
	return schema.DecodeFrame(text)
}
