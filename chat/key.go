package chat

import (
	"context"
	"errors"
	"maps"
	"sync"

	"spool/schema"
	"spool/store"
)

// keys are the conversations that clients call by a name of their own, by user and key. The
// records have the keys: this only saves reading them all each time.
type keys struct {
	mu    sync.Mutex
	known map[string]map[string]string // guarded by mu; a user's are there once they were read
}

// keyed returns the id of the conversation with a key: SESSION_NOT_FOUND or INTERNAL.
func (s *Service) keyed(ctx context.Context, user, key string) (string, error) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	return s.keyedLocked(ctx, user, key)
}

// OpenKeyed returns the id of the conversation with a key, and makes the conversation if there is none. Errors as for Create.
func (s *Service) OpenKeyed(ctx context.Context, user, key string) (string, error) {
	opened, err := s.createOnce(ctx, user, NewConversation{Title: key, Key: key})
	return opened.ID, err
}

// requestKey is the key of a conversation that a request with an id has made: no session of a client's has a space.
func requestKey(id string) string { return "request " + id }

// CreateRequested is Create for a request that may come again: one of a user's with the same id is the same conversation,
// as long as that is there. Without an id it makes one each time.
func (s *Service) CreateRequested(ctx context.Context, user, id string, n NewConversation) (schema.Conversation, error) {
	if id == "" {
		return s.Create(ctx, user, n)
	}
	n.Key = requestKey(id)
	return s.createOnce(ctx, user, n)
}

// createOnce is Create, unless there is a conversation with that key: then it is that.
func (s *Service) createOnce(ctx context.Context, user string, n NewConversation) (schema.Conversation, error) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	id, err := s.keyedLocked(ctx, user, n.Key)
	if err == nil {
		return s.Get(ctx, user, id)
	}
	if !errors.Is(err, schema.ErrNoSession) {
		return schema.Conversation{}, err
	}
	made, err := s.Create(ctx, user, n)
	if err == nil {
		s.keys.known[user][n.Key] = made.ID
	}
	return made, err
}

// keyedLocked is keyed for who holds the lock. One that was deleted is forgotten.
func (s *Service) keyedLocked(ctx context.Context, user, key string) (string, error) {
	if err := s.readKeysLocked(ctx, user); err != nil {
		return "", err
	}
	id, known := s.keys.known[user][key]
	if !known {
		return "", schema.ErrNoSession
	}
	_, err := s.record(ctx, user, id)
	if errors.Is(err, schema.ErrNoSession) {
		delete(s.keys.known[user], key)
	}
	return id, err
}

// forgetKey forgets the key of a conversation that is gone, if it had one.
func (s *Service) forgetKey(user, id string) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	maps.DeleteFunc(s.keys.known[user], func(_, known string) bool { return known == id })
}

// readKeysLocked reads a user's keys, once.
func (s *Service) readKeysLocked(ctx context.Context, user string) error {
	if s.keys.known[user] != nil {
		return nil
	}
	records, err := s.store.Conversations(ctx, user)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return s.fault("read keys of conversations", err)
	}
	known := map[string]string{}
	for _, record := range records {
		if record.Key != "" {
			known[record.Key] = record.ID
		}
	}
	s.keys.known[user] = known
	return nil
}

// Transcript returns the messages of the conversation with a key; none if there is none.
func (s *Service) Transcript(ctx context.Context, user, key string) ([]schema.Message, error) {
	id, err := s.keyed(ctx, user, key)
	if errors.Is(err, schema.ErrNoSession) {
		return []schema.Message{}, nil
	}
	if err != nil {
		return nil, err
	}
	messages, _, err := s.Messages(ctx, user, id)
	return messages, err
}
