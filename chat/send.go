package chat

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"spool/claude"
	"spool/run"
	"spool/schema"
	"spool/store"
)

// Send is a message that is to be answered.
type Send struct {
	Conversation    string
	Content         string
	ClientMessageID string  // makes it the same as an earlier one with it; "" for none
	ExpectedHead    *string // HEAD_MOVED if the conversation has another one
	Parent          *string // a message of the conversation to branch off at, "" for the root; nil is the head
	Options         schema.ChatOptions
	Meta            string // of the run; "" is CHAT
	Queue           bool   // wait in line while a run goes on
	Interrupt       bool   // abort the run that goes on first
	Client          string // whom places are shared out between
}

// Sent is what became of it.
type Sent struct {
	Run     string // "" if it waits
	Message string // id of the message; "" if it waits
	Queued  int    // place in the line, 1 being next
	Again   bool   // it was sent before
}

// defaultMeta names the work of a message that names none.
const defaultMeta = "CHAT"

var (
	clientIDPattern = regexp.MustCompile(`^[\x21-\x7e]{1,200}$`)
	metaPattern     = regexp.MustCompile(`^[A-Z0-9_\-]{1,64}$`)
)

func (m *Send) check() error {
	if m.Meta == "" {
		m.Meta = defaultMeta
	}
	switch {
	case m.ClientMessageID != "" && !clientIDPattern.MatchString(m.ClientMessageID):
		return invalid("clientMessageId must be 1 to 200 visible ASCII characters")
	case !metaPattern.MatchString(m.Meta):
		return invalid("options.meta may hold only A-Z, 0-9, _ and -, 64 of them at most")
	case m.Parent != nil && *m.Parent != "" && !schema.MessageID.MatchString(*m.Parent):
		return schema.ErrNoMessage
	case m.Parent != nil && (m.Queue || m.Interrupt):
		return invalid("parent does not go with options.queue and options.interrupt: what waits follows what is there by then")
	}
	return checkContent(m.Content)
}

// key is the run's idempotency key: no other request has one with a space.
func (m Send) key() string {
	if m.ClientMessageID == "" {
		return ""
	}
	return m.Conversation + " " + m.ClientMessageID
}

// Send accepts a message; what is accepted is on disk. Errors: SESSION_NOT_FOUND,
// RUN_IN_PROGRESS, HEAD_MOVED, NOT_FOUND (for Parent), INVALID_CONTENT, INVALID_OPTION,
// FORBIDDEN_OPTION, KEY_REUSED, QUEUE_FULL, OVERLOADED, DRAINING, STORAGE_FULL, INTERNAL.
func (s *Service) Send(ctx context.Context, user string, m Send) (Sent, error) {
	c, err := s.acquire(ctx, user, m.Conversation)
	if err != nil {
		return Sent{}, err
	}
	defer s.release(c)
	if err := m.check(); err != nil {
		return Sent{}, err
	}
	if err := s.allow(m.Options); err != nil {
		return Sent{}, err
	}
	if err := c.lock(ctx); err != nil {
		return Sent{}, err
	}
	defer c.mu.Unlock()
	if c.gone {
		return Sent{}, schema.ErrNoSession
	}
	record, err := s.record(ctx, user, m.Conversation)
	if err != nil {
		return Sent{}, err
	}
	if sent, err := c.sentBefore(ctx, record, m); sent.Again || err != nil {
		return sent, err
	}
	if c.turn != nil || len(record.Queue) > 0 {
		return c.lineUpLocked(ctx, m)
	}
	return c.beginLocked(ctx, record, pending{Send: m})
}

// sentBefore looks for an earlier message with the same id.
func (c *conversation) sentBefore(ctx context.Context, record store.Conversation, m Send) (Sent, error) {
	if m.ClientMessageID == "" {
		return Sent{}, nil
	}
	if i := slices.IndexFunc(record.Queue, func(q store.QueuedMessage) bool { return q.ClientMessageID == m.ClientMessageID }); i >= 0 {
		return Sent{Queued: i + 1, Again: true}, sameContent(record.Queue[i].Content, m)
	}
	earlier, err := c.service.store.RunByKey(ctx, c.user, m.key())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Sent{}, nil
	case err != nil:
		return Sent{}, c.service.fault("look for an earlier message", err)
	}
	return Sent{Run: earlier.ID, Message: earlier.Message, Again: true}, sameContent(earlier.Prompt, m)
}

// sameContent refuses a message whose id came with another content before.
func sameContent(before string, m Send) error {
	if before != m.Content {
		return schema.NewError(schema.KeyReused, "this clientMessageId came with another message before")
	}
	return nil
}

// pending is a message that is about to begin a run.
type pending struct {
	Send
	queued string // the id under which it has waited
	given  bool   // the message is in the conversation already, as its head
}

// beginLocked starts the run that answers a message. Requires c.mu, and that no turn goes on.
func (c *conversation) beginLocked(ctx context.Context, record store.Conversation, q pending) (Sent, error) {
	parent := record.Head
	if q.Parent != nil {
		parent = *q.Parent
	}
	message := store.Message{
		Message: schema.Message{Role: schema.RoleUser, Content: q.Content, Parent: parent, CreatedAt: time.Now().UTC()},
		User:    c.user,
	}
	message.ID = store.MessageID(message.Role, message.Content, message.Parent)
	path, err := c.service.store.Path(ctx, c.user, c.id, parent)
	if errors.Is(err, store.ErrNotFound) {
		return Sent{}, schema.ErrNoMessage
	}
	if err != nil {
		return Sent{}, c.service.fault("read messages", err)
	}
	if q.given {
		message = path[len(path)-1]
	} else {
		path = append(path, message)
	}
	return c.submitLocked(ctx, record, q, message, path)
}

// submitLocked hands the turn to package run. Requires c.mu.
func (c *conversation) submitLocked(ctx context.Context, record store.Conversation, q pending, message store.Message, path []store.Message) (Sent, error) {
	s := c.service
	options := overlay(record.Options, q.Options)
	if err := s.allow(options); err != nil { // what was allowed when it was written down may not be any more
		return Sent{}, err
	}
	prompt, wishes := c.ask(path, record, s.wishes(options, record.System))
	turn := &run.Turn{
		Turn: store.Turn{Conversation: c.id, Message: message, Parent: message.Parent, Expect: q.ExpectedHead, Queued: q.queued},
		User: c.user, Prompt: prompt, Wishes: wishes,
	}
	r, view, err := s.runs.Submit(ctx, run.Request{
		Payload: schema.Payload{Prompt: q.Content, Meta: q.Meta, Options: schema.Options{Detach: true, Partial: true, Model: q.Options.Model}},
		Client:  q.Client, Key: q.key(), Turn: turn,
	})
	if errors.Is(err, store.ErrNotFound) {
		return Sent{}, schema.ErrNoMessage
	}
	if err != nil {
		return Sent{}, s.answer("begin run", err)
	}
	c.startLocked(r, view, q.ClientMessageID, message)
	return Sent{Run: r.ID, Message: message.ID}, nil
}

// ask returns what the agent is given for the end of a path of messages, and the wishes with the
// session that it is given in.
func (c *conversation) ask(path []store.Message, record store.Conversation, w claude.Wishes) (string, claude.Wishes) {
	s := c.service
	with := func(b beginning) claude.Wishes {
		w.Session, w.Fork, w.At = b.session, b.fork, b.at
		return w
	}
	b := plan(path, record.Session, record.SessionHead)
	if b.session == "" || s.runs.Keeps(c.id, with(b)) || s.config.HasSession(b.session, filepath.Join(s.config.Workspace, w.Dir), b.last) {
		return b.prompt, with(b)
	}
	b = anew(path)
	return b.prompt, with(b)
}

// Append adds a user's message that is not answered yet. Errors as for Send.
func (s *Service) Append(ctx context.Context, user, id, content string) (schema.Message, error) {
	c, err := s.acquire(ctx, user, id)
	if err != nil {
		return schema.Message{}, err
	}
	defer s.release(c)
	if err := checkContent(content); err != nil {
		return schema.Message{}, err
	}
	if err := c.lock(ctx); err != nil {
		return schema.Message{}, err
	}
	defer c.mu.Unlock()
	if c.turn != nil {
		return schema.Message{}, errInProgress
	}
	record, err := s.record(ctx, user, id)
	if err != nil {
		return schema.Message{}, err
	}
	m := store.Message{
		Message: schema.Message{Role: schema.RoleUser, Content: content, Parent: record.Head, CreatedAt: time.Now().UTC()}, User: user,
	}
	m.ID = store.MessageID(m.Role, m.Content, m.Parent)
	record, err = s.store.AppendMessage(ctx, id, m, record.Head)
	if err != nil {
		return schema.Message{}, s.answer("append message", err)
	}
	s.events.tell(user, Event{Conversation: id, Messages: true, Session: record.Conversation})
	return m.Message, nil
}

// Generate has the agent answer the head, which must be a user's message. Errors as for Send.
func (s *Service) Generate(ctx context.Context, user, id, model, client string) (Sent, error) {
	options := schema.ChatOptions{Model: model}
	if err := s.allow(options); err != nil {
		return Sent{}, err
	}
	c, err := s.acquire(ctx, user, id)
	if err != nil {
		return Sent{}, err
	}
	defer s.release(c)
	if err := c.lock(ctx); err != nil {
		return Sent{}, err
	}
	defer c.mu.Unlock()
	record, err := s.record(ctx, user, id)
	if err != nil {
		return Sent{}, err
	}
	if c.turn != nil {
		return Sent{}, errInProgress
	}
	head, err := s.store.Member(ctx, user, id, record.Head)
	if record.Head == "" || err == nil && head.Role != schema.RoleUser {
		return Sent{}, invalid("there is no message to answer: send one first")
	}
	if err != nil {
		return Sent{}, s.fault("read head", err)
	}
	m := Send{Conversation: id, Content: head.Content, Options: options, Meta: defaultMeta, Client: client}
	return c.beginLocked(ctx, record, pending{Send: m, given: true})
}

// Abort aborts the run of a conversation. What waits in line begins after it. The error is
// NO_ACTIVE_RUN, SESSION_NOT_FOUND or INTERNAL.
func (s *Service) Abort(ctx context.Context, user, id string) error {
	c, err := s.acquire(ctx, user, id)
	if err != nil {
		return err
	}
	defer s.release(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.turn == nil || c.turn.run.State().Final() {
		return schema.NewError(schema.NoActiveRun, "the conversation is not answering")
	}
	c.turn.run.Stop(run.Abort)
	return nil
}
