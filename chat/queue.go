package chat

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"spool/run"
	"spool/schema"
	"spool/store"
)

// lineUpLocked has a message wait for the end of the run that goes on. Requires c.mu.
func (c *conversation) lineUpLocked(ctx context.Context, m Send) (sent Sent, err error) {
	if !m.Queue && !m.Interrupt {
		return Sent{}, errInProgress
	}
	queued := store.QueuedMessage{
		ID: strings.ToLower(rand.Text()), ClientMessageID: m.ClientMessageID, Content: m.Content,
		Options: m.Options, Meta: m.Meta, Client: m.Client, At: time.Now().UTC(),
	}
	record, err := c.service.store.ChangeConversation(ctx, c.user, c.id, func(r *store.Conversation) error {
		if m.ExpectedHead != nil && *m.ExpectedHead != r.Head {
			return store.ErrMoved
		}
		if len(r.Queue) >= schema.MaxQueued {
			return schema.NewError(schema.QueueFull, "too many messages wait in this conversation")
		}
		at := len(r.Queue)
		if m.Interrupt {
			at = 0
		}
		r.Queue, sent.Queued = slices.Insert(slices.Clone(r.Queue), at, queued), at+1
		return nil
	})
	if err != nil {
		return Sent{}, c.service.answer("queue message", err)
	}
	c.service.events.tell(c.user, Event{Conversation: c.id, Session: record.Conversation})
	if m.Interrupt && c.turn != nil {
		c.turn.run.Stop(run.Abort)
	}
	return sent, nil
}

// nextLocked begins with what waits in line. Requires c.mu.
func (c *conversation) nextLocked() {
	s := c.service
	record, err := s.store.Conversation(context.Background(), c.user, c.id)
	if err != nil || c.gone || len(record.Queue) == 0 || s.closing.Err() != nil {
		return
	}
	q := record.Queue[0]
	m := Send{
		Conversation: c.id, Content: q.Content, ClientMessageID: q.ClientMessageID, Options: q.Options, Meta: q.Meta, Client: q.Client,
	}
	_, err = c.beginLocked(context.Background(), record, pending{Send: m, queued: q.ID})
	switch known, _ := errors.AsType[*schema.Error](err); {
	case err == nil:
	case known == nil, known.Code == schema.Draining: // the next server begins with it
	case known.Code == schema.Overloaded, known.Code == schema.StorageFull, known.Code == schema.Internal:
		s.later(c)
	default:
		c.refuseLocked(q, known)
	}
}

// placePause is how long to wait with a message that the server had no place for.
const placePause = 2 * time.Second

// later tries again to begin with what waits.
func (s *Service) later(c *conversation) {
	s.turns.Go(func() {
		if !s.pause(placePause) {
			return
		}
		c, err := s.acquire(context.Background(), c.user, c.id)
		if err != nil {
			return
		}
		defer s.release(c)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.turn == nil {
			c.nextLocked()
		}
	})
}

// refuseLocked drops a message that cannot be answered any more, and goes on. Requires c.mu.
func (c *conversation) refuseLocked(q store.QueuedMessage, why *schema.Error) {
	_, err := c.service.store.ChangeConversation(context.Background(), c.user, c.id, func(r *store.Conversation) error {
		r.Queue = slices.DeleteFunc(slices.Clone(r.Queue), func(waiting store.QueuedMessage) bool { return waiting.ID == q.ID })
		return nil
	})
	if err != nil {
		c.service.log.Error("drop queued message", "conversation", c.id, "error", err)
		return
	}
	frame := schema.ChatFrame{
		Kind: schema.KindError, SessionID: c.id, Timestamp: time.Now().UTC(), ClientMessageID: q.ClientMessageID,
		Content: "a message that waited was not sent: " + why.Text,
	}
	if err := c.journal.append([]schema.ChatFrame{frame}); err != nil {
		c.service.log.Error("write journal", "conversation", c.id, "error", err)
	}
	c.nextLocked()
}
