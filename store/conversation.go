package store

import (
	"errors"
	"strings"
	"time"
	"unicode"

	"spool/schema"
)

// Conversation is a conversation's record: what clients may see, and what only the server needs. Its
// times are kept in UTC. Run and Queued are not kept: they are set from Active and Queue when it is read.
type Conversation struct {
	schema.Conversation
	User        string          `json:"user,omitempty"`        // owner; "" as long as nobody logs in
	Key         string          `json:"key,omitempty"`         // what its client calls it; "" for most
	Renamed     bool            `json:"renamed,omitzero"`      // the title was given by somebody; else it is the first prompt's
	Epoch       string          `json:"epoch,omitempty"`       // of its journal
	Active      string          `json:"active,omitempty"`      // run whose complete frame is not in the journal yet
	Ended       string          `json:"ended,omitempty"`       // the last run whose end is in here
	Session     string          `json:"session,omitempty"`     // the agent's own session id; never leaves the server
	SessionHead string          `json:"sessionHead,omitempty"` // message that this session is at
	Queue       []QueuedMessage `json:"queue,omitempty"`       // what waits for the run, the next one first
}

// QueuedMessage is a message that waits until the run before it has ended.
type QueuedMessage struct {
	ID              string             `json:"id"`
	ClientMessageID string             `json:"clientMessageId,omitempty"`
	Content         string             `json:"content"`
	Options         schema.ChatOptions `json:"options,omitzero"`
	Meta            string             `json:"meta,omitempty"`
	Client          string             `json:"client,omitempty"`
	At              time.Time          `json:"at"`
}

// conversationColumns are what a row holds besides its seq.
const conversationColumns = "id, user_name, title, updated_ms, busy, record, sum"

// conversationColumnCount is how many these are.
const conversationColumnCount = 7

// maxGivenTitle is how much of the first prompt becomes a title, in characters.
const maxGivenTitle = 80

// searched returns the columns of a conversation up to its document.
func (c *Conversation) searched() []any {
	busy := int64(0)
	if c.Active != "" || len(c.Queue) > 0 {
		busy = 1
	}
	return []any{c.ID, c.User, c.Title, c.UpdatedAt.UnixMilli(), busy}
}

// encodeConversation returns a conversation's row, in the order of conversationColumns.
func encodeConversation(c Conversation) ([]any, error) {
	if c.ID == "" {
		return nil, errors.New("the conversation has no id")
	}
	c.Run, c.Queued = "", 0
	c.Title = strings.ToValidUTF8(c.Title, "\uFFFD")
	c.CreatedAt, c.UpdatedAt = c.CreatedAt.UTC(), c.UpdatedAt.UTC()
	return sealed(c.searched(), &c)
}

// decodeConversation returns the conversation of a row that was read as texts, or what is wrong with it.
func decodeConversation(row []string) (c Conversation, err error) {
	err = unseal(row, &c, func() []any { return c.searched() })
	c.derive()
	return c, err
}

// derive sets what is not kept.
func (c *Conversation) derive() { c.Run, c.Queued = c.Active, len(c.Queue) }

// at moves the head to a message, and sets what is told of it.
func (c *Conversation) at(head node) {
	c.Head, c.MessageCount, c.Preview = head.ID, int(head.depth), preview(head.Content)
}

// entitle gives the conversation the title of a prompt, unless it has one.
func (c *Conversation) entitle(m Message) {
	if m.Role == schema.RoleUser && c.Title == "" && !c.Renamed {
		first, _, _ := strings.Cut(strings.TrimSpace(m.Content), "\n")
		c.Title = strings.TrimSpace(cut(strings.Join(strings.FieldsFunc(first, isBreak), " "), maxGivenTitle))
	}
}

// isBreak is for what no title has.
func isBreak(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// touch has the conversation changed at a time, and never earlier than it was.
func (c *Conversation) touch(at time.Time) {
	if at.After(c.UpdatedAt) {
		c.UpdatedAt = at.UTC()
	}
}

// preview returns a text as a list shows it: on one line, and not all of it.
func preview(content string) string {
	return cut(strings.Join(strings.Fields(content), " "), schema.MaxPreviewLength)
}

// cut returns the first n characters of a text.
func cut(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}
