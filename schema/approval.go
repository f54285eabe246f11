package schema

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// ApprovalState is where a request for an approval is in its life.
type ApprovalState string

// The states. All but the first are final.
const (
	ApprovalPending   ApprovalState = "pending"
	ApprovalAllowed   ApprovalState = "allowed"
	ApprovalDenied    ApprovalState = "denied"
	ApprovalTimedOut  ApprovalState = "timed_out"
	ApprovalCancelled ApprovalState = "cancelled"
)

// Approval is a tool's call that the agent may make only if somebody allows it.
type Approval struct {
	ID           string        `json:"id"`
	Run          string        `json:"run"`
	Conversation string        `json:"conversation,omitempty"`
	State        ApprovalState `json:"state"`
	Tool         string        `json:"tool"`
	// Input is what the tool is called with, as the agent wrote it, and InputHash the SHA-256 of
	// that in hex: an answer counts for this input alone.
	Input     jsontext.Value  `json:"input"`
	InputHash string          `json:"inputHash"`
	Context   ApprovalContext `json:"context,omitzero"`

	CreatedAt time.Time  `json:"createdAt"`
	ExpiresAt *time.Time `json:"expiresAt,omitempty"` // when it is denied, if nobody answers
	DecidedAt *time.Time `json:"decidedAt,omitempty"`
	// DecidedBy is who answered: a user, or an address as long as nobody logs in; "server" for a
	// rule, a timeout or a cancellation.
	DecidedBy string `json:"decidedBy,omitempty"`
	// Reason is what the model was told of a denial, or why the request was cancelled.
	Reason string `json:"reason,omitempty"`
}

// ApprovalContext is what the agent says about a call.
type ApprovalContext struct {
	Description string `json:"description,omitempty"`
	Reason      string `json:"reason,omitempty"` // why it is asked for
	BlockedPath string `json:"blockedPath,omitempty"`
	ToolUseID   string `json:"toolUseId,omitempty"`
	// Suggestions are rules by which such calls would not be asked for again, as the agent
	// writes them: one of them may come back as the rememberEntry of an answer.
	Suggestions jsontext.Value `json:"suggestions,omitempty"`
}

// Decision is somebody's answer to a request for an approval.
type Decision struct {
	Allow bool
	// UpdatedInput is what the tool is to be called with instead; nil leaves the input as it is.
	UpdatedInput jsontext.Value
	// Message is what the model is told of a denial.
	Message string
	// RememberEntry is one of the suggestions, by which the agent does not ask again; nil for none.
	RememberEntry jsontext.Value
}
