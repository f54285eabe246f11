package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"spool/schema"
)

// Turn is what a run answers in a conversation.
type Turn struct {
	Conversation string
	// Message is the prompt, a child of Parent. One without an id is none: the run answers Parent again.
	// Its run, user and parent are set here.
	Message Message
	Parent  string
	Expect  *string // the head that the conversation must have; nil lets it have any
	Queued  string  // id of the queued message that this is; "" for none
}

// TurnEnd is what a run leaves in its conversation.
type TurnEnd struct {
	Conversation, Run string
	Answer            *Message // its role, parent, id, run and user are set here; nil is none
	// Session is where the agent has the conversation now, and SessionHead the message that it is at there, empty if
	// nobody knows. Without a session both stay as they were.
	Session, SessionHead string
}

// InsertTurn adds a run with what it answers, all or nothing, and returns when it is on disk: the message is
// in the conversation and its head, and the run is the active one. [ErrNotFound] says that the run's user has no
// such conversation, or that it has no such parent or queued message; [ErrActive], [ErrMoved] and [ErrKeyTaken] as they say.
func (s *Store) InsertTurn(ctx context.Context, run Run, t Turn) (Conversation, error) {
	run.Owner, run.Epoch = s.owner, s.epoch
	row, err := encode(run)
	var c Conversation
	if err == nil {
		c, err = s.changeConversation(ctx, run.User, t.Conversation, func(tx transaction, c *Conversation) error {
			return t.begin(tx, c, run, row)
		})
	}
	if err != nil {
		return Conversation{}, fmt.Errorf("insert run %s of conversation %s: %w", run.ID, t.Conversation, err)
	}
	return c, nil
}

// begin checks everything before it writes.
func (t Turn) begin(tx transaction, c *Conversation, run Run, row []any) error {
	if err := t.check(tx, c, run); err != nil {
		return err
	}
	parent, err := member(tx, c, t.Parent)
	if err == nil {
		err = insert(tx, row)
	}
	switch {
	case err != nil:
		return err
	case t.Message.ID != "":
		t.Message.Run = run.ID
		err = add(tx, c, t.Message, parent)
	default:
		c.at(parent)
	}
	c.Active = run.ID
	c.Queue = slices.DeleteFunc(c.Queue, func(q QueuedMessage) bool { return q.ID == t.Queued })
	c.touch(run.CreatedAt)
	return err
}

// check says why a turn cannot begin. Whoever asks again with a key is told that before all else.
func (t Turn) check(tx transaction, c *Conversation, run Run) error {
	switch _, err := runs.readOne(tx.row(selectByKey, run.User, run.Key)); {
	case err == nil:
		return ErrKeyTaken
	case !errors.Is(err, ErrNotFound):
		return err
	case t.Message.ID == "" && t.Parent == "":
		return errors.New("there is nothing to answer")
	}
	if err := free(c, t.Expect); err != nil {
		return err
	}
	if t.Queued != "" && !slices.ContainsFunc(c.Queue, func(q QueuedMessage) bool { return q.ID == t.Queued }) {
		return fmt.Errorf("queued message %s: %w", t.Queued, ErrNotFound)
	}
	return nil
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
