package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"spool/schema"
)

// Message is a message's record. It is never changed: one that is stored again, because the same was
// said after the same history, stays as it was the first time.
type Message struct {
	schema.Message
	User string
	// Session and UUID are where the agent has it, if an agent wrote it: a branch begins there. They
	// never leave the server.
	Session, UUID string
}

// MessageID returns the id of a message: the SHA-256 of its role, content and parent, each with its
// length, so that nothing can be moved from one to another.
func MessageID(role, content, parent string) string {
	return sum([]string{role, content, parent})
}

// node is a message in its tree.
type node struct {
	Message
	depth int64 // messages from the root to this one
}

const (
	// messageColumns are what a row holds besides its seq.
	messageColumns = "id, user_name, parent, role, content, depth, run, session, uuid, created, sum"
	// messageColumnCount is how many these are.
	messageColumnCount = 11
)

// encodeMessage returns a message's row, in the order of messageColumns.
func encodeMessage(n node) ([]any, error) {
	switch {
	case n.Role != schema.RoleUser && n.Role != schema.RoleAssistant:
		return nil, fmt.Errorf("%q is no role", n.Role)
	case n.ID != MessageID(n.Role, n.Content, n.Parent):
		return nil, errors.New("the id is not that of the message")
	}
	created := n.CreatedAt.UTC().Format(time.RFC3339Nano)
	row := []any{n.ID, n.User, n.Parent, n.Role, n.Content, n.depth, n.Run, n.Session, n.UUID, created}
	return append(row, messageSum(texts(row))), nil
}

// messageSum is over what the id does not say, and the id.
func messageSum(row []string) string {
	return sum([]string{row[0], row[1], row[5], row[6], row[7], row[8], row[9]})
}

// decodeMessage returns the message of a row that was read as texts, or what is wrong with it.
func decodeMessage(row []string) (n node, err error) {
	n.ID, n.User, n.Parent, n.Role, n.Content = row[0], row[1], row[2], row[3], row[4]
	n.Run, n.Session, n.UUID = row[6], row[7], row[8]
	if messageSum(row) != row[10] || n.ID != MessageID(n.Role, n.Content, n.Parent) {
		return node{}, errors.New("the sum is another")
	}
	if n.depth, err = strconv.ParseInt(row[5], 10, 64); err != nil {
		return node{}, err
	}
	n.CreatedAt, err = time.Parse(time.RFC3339Nano, row[9])
	return n, err
}

// Message returns a message of a user: [ErrNotFound], [ErrDamaged].
func (s *Store) Message(ctx context.Context, user, id string) (Message, error) {
	n, err := one(ctx, s, messages, selectMessage, user, id)
	if err != nil {
		return Message{}, fmt.Errorf("read message %s: %w", id, err)
	}
	return n.Message, nil
}
