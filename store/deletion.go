package store

import (
	"context"
	"errors"
	"fmt"
)

const (
	deleteConversation = `DELETE FROM conversations WHERE user_name = $1 AND id = $2`
	// Messages that no other conversation has.
	deleteMessages = `DELETE FROM messages WHERE seq IN (
		SELECT mine.message FROM conversations c JOIN members mine ON mine.conversation = c.seq
		WHERE c.user_name = $1 AND c.id = $2 AND NOT EXISTS (
			SELECT 1 FROM members other WHERE other.message = mine.message AND other.conversation <> mine.conversation))`
	rebuildWords = `INSERT INTO message_words (message_words) VALUES ('rebuild')`
)

// DeleteConversation deletes a conversation, and its messages that no other one has. [ErrActive] says that a
// run is answering.
func (s *Store) DeleteConversation(ctx context.Context, user, id string) error {
	err := s.change(ctx, func(tx transaction) error {
		c, err := conversations.readOne(tx.row(selectConversation, user, id))
		if err == nil {
			err = free(&c, nil)
		}
		if err == nil {
			err = erase(tx, &c)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("delete conversation %s: %w", id, err)
	}
	return nil
}

// erase deletes a conversation with its messages. The index drops the words that a message has, so one that is
// damaged would leave some there, and the index is made anew.
func erase(tx transaction, c *Conversation) error {
	damaged, err := anyDamaged(tx, c)
	if err != nil {
		return err
	}
	for _, statement := range []string{deleteMessages, deleteConversation} {
		if _, err := tx.exec(statement, c.User, c.ID); err != nil {
			return err
		}
	}
	if damaged {
		_, err = tx.Exec(rebuildWords)
	}
	return err
}

// anyDamaged reports whether a message of a conversation is not what was written.
func anyDamaged(tx transaction, c *Conversation) (bool, error) {
	rows, err := tx.Query(selectMembers, c.User, c.ID)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		if _, err := messages.read(rows); errors.Is(err, ErrDamaged) {
			return true, nil
		} else if err != nil {
			return false, err
		}
	}
	return false, rows.Err()
}
