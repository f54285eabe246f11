package chat

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"spool/run"
	"spool/schema"
	"spool/store"
)

// NewConversation is how a conversation begins.
type NewConversation struct {
	Title, Icon, System string // a blank title is none
	Key                 string // what its client calls it; see [Service.OpenKeyed] and [Service.CreateRequested]
	From                string // the id of a message of the user's, at which it branches off; "" begins anew
	Options             schema.ChatOptions
}

// Create makes a conversation. The error is INVALID_OPTION, FORBIDDEN_OPTION, NOT_FOUND (for
// From), STORAGE_FULL or INTERNAL.
func (s *Service) Create(ctx context.Context, user string, n NewConversation) (schema.Conversation, error) {
	if err := s.checkNew(n); err != nil {
		return schema.Conversation{}, err
	}
	if strings.TrimSpace(n.Title) == "" {
		n.Title = ""
	}
	ctx = context.WithoutCancel(ctx) // who asks may leave meanwhile: what has begun is brought to an end all the same
	now := time.Now().UTC()
	c := store.Conversation{
		Conversation: schema.Conversation{
			ID: "conv-" + strings.ToLower(rand.Text()), Title: n.Title, Icon: n.Icon, Tags: []string{}, System: n.System,
			Options: n.Options, CreatedAt: now, UpdatedAt: now, Head: n.From,
		},
		User: user, Key: n.Key, Renamed: n.Title != "", Epoch: newEpoch(),
	}
	if err := createJournal(s.journalDir(), c.ID, c.Epoch); err != nil {
		return schema.Conversation{}, s.fault("make journal", err)
	}
	if err := s.store.InsertConversation(ctx, c); err != nil {
		_ = os.Remove(journalPath(s.journalDir(), c.ID, c.Epoch))
		return schema.Conversation{}, s.unmade(err)
	}
	made, err := s.Get(ctx, user, c.ID)
	if err == nil {
		s.events.tell(user, Event{Conversation: c.ID, Created: true, Session: made})
	}
	return made, err
}

// unmade says why a conversation was not made.
func (s *Service) unmade(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return schema.ErrNoMessage
	}
	return s.answer("make conversation", err)
}

func (s *Service) checkNew(n NewConversation) error {
	switch {
	case len(n.System) > schema.MaxSystemBytes || !utf8.ValidString(n.System) || strings.ContainsRune(n.System, 0):
		return invalid("system must be at most 16384 bytes of UTF-8 without NUL")
	case n.From != "" && !schema.MessageID.MatchString(n.From):
		return schema.ErrNoMessage
	}
	return errors.Join(checkLabel("title", n.Title, schema.MaxTitleLength), checkLabel("icon", n.Icon, schema.MaxIconLength), s.allow(n.Options))
}

// Get returns a conversation. The error is SESSION_NOT_FOUND or INTERNAL.
func (s *Service) Get(ctx context.Context, user, id string) (schema.Conversation, error) {
	record, err := s.record(ctx, user, id)
	return record.Conversation, err
}

// List returns a user's conversations, the latest change first.
func (s *Service) List(ctx context.Context, user string) ([]schema.Conversation, error) {
	records, err := s.store.Conversations(ctx, user)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return nil, s.fault("list conversations", err)
	}
	if err != nil {
		s.log.Error("list conversations: some are left out", "error", err)
	}
	list := make([]schema.Conversation, len(records))
	for i, record := range records {
		list[i] = record.Conversation
	}
	return list, nil
}

// Update is what is to be changed; nil leaves as it is.
type Update struct {
	Title, Icon  *string
	Tags         *[]string
	Starred      *bool
	Head         *string // a message of the conversation: switches between its branches
	ExpectedHead *string
}

// Update changes a conversation: HEAD_MOVED, RUN_IN_PROGRESS (for a head), INVALID_OPTION,
// NOT_FOUND (for a head), SESSION_NOT_FOUND, INTERNAL.
func (s *Service) Update(ctx context.Context, user, id string, u Update) (schema.Conversation, error) {
	if err := u.check(); err != nil {
		return schema.Conversation{}, err
	}
	c, err := s.acquire(ctx, user, id)
	if err != nil {
		return schema.Conversation{}, err
	}
	defer s.release(c)
	if err := c.lock(ctx); err != nil {
		return schema.Conversation{}, err
	}
	defer c.mu.Unlock()
	if u.Head != nil && c.turn != nil {
		return schema.Conversation{}, errInProgress
	}
	record, err := s.store.ChangeConversation(ctx, user, id, u.apply)
	if errors.Is(err, store.ErrNotFound) && u.Head != nil {
		return schema.Conversation{}, schema.ErrNoMessage
	}
	if err != nil {
		return schema.Conversation{}, s.answer("change conversation", err)
	}
	s.events.tell(user, Event{Conversation: id, Messages: u.Head != nil, Session: record.Conversation})
	return record.Conversation, nil
}

func (u Update) check() error {
	var errs []error
	if u.Title != nil {
		errs = append(errs, checkLabel("title", *u.Title, schema.MaxTitleLength))
		if strings.TrimSpace(*u.Title) == "" {
			errs = append(errs, invalid("title must not be blank"))
		}
	}
	if u.Icon != nil {
		errs = append(errs, checkLabel("icon", *u.Icon, schema.MaxIconLength))
	}
	if u.Tags != nil {
		errs = append(errs, checkTags(*u.Tags))
	}
	return errors.Join(errs...)
}

func checkTags(tags []string) error {
	if len(tags) > schema.MaxTags {
		return invalid("tags must be at most 32")
	}
	for _, tag := range tags {
		if strings.TrimSpace(tag) == "" {
			return invalid("a tag must not be blank")
		}
		if err := checkLabel("a tag", tag, schema.MaxTagLength); err != nil {
			return err
		}
	}
	return nil
}

func (u Update) apply(c *store.Conversation) error {
	if u.ExpectedHead != nil && *u.ExpectedHead != c.Head {
		return store.ErrMoved
	}
	if u.Title != nil {
		c.Title, c.Renamed = *u.Title, true
	}
	if u.Icon != nil {
		c.Icon = *u.Icon
	}
	if u.Tags != nil {
		c.Tags = unique(*u.Tags)
	}
	if u.Starred != nil {
		c.Starred = *u.Starred
	}
	if u.Head != nil {
		c.Head = *u.Head
	}
	c.UpdatedAt = time.Now().UTC()
	return nil
}

// unique returns tags without repetition, in their order.
func unique(tags []string) []string {
	kept := []string{}
	for _, tag := range tags {
		if tag = strings.TrimSpace(tag); !slices.Contains(kept, tag) {
			kept = append(kept, tag)
		}
	}
	return kept
}

// Delete deletes a conversation with everything that no other one has. A run of it is aborted,
// and has ended before. The error is SESSION_NOT_FOUND or INTERNAL.
func (s *Service) Delete(ctx context.Context, user, id string) error {
	c, err := s.acquire(ctx, user, id)
	if err != nil {
		return err
	}
	defer s.release(c)
	if err := c.stop(ctx); err != nil {
		return err
	}
	defer c.mu.Unlock()
	if err := s.store.DeleteConversation(ctx, user, id); err != nil {
		c.gone = false
		return s.answer("delete conversation", err)
	}
	s.runs.LetGo(id)
	s.forgetKey(user, id)
	if err := os.Remove(c.journal.path); err != nil {
		s.log.Warn("remove journal", "conversation", id, "error", err)
	}
	s.events.tell(user, Event{Conversation: id, Deleted: true})
	return nil
}

// stop ends what goes on in a conversation and lets nothing begin any more. Without an error the
// caller has c.mu.
func (c *conversation) stop(ctx context.Context) error {
	c.mu.Lock()
	for c.turn != nil {
		t := c.turn
		c.gone = true // its end begins nothing
		c.mu.Unlock()
		t.run.Stop(run.Abort)
		select {
		case <-t.over:
		case <-ctx.Done():
			c.mu.Lock()
			c.gone = false
			c.mu.Unlock()
			return c.service.fault("end run of a conversation that is deleted", context.Cause(ctx))
		}
		c.mu.Lock()
	}
	c.gone = true
	return nil
}

// Messages returns the messages from the root to the head, and the conversation. An empty id is
// the one that changed last. The error is SESSION_NOT_FOUND or INTERNAL.
func (s *Service) Messages(ctx context.Context, user, id string) ([]schema.Message, schema.Conversation, error) {
	if id == "" {
		list, err := s.List(ctx, user)
		if err != nil || len(list) == 0 {
			return []schema.Message{}, schema.Conversation{}, err
		}
		id = list[0].ID
	}
	record, err := s.record(ctx, user, id)
	if err != nil {
		return nil, schema.Conversation{}, err
	}
	path, err := s.store.Path(ctx, user, id, record.Head)
	if err != nil {
		return nil, schema.Conversation{}, s.fault("read messages", err)
	}
	return asMessages(path), record.Conversation, nil
}

// Tree returns all messages that a conversation has ever had, the oldest first.
func (s *Service) Tree(ctx context.Context, user, id string) ([]schema.Message, error) {
	if _, err := s.record(ctx, user, id); err != nil {
		return nil, err
	}
	all, err := s.store.Members(ctx, user, id)
	if err != nil {
		return nil, s.fault("read messages", err)
	}
	return asMessages(all), nil
}

// Message returns one message of a user, as the conversation has it that was changed last of those that do: NOT_FOUND or
// INTERNAL.
func (s *Service) Message(ctx context.Context, user, id string) (schema.Message, error) {
	if !schema.MessageID.MatchString(id) {
		return schema.Message{}, schema.ErrNoMessage
	}
	m, err := s.store.Message(ctx, user, id)
	if errors.Is(err, store.ErrNotFound) {
		return schema.Message{}, schema.ErrNoMessage
	}
	if err != nil {
		return schema.Message{}, s.fault("read message", err)
	}
	return m.Message, nil
}

func asMessages(messages []store.Message) []schema.Message {
	list := make([]schema.Message, len(messages))
	for i, m := range messages {
		list[i] = m.Message
	}
	return list
}
