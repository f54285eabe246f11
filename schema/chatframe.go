package schema

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Kind is what a frame of the chat socket tells.
type Kind string

// Frames of a conversation's journal: each has an id, a seq and a run.
const (
	KindText                Kind = "text"                 // role, content: a whole message, or a whole block of one
	KindThinking            Kind = "thinking"             // content
	KindToolUse             Kind = "tool_use"             // toolId, toolName, toolInput
	KindToolResult          Kind = "tool_result"          // toolId, toolResult
	KindStreamDelta         Kind = "stream_delta"         // content: some of a block that is being written
	KindStreamEnd           Kind = "stream_end"           // the block is written; its whole comes as text
	KindPermissionRequest   Kind = "permission_request"   // requestId, toolName, input, context
	KindPermissionCancelled Kind = "permission_cancelled" // requestId, reason: it is open no more
	KindStatus              Kind = "status"               // text, status
	KindError               Kind = "error"                // content
	KindComplete            Kind = "complete"             // the end of a run; exactly one for each
)

// Frames that are not in a journal.
const (
	KindChatSubscribed  Kind = "chat_subscribed"
	KindSessionUpserted Kind = "session_upserted"
	KindSessionDeleted  Kind = "session_deleted"
	KindLoadingProgress Kind = "loading_progress"
	KindProtocolError   Kind = "protocol_error"
)

// ChatFrame is a frame of a conversation's journal. What a kind does not have is left out.
type ChatFrame struct {
	Kind      Kind      `json:"kind"`
	ID        string    `json:"id"` // of this frame: "<sessionId>:<seq>"
	Seq       int64     `json:"seq"`
	SessionID string    `json:"sessionId"`
	RunID     string    `json:"runId"`
	Timestamp time.Time `json:"timestamp"`
	// Line is the number of the line of the run's output that the frame came from, 0 for one that
	// came from none.
	Line int64 `json:"line,omitzero"`

	Role    string `json:"role,omitempty"`
	Content string `json:"content,omitempty"`
	// MessageID is the id of a message that is in the conversation, ClientMessageID what its sender
	// has named it.
	MessageID       string `json:"messageId,omitempty"`
	ClientMessageID string `json:"clientMessageId,omitempty"`
	// Parent is the message before this one, empty for a first one; nil for what is no user's message.
	Parent *string `json:"parent,omitzero"`

	ToolID     string         `json:"toolId,omitempty"`
	ToolName   string         `json:"toolName,omitempty"`
	ToolInput  jsontext.Value `json:"toolInput,omitzero"`
	ToolResult *ToolResult    `json:"toolResult,omitempty"`
	// ParentToolID is set for what a nested agent says: the tool call that started it.
	ParentToolID string `json:"parentToolId,omitempty"`

	RequestID string           `json:"requestId,omitempty"` // an [Approval]'s id
	Input     jsontext.Value   `json:"input,omitzero"`
	Context   *ApprovalContext `json:"context,omitempty"`
	Reason    string           `json:"reason,omitempty"`

	Text     string `json:"text,omitempty"`
	Status   string `json:"status,omitempty"`
	Position int    `json:"position,omitzero"`
	// InSeconds is how soon the run will be ended, with the status deadline.
	InSeconds int `json:"inSeconds,omitzero"`

	*Completion
	Cut *Cut `json:"cut,omitempty"`
}

// DecodeFrame reads a frame of a journal.
func DecodeFrame(text []byte) (frame ChatFrame, err error) {
	return frame, json.Unmarshal(text, &frame, encodeOptions)
}

// Completion is what a complete frame tells.
type Completion struct {
	// ExitCode is 0 for a success, and 1 otherwise: the process goes on living.
	ExitCode int     `json:"exitCode"`
	Aborted  bool    `json:"aborted"`
	Success  bool    `json:"success"`
	Result   string  `json:"result"`
	Usage    *Usage  `json:"usage,omitempty"`
	CostUSD  float64 `json:"costUsd"`
	State    State   `json:"state"`
	Code     Code    `json:"code,omitempty"`
	Error    string  `json:"error,omitempty"`
	Head     string  `json:"head,omitempty"` // the conversation's
	Stop     *Stop   `json:"stop,omitempty"`
}

// ToolResult is what a tool has answered.
type ToolResult struct {
	Content string `json:"content"`
	IsError bool   `json:"isError"`
}

// Cut says that a frame does not have all of a line: GET /api/runs/{run}/lines?from=&to= does.
type Cut struct {
	Run   string `json:"run"`
	Line  int64  `json:"line"`
	Bytes int64  `json:"bytes"` // of the line
}

// MaxFieldBytes bounds each text of a frame; MaxParsedBytes is how long a line may be to be read
// for frames at all.
const (
	MaxFieldBytes  = 256 << 10
	MaxParsedBytes = 8 << 20
)

// Subscribed answers a subscription, before anything of the journal.
type Subscribed struct {
	Kind         Kind      `json:"kind"` // chat_subscribed
	SessionID    string    `json:"sessionId"`
	Timestamp    time.Time `json:"timestamp"`
	IsProcessing bool      `json:"isProcessing"`
	RunID        string    `json:"runId,omitempty"`
	// LastSeq is the last frame that the journal has now, Floor the first one that is kept.
	LastSeq            int64               `json:"lastSeq"`
	Floor              int64               `json:"floor"`
	Epoch              string              `json:"epoch"`
	PendingPermissions []PendingPermission `json:"pendingPermissions"`
	// Replay is complete if everything behind the client's lastSeq follows. With reset the client
	// drops what it has, and gets the history by GET /api/messages.
	Replay string `json:"replay"`
	Code   Code   `json:"code,omitempty"` // REPLAY_GAP with a reset
}

// PendingPermission is a permission_request that is open, as it stands in the journal.
type PendingPermission struct {
	RequestID string          `json:"requestId"`
	SessionID string          `json:"sessionId"`
	RunID     string          `json:"runId"`
	ToolName  string          `json:"toolName"`
	Input     jsontext.Value  `json:"input"`
	Context   ApprovalContext `json:"context,omitzero"`
}

// The ways of a replay.
const (
	ReplayComplete = "complete"
	ReplayReset    = "reset"
)

// SessionUpserted tells that a conversation is new, or has changed.
type SessionUpserted struct {
	Kind      Kind         `json:"kind"` // session_upserted
	SessionID string       `json:"sessionId"`
	Timestamp time.Time    `json:"timestamp"`
	Session   Conversation `json:"session"`
	// ClientRequestID is what the client has called the chat.create that this answers.
	ClientRequestID string `json:"clientRequestId,omitempty"`
}

// SessionDeleted tells that a conversation is gone.
type SessionDeleted struct {
	Kind      Kind      `json:"kind"` // session_deleted
	SessionID string    `json:"sessionId"`
	Timestamp time.Time `json:"timestamp"`
}

// ProtocolError says no to one frame of a client.
type ProtocolError struct {
	Kind      Kind    `json:"kind"` // protocol_error
	Code      Code    `json:"code"`
	Error     string  `json:"error"`
	SessionID *string `json:"sessionId"` // null if the frame named none
	// ClientMessageID, ClientRequestID and RequestID are what the frame has named besides.
	ClientMessageID string    `json:"clientMessageId,omitempty"`
	ClientRequestID string    `json:"clientRequestId,omitempty"`
	RequestID       string    `json:"requestId,omitempty"`
	Timestamp       time.Time `json:"timestamp"`
}

// NewSessionUpserted, NewSessionDeleted and NewProtocolError return these frames, of this moment.
func NewSessionUpserted(c Conversation) SessionUpserted {
	return SessionUpserted{Kind: KindSessionUpserted, SessionID: c.ID, Timestamp: time.Now().UTC(), Session: c}
}

func NewSessionDeleted(id string) SessionDeleted {
	return SessionDeleted{Kind: KindSessionDeleted, SessionID: id, Timestamp: time.Now().UTC()}
}

func NewProtocolError(to Incoming, err *Error) ProtocolError {
	return ProtocolError{
		Kind: KindProtocolError, Code: err.Code, Error: err.Text, SessionID: OrNull(to.Conversation),
		ClientMessageID: to.ClientMessageID, ClientRequestID: to.ClientRequestID, RequestID: to.RequestID, Timestamp: time.Now().UTC(),
	}
}
