package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"spool/schema"
)

// Message is a message as a conversation has it. What its id is made of is the same in all conversations that have it; its
// run, its time, Session and UUID are this conversation's own. It is never changed: one that is said again in the same
// conversation, after the same history, stays as it was the first time.
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

// node is a message of a conversation in its tree.
type node struct {
	Message
	conversation string
	depth        int64 // messages from the root to this one
}

const (
	// messageColumns are what a row holds, besides its seq, that is the same in all conversations.
	messageColumns = "id, user_name, parent, role, content, depth, sum"
	// memberColumns are what a row holds that is a conversation's own.
	memberColumns = "run, session, uuid, created, sum"
	// nodeColumns are both, with the conversation between them: of messages m, conversations c and members o.
	nodeColumns = "m.id, m.user_name, m.parent, m.role, m.content, m.depth, m.sum, c.id, o.run, o.session, o.uuid, o.created, o.sum"
	// nodeColumnCount is how many these are.
	nodeColumnCount = 13
)

// encodeMessage returns a message's row, in the order of messageColumns.
func encodeMessage(n node) ([]any, error) {
	switch {
	case n.Role != schema.RoleUser && n.Role != schema.RoleAssistant:
		return nil, fmt.Errorf("%q is no role", n.Role)
	case n.ID != MessageID(n.Role, n.Content, n.Parent):
		return nil, errors.New("the id is not that of the message")
	}
	row := []any{n.ID, n.User, n.Parent, n.Role, n.Content, n.depth}
	return append(row, messageSum(texts(row))), nil
}

// messageSum is over what the id does not say, and the id.
func messageSum(row []string) string { return sum([]string{row[0], row[1], row[5]}) }

// encodeMember returns what a conversation has of its own of a message, in the order of memberColumns.
func encodeMember(n node) []any {
	row := []any{n.Run, n.Session, n.UUID, n.CreatedAt.UTC().Format(time.RFC3339Nano)}
	return append(row, memberSum(n, texts(row)))
}

// memberSum is over that, and whose it is.
func memberSum(n node, row []string) string {
	return sum(append([]string{n.User, n.conversation, n.ID}, row[:4]...))
}

// decodeNode returns the message of a row that was read as texts, or what is wrong with it.
func decodeNode(row []string) (n node, err error) {
	n.ID, n.User, n.Parent, n.Role, n.Content = row[0], row[1], row[2], row[3], row[4]
	n.conversation, n.Run, n.Session, n.UUID = row[7], row[8], row[9], row[10]
	switch {
	case messageSum(row) != row[6] || n.ID != MessageID(n.Role, n.Content, n.Parent):
		return node{}, errors.New("the sum is another")
	case memberSum(n, row[8:]) != row[12]:
		return node{}, fmt.Errorf("the sum of what conversation %s has of it is another", n.conversation)
	}
	if n.depth, err = strconv.ParseInt(row[5], 10, 64); err != nil {
		return node{}, err
	}
	n.CreatedAt, err = time.Parse(time.RFC3339Nano, row[11])
	return n, err
}

// Message returns a message of a user, as the conversation has it that was changed last of those that do:
// [ErrNotFound], [ErrDamaged].
func (s *Store) Message(ctx context.Context, user, id string) (Message, error) {
	n, err := one(ctx, s, messages, selectMessage, user, id)
	if err != nil {
		return Message{}, fmt.Errorf("read message %s: %w", id, err)
	}
	return n.Message, nil
}

// Member returns a message of a conversation: [ErrNotFound], [ErrDamaged].
func (s *Store) Member(ctx context.Context, user, conversation, id string) (Message, error) {
	n, err := one(ctx, s, messages, selectMember, user, conversation, id)
	if err != nil {
		return Message{}, fmt.Errorf("read message %s of conversation %s: %w", id, conversation, err)
	}
	return n.Message, nil
}
