package chat

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"spool/schema"
)

// Service owns all conversations.
type Service struct{}

// NewConversation is how a conversation begins.
type NewConversation struct {
	Title, Icon, System string
	From                string // the id of a message of the user's, at which it branches off; "" begins anew
	Options             schema.ChatOptions
}

// Create makes a conversation.
func (s *Service) Create(ctx context.Context, user string, n NewConversation) (schema.Conversation, error) {
	return schema.Conversation{}, errors.ErrUnsupported
}

// Get returns a conversation: SESSION_NOT_FOUND.
func (s *Service) Get(ctx context.Context, user, id string) (schema.Conversation, error) {
	return schema.Conversation{}, errors.ErrUnsupported
}

// List returns a user's conversations, the latest change first.
func (s *Service) List(ctx context.Context, user string) ([]schema.Conversation, error) {
	return nil, errors.ErrUnsupported
}

// Update is what is to be changed; nil leaves as it is.
type Update struct {
	Title, Icon  *string
	Tags         *[]string
	Starred      *bool
	Head         *string // a message of the conversation: switches between its branches
	ExpectedHead *string
}

// Update changes a conversation: HEAD_MOVED, RUN_IN_PROGRESS (for a head), INVALID_OPTION.
func (s *Service) Update(ctx context.Context, user, id string, u Update) (schema.Conversation, error) {
	return schema.Conversation{}, errors.ErrUnsupported
}

// Delete deletes a conversation. A run of it is aborted first.
func (s *Service) Delete(ctx context.Context, user, id string) error { return errors.ErrUnsupported }

// Messages returns the messages from the root to the head. An empty id is the latest conversation.
func (s *Service) Messages(ctx context.Context, user, id string) ([]schema.Message, schema.Conversation, error) {
	return nil, schema.Conversation{}, errors.ErrUnsupported
}

// Tree returns all messages that a conversation has ever had, the oldest first.
func (s *Service) Tree(ctx context.Context, user, id string) ([]schema.Message, error) {
	return nil, errors.ErrUnsupported
}

// Message returns one message of a user: NOT_FOUND.
func (s *Service) Message(ctx context.Context, user, id string) (schema.Message, error) {
	return schema.Message{}, errors.ErrUnsupported
}

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

// Send accepts a message; what is accepted is on disk. Errors: SESSION_NOT_FOUND,
// RUN_IN_PROGRESS, HEAD_MOVED, INVALID_CONTENT, INVALID_OPTION, FORBIDDEN_OPTION, QUEUE_FULL,
// OVERLOADED, DRAINING, STORAGE_FULL, INTERNAL.
func (s *Service) Send(ctx context.Context, user string, m Send) (Sent, error) {
	return Sent{}, errors.ErrUnsupported
}

// Append adds a user's message that is not answered yet.
func (s *Service) Append(ctx context.Context, user, id, content string) (schema.Message, error) {
	return schema.Message{}, errors.ErrUnsupported
}

// Generate has the agent answer the head, which must be a user's message.
func (s *Service) Generate(ctx context.Context, user, id, model, client string) (Sent, error) {
	return Sent{}, errors.ErrUnsupported
}

// Abort aborts the run of a conversation: NO_ACTIVE_RUN.
func (s *Service) Abort(ctx context.Context, user, id string) error { return errors.ErrUnsupported }

// From says what of a journal a subscriber has.
type From struct {
	LastSeq int64
	Epoch   string // "" if unknown
	History bool   // finished runs are replayed too
}

// Subscription is a place in a conversation's journal. It belongs to one goroutine.
type Subscription struct {
	Conversation string
	Ack          schema.Subscribed // to be sent first
}

// Subscribe begins to follow a conversation's journal. notify is called, from any goroutine and
// without blocking, when there may be more.
func (s *Service) Subscribe(ctx context.Context, user, id string, from From, notify func()) (*Subscription, error) {
	return nil, errors.ErrUnsupported
}

// Next returns the next frame, valid until the next call, or io.EOF if there is none now.
func (s *Subscription) Next() ([]byte, error) { return nil, errors.ErrUnsupported }

// Close ends it.
func (s *Subscription) Close() {}

// Event tells of a conversation of a user.
type Event struct {
	Conversation string
	Created      bool
	Deleted      bool
	Messages     bool                // its messages or head have changed
	Session      schema.Conversation // as it is now, unless deleted
	// Ended is the id of a run that has just ended, with what it came to.
	Ended  string
	Answer *schema.Message // its answer, nil if there is none
	Err    *schema.Error   // why it failed; nil for a success
}

// Watch calls notify for every change of a user's conversations, in order, without blocking,
// until stop is called.
func (s *Service) Watch(user string, notify func(Event)) (stop func()) { return func() {} }

// Search finds messages and titles.
func (s *Service) Search(ctx context.Context, user, query string, limit int) ([]schema.Found, error) {
	return nil, errors.ErrUnsupported
}

// Export returns a conversation as JSON or Markdown (format "json", "markdown").
func (s *Service) Export(ctx context.Context, user, id, format string) (content []byte, err error) {
	return nil, errors.ErrUnsupported
}

// UsageQuery says which usage is asked for, and what is told apart: day, model, conversation, meta.
type UsageQuery struct {
	By                        []string
	From, To                  time.Time
	Conversation, Meta, Model string
}

// Usage returns what runs took.
func (s *Service) Usage(ctx context.Context, user string, q UsageQuery) ([]schema.UsageRow, error) {
	return nil, errors.ErrUnsupported
}

// Approvals returns the open requests for approvals, of one conversation or of all ("").
func (s *Service) Approvals(ctx context.Context, user, conversation string) ([]schema.Approval, error) {
	return nil, errors.ErrUnsupported
}

// Decide answers a request for an approval: NOT_FOUND, APPROVAL_GONE, INVALID_OPTION.
func (s *Service) Decide(ctx context.Context, user, id string, d schema.Decision, by string) (schema.Approval, error) {
	return schema.Approval{}, errors.ErrUnsupported
}

var _ jsontext.Value
