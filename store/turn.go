package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
