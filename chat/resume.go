package chat

import (
	"context"
	"errors"
	"strings"
	"time"

	"spool/schema"
	"spool/spool"
	"spool/store"
)

// resume goes on with a conversation that an earlier server has left.
func (s *Service) resume(ctx context.Context, record store.Conversation) error {
	c, err := s.acquire(ctx, record.User, record.ID)
	if err != nil {
		return err
	}
	defer s.release(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	if record.Active == "" {
		c.nextLocked()
		return nil
	}
	done, err := c.scanLocked(ctx, record)
	if err != nil {
		return err
	}
	r, err := s.runs.Open(ctx, record.Active)
	if err != nil {
		return c.giveUpLocked(ctx, record, done, err)
	}
	t := c.newTurnLocked(r, done)
	t.ending = done.complete // whoever has seen its end can go on
	if !done.began {
		if message, err := s.store.Member(ctx, c.user, c.id, r.Info().Message); err == nil {
			t.append(t.userFrame(s.clientMessageID(ctx, r.ID), message))
		}
	}
	view, err := r.View(max(done.line-1, 0))
	if err != nil { // it is no longer kept: there is nothing more to tell
		t.log("open output for the journal", err)
		view = nil
	}
	s.turns.Go(func() { t.follow(view) })
	return nil
}

// scanLocked reads how far the journal has come with the active run. A new one begins if that is damaged. Requires
// c.mu, and that nobody else has the journal.
func (c *conversation) scanLocked(ctx context.Context, record store.Conversation) (progress, error) {
	done, err := c.journal.scan(record.Active)
	if !errors.Is(err, spool.ErrDamaged) {
		return done, err
	}
	c.service.log.Error("the journal of a conversation is damaged: a new one begins", "conversation", c.id, "error", err)
	anew, err := c.service.renewJournal(ctx, record)
	if err != nil {
		return progress{}, err
	}
	c.journal = anew
	return newProgress(0), nil
}

// giveUpLocked ends a turn whose run's record is lost, so that the conversation can go on. Other faults may be over with
// the next server. Requires c.mu.
func (c *conversation) giveUpLocked(ctx context.Context, record store.Conversation, done progress, why error) error {
	s := c.service
	if _, lost := s.store.Run(ctx, record.Active); !errors.Is(lost, store.ErrNotFound) && !errors.Is(lost, store.ErrDamaged) {
		return why
	}
	s.log.Error("the record of a conversation's run is lost: its turn is over", "conversation", c.id, "run", record.Active, "error", why)
	if _, err := s.store.EndTurn(ctx, c.user, store.TurnEnd{Conversation: c.id, Run: record.Active, Session: record.Session}); err != nil {
		return err
	}
	if !done.complete {
		if err := c.journal.append(lostFrames(record)); err != nil {
			return err
		}
	}
	if _, err := s.store.ClearActive(ctx, c.user, c.id, record.Active); err != nil {
		return err
	}
	c.nextLocked()
	return nil
}

// lostFrames tell that nobody knows how a run has ended.
func lostFrames(record store.Conversation) []schema.ChatFrame {
	end := &schema.Completion{
		ExitCode: 1, State: schema.Interrupted, Code: schema.RunInterrupted, Error: "the server has lost the record of the run", Head: record.Head,
	}
	frames := []schema.ChatFrame{{Kind: schema.KindError, Content: end.Error}, {Kind: schema.KindComplete, Completion: end}}
	for i := range frames {
		frames[i].SessionID, frames[i].RunID, frames[i].Timestamp = record.ID, record.Active, time.Now().UTC()
	}
	return frames
}

// clientMessageID returns what the sender has named the message that a run answers.
func (s *Service) clientMessageID(ctx context.Context, runID string) string {
	record, err := s.store.Run(ctx, runID)
	if err != nil {
		return ""
	}
	_, id, _ := strings.Cut(record.Key, " ") // see Send.key
	return id
}
