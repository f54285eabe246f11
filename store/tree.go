package store

import (
	"context"
	"fmt"
	"slices"
)

const (
	selectMessage = `SELECT ` + messageColumns + ` FROM messages WHERE user_name = $1 AND id = $2`
	selectMembers = `SELECT ` + messageColumns + ` FROM members CROSS JOIN messages ON seq = message
		WHERE conversation = (SELECT seq FROM conversations WHERE user_name = $1 AND id = $2) AND user_name = $1 ORDER BY message`
	selectMember = `SELECT ` + messageColumns + ` FROM messages WHERE user_name = $1 AND id = $3 AND EXISTS (
		SELECT 1 FROM members JOIN conversations c ON c.seq = members.conversation
		WHERE c.user_name = $1 AND c.id = $2 AND members.message = messages.seq)`
	// A path is walked from the head, so that it comes out backwards.
	walk = `WITH RECURSIVE path (place, before) AS (
			SELECT seq, parent FROM messages WHERE user_name = $1 AND id = $2
			UNION ALL
			SELECT seq, parent FROM path CROSS JOIN messages WHERE user_name = $1 AND id = before AND seq < place) `
	selectPath    = walk + `SELECT ` + messageColumns + ` FROM path CROSS JOIN messages ON seq = place`
	insertMessage = `INSERT INTO messages (` + messageColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`
	insertMember = `INSERT INTO members (conversation, message)
		SELECT c.seq, m.seq FROM conversations c, messages m
		WHERE c.user_name = $1 AND c.id = $2 AND m.user_name = $1 AND m.id = $3 ON CONFLICT DO NOTHING`
	insertPath = walk + `INSERT INTO members (conversation, message)
		SELECT seq, place FROM conversations CROSS JOIN path WHERE user_name = $1 AND id = $3`
)

// Path returns a message and all that come before it, the first one first; "" has none. Damaged ones
// are left out and named in an error that wraps [ErrDamaged]. [ErrNotFound] says that the user
// has no such message.
func (s *Store) Path(ctx context.Context, user, head string) ([]Message, error) {
	if head == "" {
		return []Message{}, nil
	}
	path, err := list(ctx, s, messages, 0, selectPath, user, head)
	slices.Reverse(path)
	switch {
	case err == nil && len(path) == 0:
		err = ErrNotFound
	case err == nil:
		err = whole(path)
	}
	if err != nil {
		err = fmt.Errorf("read the messages up to %s: %w", head, err)
	}
	return plain(path), err
}

// whole returns ErrDamaged if a path does not go from a root from parent to child.
func whole(path []node) error {
	parent := ""
	for i, n := range path {
		if n.Parent != parent || n.depth != int64(i)+1 {
			return fmt.Errorf("%w: what comes before message %q is not there", ErrDamaged, n.ID)
		}
		parent = n.ID
	}
	return nil
}

// Members returns all messages that a conversation has ever had, in all its branches, the oldest first,
// and tells of damaged ones as [Store.Path] does. [ErrNotFound] says that the user has no such conversation.
func (s *Store) Members(ctx context.Context, user, conversation string) ([]Message, error) {
	members, err := list(ctx, s, messages, 0, selectMembers, user, conversation)
	if err == nil && len(members) == 0 {
		_, err = s.Conversation(ctx, user, conversation)
	}
	return plain(members), err
}

// plain returns messages without their places.
func plain(nodes []node) []Message {
	list := make([]Message, len(nodes))
	for i := range nodes {
		list[i] = nodes[i].Message
	}
	return list
}

// member returns a message of a conversation; "" is what the first one is a child of.
func member(tx transaction, c *Conversation, id string) (node, error) {
	if id == "" {
		return node{}, nil
	}
	n, err := messages.readOne(tx.row(selectMember, c.User, c.ID, id))
	if err != nil {
		err = fmt.Errorf("message %s: %w", id, err)
	}
	return n, err
}

// add puts a message into a conversation as a child of parent, and moves the head to it.
func add(tx transaction, c *Conversation, m Message, parent node) error {
	m.User, m.Parent = c.User, parent.ID
	row, err := encodeMessage(node{m, parent.depth + 1})
	if err != nil {
		return err
	}
	if _, err := tx.exec(insertMessage, row...); err != nil {
		return err
	}
	if _, err := tx.exec(insertMember, c.User, c.ID, m.ID); err != nil {
		return err
	}
	c.at(node{m, parent.depth + 1})
	c.entitle(m)
	c.touch(m.CreatedAt)
	return nil
}

// AppendMessage adds a message that no run is asked to answer, and moves the head to it. Its user's conversation
// must have the head that is expected ([ErrMoved]) and no active run ([ErrActive]).
func (s *Store) AppendMessage(ctx context.Context, conversation string, m Message, expect string) (Conversation, error) {
	c, err := s.changeConversation(ctx, m.User, conversation, func(tx transaction, c *Conversation) error {
		if err := free(c, &expect); err != nil {
			return err
		}
		head, err := member(tx, c, c.Head)
		if err != nil {
			return err
		}
		return add(tx, c, m, head)
	})
	if err != nil {
		return Conversation{}, fmt.Errorf("add a message to conversation %s: %w", conversation, err)
	}
	return c, nil
}

// free says whether something may be added to a conversation by somebody who expects a head; nil is any.
func free(c *Conversation, expect *string) error {
	switch {
	case c.Active != "":
		return ErrActive
	case expect != nil && *expect != c.Head:
		return ErrMoved
	}
	return nil
}
