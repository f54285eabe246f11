package store

import (
	"context"
	"fmt"
	"slices"
)

const (
	selectNode = `SELECT ` + nodeColumns + ` FROM `
	// What a conversation c has of its own of a message m is o.
	andMember = ` CROSS JOIN members o ON o.message = m.seq AND o.conversation = c.seq `
	// A message that is asked for without a conversation is told of as the conversation has it that was changed last of
	// those that do.
	asLatest = ` CROSS JOIN conversations c ON c.seq = (
			SELECT have.seq FROM members CROSS JOIN conversations have ON have.seq = members.conversation
			WHERE members.message = m.seq AND have.user_name = $1 ORDER BY have.updated_ms DESC, have.seq DESC LIMIT 1)` + andMember

	selectMessage = selectNode + `messages m` + asLatest + `WHERE m.user_name = $1 AND m.id = $2`
	selectMember  = selectNode + `messages m CROSS JOIN conversations c` + andMember + `
		WHERE m.user_name = $1 AND m.id = $3 AND c.user_name = $1 AND c.id = $2`
	selectMembers = selectNode + `conversations c CROSS JOIN members o ON o.conversation = c.seq CROSS JOIN messages m ON m.seq = o.message
		WHERE c.user_name = $1 AND c.id = $2 AND m.user_name = $1 ORDER BY o.seq`
	// A path is walked from the head, so that it comes out backwards.
	selectPath = `WITH RECURSIVE path (place, before) AS (
			SELECT seq, parent FROM messages WHERE user_name = $1 AND id = $3
			UNION ALL
			SELECT seq, parent FROM path CROSS JOIN messages WHERE user_name = $1 AND id = before AND seq < place)
		` + selectNode + `conversations c CROSS JOIN path CROSS JOIN messages m ON m.seq = place` + andMember + `
		WHERE c.user_name = $1 AND c.id = $2`
	insertMessage = `INSERT INTO messages (` + messageColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`
	insertMember = `INSERT INTO members (conversation, message, ` + memberColumns + `)
		SELECT c.seq, m.seq, $4, $5, $6, $7, $8 FROM conversations c, messages m
		WHERE c.user_name = $1 AND c.id = $2 AND m.user_name = $1 AND m.id = $3 ON CONFLICT DO NOTHING`
)

// Path returns a message of a conversation and all that come before it, the first one first; "" has none. Damaged ones
// are left out and named in an error that wraps [ErrDamaged]. [ErrNotFound] says that the conversation
// has no such message.
func (s *Store) Path(ctx context.Context, user, conversation, head string) ([]Message, error) {
	if head == "" {
		return []Message{}, nil
	}
	path, err := list(ctx, s, messages, 0, selectPath, user, conversation, head)
	path, err = fromRoot(path, head, err)
	if err != nil {
		err = fmt.Errorf("read the messages up to %s: %w", head, err)
	}
	return plain(path), err
}

// history is Path within a transaction, as the conversation has it that was changed last of those that have the head.
func history(tx transaction, user, head string) ([]node, error) {
	if head == "" {
		return nil, nil
	}
	n, err := messages.readOne(tx.row(selectMessage, user, head))
	if err != nil {
		return nil, fmt.Errorf("message %s: %w", head, err)
	}
	rows, err := tx.Query(selectPath, user, n.conversation, head)
	if err != nil {
		return nil, err
	}
	path, err := messages.readAll(rows, 0)
	return fromRoot(path, head, err)
}

// fromRoot turns a path around that was read with an error or without. [ErrNotFound] says that its conversation does not
// have the head.
func fromRoot(path []node, head string, err error) ([]node, error) {
	slices.Reverse(path)
	switch {
	case err != nil:
		return path, err
	case last(path).ID != head:
		return nil, ErrNotFound
	}
	return path, whole(path)
}

// last returns the end of a path, which no message is if there is none.
func last(path []node) node {
	if len(path) == 0 {
		return node{}
	}
	return path[len(path)-1]
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
	n := node{m, c.ID, parent.depth + 1}
	row, err := encodeMessage(n)
	if err != nil {
		return err
	}
	if _, err := tx.exec(insertMessage, row...); err != nil {
		return err
	}
	if err := join(tx, n); err != nil {
		return err
	}
	c.at(n)
	c.entitle(m)
	c.touch(m.CreatedAt)
	return nil
}

// join has a node's conversation keep a message that is there.
func join(tx transaction, n node) error {
	_, err := tx.exec(insertMember, append([]any{n.User, n.conversation, n.ID}, encodeMember(n)...)...)
	return err
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
