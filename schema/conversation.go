package schema

import (
	"regexp"
	"time"
)

// ConversationID is what a conversation's id looks like, MessageID a message's: the SHA-256
// of what it is. ApprovalID is what a request for an approval is called.
var (
	ConversationID = regexp.MustCompile(`^conv-[a-z2-7]{26}$`)
	MessageID      = regexp.MustCompile(`^[0-9a-f]{64}$`)
	ApprovalID     = regexp.MustCompile(`^apr_[a-z2-7]{26}$`)
)

// Limits of conversations.
const (
	// MaxContentBytes bounds one message of a user.
	MaxContentBytes = 48 << 10
	// MaxTitleLength, MaxIconLength and MaxTagLength bound labels, in characters.
	MaxTitleLength = 200
	MaxIconLength  = 16
	MaxTagLength   = 64
	// MaxTags bounds the tags of a conversation.
	MaxTags = 32
	// MaxSystemBytes bounds a system prompt.
	MaxSystemBytes = 16 << 10
	// MaxPathBytes bounds the name of a directory.
	MaxPathBytes = 4 << 10
	// MaxQueued bounds the messages that wait in one conversation.
	MaxQueued = 32
	// MaxPreviewLength is how much of the last message a list shows, in characters.
	MaxPreviewLength = 160
)

// Conversation is what is told of a conversation.
type Conversation struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Icon    string   `json:"icon,omitempty"`
	Tags    []string `json:"tags"`
	Starred bool     `json:"starred"`
	// System is its system prompt, Options what its turns are run with; both are chosen when it
	// is made.
	System  string      `json:"system,omitempty"`
	Options ChatOptions `json:"options,omitzero"`

	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	// Head is the id of its last message, empty if it has none.
	Head         string `json:"head,omitempty"`
	MessageCount int    `json:"messageCount"` // from the root to the head
	Preview      string `json:"lastMessagePreview,omitempty"`
	// Run is the run that is answering now, Queued how many messages wait behind it.
	Run    string `json:"run,omitempty"`
	Queued int    `json:"queued,omitzero"`
	// Usage is what all its turns took.
	Usage Usage `json:"usage"`
}

// ChatOptions are how a turn is run. In a conversation they hold for all turns, in a message
// for that one. What the server does not allow is FORBIDDEN_OPTION.
type ChatOptions struct {
	Model          string  `json:"model,omitempty"`
	Effort         string  `json:"effort,omitempty"`         // low, medium, high, xhigh or max
	PermissionMode string  `json:"permissionMode,omitempty"` // one of the CLI's
	MaxBudgetUSD   float64 `json:"maxBudgetUsd,omitzero"`
	Cwd            string  `json:"cwd,omitempty"` // a directory in the workspace, relative to it
}

// Message is one message of a conversation. Its id is the SHA-256 of its role, its content and its parent: the same
// message with the same history has the same id. Run and CreatedAt are each conversation's own.
type Message struct {
	ID      string `json:"id"`
	Role    string `json:"role"` // user or assistant
	Content string `json:"content"`
	Parent  string `json:"parent,omitempty"` // empty for the first one
	// Run is the run that it began or came from, empty for one that began none.
	Run       string    `json:"run,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
}

// The roles of messages.
const (
	RoleUser      = "user"
	RoleAssistant = "assistant"
)

// Found is one result of a search.
type Found struct {
	Conversation string    `json:"conversation"`
	Title        string    `json:"title"`
	Message      string    `json:"message,omitempty"` // empty if the title was found
	Role         string    `json:"role,omitempty"`
	Snippet      string    `json:"snippet"` // plain text around what was found, each hit between U+E000 and U+E001
	At           time.Time `json:"at"`
}

// UsageRow is what turns took that have something in common: what was asked to be told apart.
type UsageRow struct {
	Day          string `json:"day,omitempty"` // 2026-11-26, UTC
	Model        string `json:"model,omitempty"`
	Conversation string `json:"conversation,omitempty"`
	Meta         string `json:"meta,omitempty"`
	Runs         int64  `json:"runs"`
	Usage
}
