package handler

import (
	"github.com/go-json-experiment/json/jsontext"

	"spool/schema"
)

// chunk is a part of the AI SDK's UI message stream. What a type does not have is left out.
type chunk struct {
	Type       string         `json:"type"`
	ID         string         `json:"id,omitempty"` // of a block of text, or of data
	MessageID  string         `json:"messageId,omitempty"`
	Delta      string         `json:"delta,omitempty"`
	ToolCallID string         `json:"toolCallId,omitempty"`
	ToolName   string         `json:"toolName,omitempty"`
	Input      jsontext.Value `json:"input,omitzero"`
	Output     *string        `json:"output,omitzero"`
	ErrorText  string         `json:"errorText,omitempty"`
	Data       any            `json:"data,omitzero"`
	Metadata   any            `json:"messageMetadata,omitzero"`
	Transient  bool           `json:"transient,omitzero"`
	// Executed and Dynamic say that a tool is none of the page's: nothing is to be done for it.
	Executed bool `json:"providerExecuted,omitzero"`
	Dynamic  bool `json:"dynamic,omitzero"`
}

// begun is what the stream tells of a run at its beginning, ended what it tells at the end.
type (
	begun struct {
		Run          string `json:"run"`
		Conversation string `json:"conversation"`
	}
	ended struct {
		begun
		State   schema.State  `json:"state"`
		Head    string        `json:"head,omitempty"`
		Usage   *schema.Usage `json:"usage,omitempty"`
		CostUSD float64       `json:"costUsd"`
	}
)

// permission is a request for an approval; its state is pending until somebody or something has
// decided. It is answered with POST /api/approvals/{requestId}.
type permission struct {
	RequestID string                  `json:"requestId"`
	ToolName  string                  `json:"toolName"`
	Input     jsontext.Value          `json:"input,omitzero"`
	Context   *schema.ApprovalContext `json:"context,omitempty"`
	State     string                  `json:"state"`
}

// note is what a run tells besides.
type note struct {
	Status    string `json:"status,omitempty"`
	Text      string `json:"text,omitempty"`
	Position  int    `json:"position,omitzero"`
	InSeconds int    `json:"inSeconds,omitzero"`
}
