package store

import (
	"context"
	"errors"
	"fmt"

	"spool/schema"
)

// TurnEnd is what a run leaves in its conversation.
type TurnEnd struct {
	Conversation, Run string
	Answer            *Message // its role, parent, id, run and user are set here; nil is none
	// Session is where the agent has the conversation now, and SessionHead the message that it is at there, empty if
	// nobody knows. Without a session both stay as they were.
	Session, SessionHead string
}

// EndTurn records how a run has ended in its conversation: it adds the answer as a child of the head, and what the run took,
// as its record says, to what the conversation took. The run stays active until [Store.ClearActive].
// It does nothing if it was done already, and [ErrMoved] says that another run is active.
func (s *Store) EndTurn(ctx context.Context, user string, end TurnEnd) (Conversation, error) {
	c, err := s.changeConversation(ctx, user, end.Conversation, end.apply)
	if err != nil {
		return Conversation{}, fmt.Errorf("end run %s of conversation %s: %w", end.Run, end.Conversation, err)
	}
	return c, nil
}

func (e TurnEnd) apply(tx transaction, c *Conversation) error {
	switch e.Run {
	case c.Ended:
		return nil
	case c.Active:
	default:
		return ErrMoved
	}
	head, err := member(tx, c, c.Head)
	if err == nil && e.Answer != nil {
		err = e.answer(tx, c, head)
	}
	if err != nil {
		return err
	}
	c.Ended = e.Run
	if e.Session != "" {
		c.Session, c.SessionHead = e.Session, e.SessionHead
	}
	return count(tx, c)
}

// answer adds what the run has said.
func (e TurnEnd) answer(tx transaction, c *Conversation, head node) error {
	m := *e.Answer
	m.Role, m.Run = schema.RoleAssistant, e.Run
	m.ID = MessageID(m.Role, m.Content, head.ID)
	return add(tx, c, m, head)
}

// count adds what the ended run took. A run whose record is damaged or gone holds no conversation up:
// it took what nobody knows.
func count(tx transaction, c *Conversation) error {
	run, err := runs.readOne(tx.row(selectRun, c.Ended))
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrDamaged):
		return nil
	case err != nil:
		return err
	}
	if run.EndedAt != nil {
		c.touch(*run.EndedAt)
	}
	if run.Usage != nil {
		c.Usage = plus(c.Usage, *run.Usage)
	}
	return nil
}

// plus adds two usages.
func plus(a, b schema.Usage) schema.Usage {
	return schema.Usage{
		InputTokens: a.InputTokens + b.InputTokens, OutputTokens: a.OutputTokens + b.OutputTokens,
		CacheReadTokens: a.CacheReadTokens + b.CacheReadTokens, CacheCreationTokens: a.CacheCreationTokens + b.CacheCreationTokens,
		Turns: a.Turns + b.Turns, CostUSD: a.CostUSD + b.CostUSD,
	}
}

// ClearActive records that the journal has the end of a run. If another one is active, that stays.
func (s *Store) ClearActive(ctx context.Context, user, conversation, run string) (Conversation, error) {
	return s.ChangeConversation(ctx, user, conversation, func(c *Conversation) error {
		if c.Active == run {
			c.Active = ""
		}
		return nil
	})
}
