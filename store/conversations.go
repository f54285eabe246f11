package store

import (
	"context"
	"errors"
	"fmt"
)

const (
	selectConversation  = `SELECT ` + conversationColumns + ` FROM conversations WHERE user_name = $1 AND id = $2`
	selectConversations = `SELECT ` + conversationColumns + ` FROM conversations WHERE user_name = $1 ORDER BY updated_ms DESC, seq DESC`
	selectIDs           = `SELECT id FROM conversations`
	selectBusy          = `SELECT ` + conversationColumns + ` FROM conversations WHERE busy = 1 ORDER BY seq`
	insertConversation  = `INSERT INTO conversations (` + conversationColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`
	updateConversation = `UPDATE conversations SET title = $3, updated_ms = $4, busy = $5, record = $6, sum = $7
		WHERE user_name = $2 AND id = $1`
)

// InsertConversation adds a conversation and returns when it is on disk. One that has a head begins as a branch: it gets
// that message and all that come before it, as the conversation has them that was changed last of those that have the
// head. [ErrNotFound] says that its user has no such message, [ErrDamaged] that its history is damaged.
func (s *Store) InsertConversation(ctx context.Context, c Conversation) error {
	err := s.change(ctx, func(tx transaction) error { return begin(tx, c) })
	if err != nil {
		return fmt.Errorf("insert conversation %s: %w", c.ID, err)
	}
	return nil
}

// begin makes a conversation.
func begin(tx transaction, c Conversation) error {
	path, err := history(tx, c.User, c.Head)
	if err != nil {
		return err
	}
	c.at(last(path))
	row, err := encodeConversation(c)
	if err != nil {
		return err
	}
	switch added, err := tx.exec(insertConversation, row...); {
	case err != nil:
		return err
	case added == 0:
		return errSameID
	}
	for _, n := range path {
		n.conversation = c.ID
		if err := join(tx, n); err != nil {
			return err
		}
	}
	return nil
}

// Conversation returns a conversation of a user: [ErrNotFound], [ErrDamaged].
func (s *Store) Conversation(ctx context.Context, user, id string) (Conversation, error) {
	c, err := one(ctx, s, conversations, selectConversation, user, id)
	if err != nil {
		return Conversation{}, fmt.Errorf("read conversation %s: %w", id, err)
	}
	return c, nil
}

// Conversations returns all conversations of a user, the one that was changed last first, and tells of
// damaged ones as [Store.Runs] does.
func (s *Store) Conversations(ctx context.Context, user string) ([]Conversation, error) {
	return list(ctx, s, conversations, 0, selectConversations, user)
}

// ConversationIDs returns the ids of all conversations of all users, also of damaged ones.
func (s *Store) ConversationIDs(ctx context.Context) ([]string, error) {
	rows, err := s.readers.QueryContext(ctx, selectIDs)
	if err != nil {
		return nil, fmt.Errorf("list ids of conversations: %w", s.reading(ctx, err))
	}
	defer rows.Close()
	ids := []string{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list ids of conversations: %w", s.reading(ctx, err))
		}
		ids = append(ids, id)
	}
	return ids, s.reading(ctx, rows.Err())
}

// ActiveConversations returns the conversations of all users in which a run is active or messages wait,
// the oldest first, and tells of damaged ones as [Store.Runs] does.
func (s *Store) ActiveConversations(ctx context.Context) ([]Conversation, error) {
	return list(ctx, s, conversations, 0, selectBusy)
}

// ChangeConversation has a conversation changed by a function, which may be called more than once. What the
// function fails with is returned as it is, and nothing was changed then. It may move the head to a
// message that the conversation has ([ErrNotFound]); what is told of the head follows.
func (s *Store) ChangeConversation(ctx context.Context, user, id string, change func(*Conversation) error) (Conversation, error) {
	c, err := s.changeConversation(ctx, user, id, func(tx transaction, c *Conversation) error {
		before := c.Head
		if err := change(c); err != nil {
			return refused{err}
		}
		if c.User, c.ID = user, id; c.Head == before {
			return nil
		}
		head, err := member(tx, c, c.Head)
		c.at(head)
		return err
	})
	var no refused
	switch {
	case errors.As(err, &no):
		return Conversation{}, no.error
	case err != nil:
		return Conversation{}, fmt.Errorf("change conversation %s: %w", id, err)
	}
	return c, nil
}

// changeConversation reads a conversation, has it changed within a transaction, and returns it as it is kept.
// Work writes nothing before it is sure that it gives no answer.
func (s *Store) changeConversation(ctx context.Context, user, id string, work func(transaction, *Conversation) error) (Conversation, error) {
	var kept Conversation
	err := s.change(ctx, func(tx transaction) error {
		c, err := conversations.readOne(tx.row(selectConversation, user, id))
		if err == nil {
			err = work(tx, &c)
		}
		if err == nil {
			kept, err = save(tx, c)
		}
		return err
	})
	if err != nil {
		return Conversation{}, err // and whatever the writer is still doing with kept
	}
	return kept, nil
}

// save replaces the record of a conversation, and returns what will be read.
func save(tx transaction, c Conversation) (Conversation, error) {
	row, err := encodeConversation(c)
	if err != nil {
		return Conversation{}, err
	}
	if _, err := tx.exec(updateConversation, row...); err != nil {
		return Conversation{}, err
	}
	return decodeConversation(texts(row))
}
